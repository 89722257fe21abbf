package import Machinery

/// What a pod should run and how.
package struct PodSpec: Schema {
    package static let definition = Definition(PodSpec(), "core.v1.PodSpec", "What a pod should run and how.")

    package let volumes = Field<[Volume]>(
        "volumes", 1, "Directories and devices that containers may mount, by name.", .merge(key: "name"), .retainKeys)
    package let containers = Field<[Container]>(
        "containers", 2, "The programs of the pod. At least one; the list is fixed once the pod exists.", .required, .merge(key: "name"))
    package let restartPolicy = Field<String>(
        "restartPolicy", 3, "When ended containers are started again: Always, OnFailure or Never.",
        default: "Always", .oneOf("Always", "OnFailure", "Never"))
    package let terminationGracePeriodSeconds = Field<Int64>(
        "terminationGracePeriodSeconds", 4, "Seconds between the stop signal and the kill; 0 kills at once.", default: 30)
    package let activeDeadlineSeconds = Field<Int64?>(
        "activeDeadlineSeconds", 5, "Seconds after the start at which the pod is stopped and marked as failed.", .between(1, 2_147_483_647))
    package let dnsPolicy = Field<String>(
        "dnsPolicy", 6, "Where names are looked up: ClusterFirst, ClusterFirstWithHostNet, Default or None.",
        default: "ClusterFirst", .oneOf("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"))
    package let nodeSelector = Field<[String: String]>("nodeSelector", 7, "Labels that a node must have to get the pod.", .atomic)
    package let serviceAccountName = Field<String>(
        "serviceAccountName", 8, "Account that the pod acts as towards the API.", .format(Names.dns1123Subdomain))
    package let serviceAccount = Field<String>("serviceAccount", 9, "Old name of serviceAccountName, kept equal to it.")
    package let nodeName = Field<String>(
        "nodeName", 10, "Node that runs the pod; set by the scheduler through a binding.", .format(Names.dns1123Subdomain))
    package let hostNetwork = Field<Bool>("hostNetwork", 11, "Use the node's network instead of an own one.")
    package let hostPID = Field<Bool>("hostPID", 12, "See the processes of the node.")
    package let hostIPC = Field<Bool>("hostIPC", 13, "Share the node's inter-process communication.")
    package let securityContext = Field<PodSecurityContext?>(
        "securityContext", 14, "Users, groups and other rights that hold for all containers.", default: [:])
    package let imagePullSecrets = Field<[LocalObjectReference]>(
        "imagePullSecrets", 15, "Secrets with the credentials for pulling images.", .merge(key: "name"))
    package let hostname = Field<String>(
        "hostname", 16, "Host name that the pod sees; its own name when empty.", .format(Names.dns1123Label))
    package let subdomain = Field<String>(
        "subdomain", 17, "Puts the pod's host name under this name: hostname.subdomain.namespace.svc.", .format(Names.dns1123Label))
    package let affinity = Field<Affinity?>("affinity", 18, "Which nodes and which neighbours the pod wants or avoids.")
    package let schedulerName = Field<String>("schedulerName", 19, "Scheduler that places the pod.", default: "default-scheduler")
    package let initContainers = Field<[Container]>(
        "initContainers", 20, "Programs that run to their end, one after the other, before the containers start; or sidecars.",
        .merge(key: "name"))
    package let automountServiceAccountToken = Field<Bool?>(
        "automountServiceAccountToken", 21, "False keeps the account's token out of the containers.")
    package let tolerations = Field<[Toleration]>("tolerations", 22, "Taints of nodes that don't keep the pod away.", .atomic)
    package let hostAliases = Field<[HostAlias]>("hostAliases", 23, "Lines to add to the pod's /etc/hosts.", .merge(key: "ip"))
    package let priorityClassName = Field<String>(
        "priorityClassName", 24, "Name of the class that gives the pod its priority.", .format(Names.dns1123Subdomain))
    package let priority = Field<Int32?>("priority", 25, "Importance among pods, higher first. Computed from priorityClassName.")
    package let dnsConfig = Field<PodDNSConfig?>("dnsConfig", 26, "Name servers and search domains beside those that dnsPolicy gives.")
    package let shareProcessNamespace = Field<Bool?>(
        "shareProcessNamespace", 27, "Let the containers of the pod see each other's processes.")
    package let readinessGates = Field<[PodReadinessGate]>(
        "readinessGates", 28, "Conditions beside those of the containers that must be true for the pod to be ready.", .atomic)
    package let runtimeClassName = Field<String?>(
        "runtimeClassName", 29, "RuntimeClass whose handler runs the pod.", .format(Names.dns1123Subdomain))
    package let enableServiceLinks = Field<Bool?>(
        "enableServiceLinks", 30, "Put the addresses of the namespace's services into the environment. True when absent from a pod.")
    package let preemptionPolicy = Field<String?>(
        "preemptionPolicy", 31, "Whether the pod may push out less important ones: PreemptLowerPriority or Never.",
        .oneOf("PreemptLowerPriority", "Never"))
    package let overhead = Field<[String: Quantity]>(
        "overhead", 32, "Resources that the runtime itself takes for the pod; comes from its RuntimeClass.")
    package let topologySpreadConstraints = Field<[TopologySpreadConstraint]>(
        "topologySpreadConstraints", 33, "How evenly the pods of a set are to be spread over zones, nodes and the like.",
        .merge(key: "topologyKey"), .listMap(keys: ["topologyKey", "whenUnsatisfiable"]))
    package let ephemeralContainers = Field<[EphemeralContainer]>(
        "ephemeralContainers", 34, "Containers added to a running pod for debugging; only through the subresource of that name.",
        .merge(key: "name"))
    package let setHostnameAsFQDN = Field<Bool?>("setHostnameAsFQDN", 35, "Use the fully qualified name as the host name.")
    package let os = Field<PodOS?>("os", 36, "Operating system that the containers need.")
    package let hostUsers = Field<Bool?>("hostUsers", 37, "False runs the pod in a user namespace of its own.")
    package let schedulingGates = Field<[PodSchedulingGate]>(
        "schedulingGates", 38, "Reasons, by name, to keep the pod from being scheduled yet. May only be removed later.",
        .merge(key: "name"))
    package let resourceClaims = Field<[PodResourceClaim]>(
        "resourceClaims", 39, "Devices that must be allocated before the pod starts; containers refer to them by name.",
        .merge(key: "name"), .retainKeys)
    package let resources = Field<ResourceRequirements?>("resources", 40, "Requests and limits of the whole pod.")
    package let hostnameOverride = Field<String?>(
        "hostnameOverride", 41, "Host name to use whatever the other fields say.", .format(Names.dns1123Subdomain))
    package let schedulingGroup = Field<PodSchedulingGroup?>("schedulingGroup", 43, "Group of pods that is scheduled as one.")

    /// Source: `SetDefaults_PodSpec` of pkg/apis/core/v1/defaults.go, and the conversion for the two names of the account.
    package static func setDefaults(_ spec: inout View<PodSpec>) {
        if !spec.serviceAccountName.isEmpty {
            spec.serviceAccount = spec.serviceAccountName
        } else if !spec.serviceAccount.isEmpty {
            spec.serviceAccountName = spec.serviceAccount
        }
    }
}

extension View<PodSpec> {
    /// Limits of a container without a request become its requests too. Source: `SetDefaults_Pod`.
    mutating func takeRequestsFromLimits() {
        for (index, container) in self.containers.enumerated() where container.json["resources"]?["limits"] != nil {
            self.containers[index].resources.takeRequestsFromLimits()
        }
        for (index, container) in self.initContainers.enumerated() where container.json["resources"]?["limits"] != nil {
            self.initContainers[index].resources.takeRequestsFromLimits()
        }
        guard var whole: View<ResourceRequirements> = self.resources else { return }
        // A request of the whole pod follows its limit unless the containers give one for that resource.
        let all: [View<Container>] = self.containers + self.initContainers
        let given: Set<String> = Set(all.flatMap { $0.resources.requests.keys })
        whole.takeRequestsFromLimits { !given.contains($0) }
        self.resources = whole
    }

    /// In the node's network a port of the container is a port of the node. Source: `defaultHostNetworkPorts`.
    mutating func setHostPorts() {
        for index in self.containers.indices { self.containers[index].setHostPorts() }
        for index in self.initContainers.indices { self.initContainers[index].setHostPorts() }
    }
}

extension View<Container> {
    fileprivate mutating func setHostPorts() {
        for index in self.ports.indices where self.ports[index].hostPort == 0 {
            self.ports[index].hostPort = self.ports[index].containerPort
        }
    }
}
