package import Machinery

/// What a service is to be.
package struct ServiceSpec: Schema {
    package static let definition = Definition(ServiceSpec(), "core.v1.ServiceSpec", "What a service is to be.")

    package let ports = Field<[ServicePort]>(
        "ports", 1, "Ports of the service and where they lead.", .merge(key: "port"), .listMap(keys: ["port", "protocol"]))
    package let selector = Field<[String: String]>(
        "selector", 2, "Labels of the pods behind the service; absent where somebody else keeps the endpoints.", .atomic)
    package let clusterIP = Field<String>(
        "clusterIP", 3, "Address within the cluster: assigned if absent, `None` for a headless service. Never changes.")
    package let type = Field<String>(
        "type", 4, "ClusterIP, NodePort, LoadBalancer or ExternalName.", default: "ClusterIP",
        .oneOf("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"))
    package let externalIPs = Field<[String]>(
        "externalIPs", 5, "Addresses that lead to the nodes by other means, and on which they take connections for the service.", .atomic)
    package let sessionAffinity = Field<String>(
        "sessionAffinity", 7, "ClientIP sends a client to the same pod each time; None does not.", default: "None",
        .oneOf("ClientIP", "None"))
    package let loadBalancerIP = Field<String>("loadBalancerIP", 8, "Address that a load balancer should take, where it can.")
    package let loadBalancerSourceRanges = Field<[String]>(
        "loadBalancerSourceRanges", 9, "Address ranges of clients that the load balancer lets through.", .atomic)
    package let externalName = Field<String>("externalName", 10, "For ExternalName: the DNS name that the service stands for.")
    package let externalTrafficPolicy = Field<String>(
        "externalTrafficPolicy", 11, "Connections from outside: Local goes to pods of the same node only, Cluster to all.",
        .oneOf("Cluster", "Local"))
    package let healthCheckNodePort = Field<Int32>(
        "healthCheckNodePort", 12, "Port on which nodes tell the load balancer whether they have pods, for Local.")
    package let publishNotReadyAddresses = Field<Bool>(
        "publishNotReadyAddresses", 13, "True: pods count as endpoints before they are ready.")
    package let sessionAffinityConfig = Field<SessionAffinityConfig?>("sessionAffinityConfig", 14, "How sticky a client is.")
    package let ipFamilyPolicy = Field<String?>(
        "ipFamilyPolicy", 17, "SingleStack, PreferDualStack or RequireDualStack.",
        .oneOf("PreferDualStack", "RequireDualStack", "SingleStack"))
    package let clusterIPs = Field<[String]>(
        "clusterIPs", 18, "Addresses within the cluster, one for each family; clusterIP first.", .atomic)
    package let ipFamilies = Field<[String]>(
        "ipFamilies", 19, "IPv4, IPv6 or both, in the order of the addresses.", .atomic, .oneOf("IPv4", "IPv6"))
    package let allocateLoadBalancerNodePorts = Field<Bool?>(
        "allocateLoadBalancerNodePorts", 20, "False: a load balancer that reaches pods directly needs no node ports.")
    package let loadBalancerClass = Field<String?>("loadBalancerClass", 21, "Which load balancer is to serve; the default one if absent.")
    package let internalTrafficPolicy = Field<String?>(
        "internalTrafficPolicy", 22, "Connections from within: Local goes to pods of the same node only, Cluster to all.",
        .oneOf("Cluster", "Local"))
    package let trafficDistribution = Field<String?>(
        "trafficDistribution", 23, "Which pods to prefer: PreferSameZone, PreferSameNode, or PreferClose as a former name.",
        .oneOf("PreferClose", "PreferSameNode", "PreferSameZone"))

    /// Source: `SetDefaults_Service` of pkg/apis/core/v1.
    package static func setDefaults(_ spec: inout View<ServiceSpec>) {
        if spec.sessionAffinity == "None" { spec.remove(\.sessionAffinityConfig) }
        if spec.sessionAffinity == "ClientIP" {
            var config: View<SessionAffinityConfig> = spec.sessionAffinityConfig ?? View<SessionAffinityConfig>()
            if config.clientIP?.timeoutSeconds == nil { config.clientIP = View<ClientIPConfig> { $0.timeoutSeconds = 10_800 } }
            spec.sessionAffinityConfig = config
        }
        let isExternal: Bool = spec.type == "NodePort" || spec.type == "LoadBalancer"
        if spec.externalTrafficPolicy.isEmpty, isExternal { spec.externalTrafficPolicy = "Cluster" }
        if spec.internalTrafficPolicy == nil, isExternal || spec.type == "ClusterIP" { spec.internalTrafficPolicy = "Cluster" }
        if spec.type == "LoadBalancer", spec.allocateLoadBalancerNodePorts == nil { spec.allocateLoadBalancerNodePorts = true }
    }

    package static func validate(_ spec: View<ServiceSpec>, _ path: Path, _ problems: inout Problems) {
        ServiceRules.validate(spec, path, &problems)
    }
}

extension View<ServiceSpec> {
    /// Whether each port gets one on the nodes; others have those that were asked for. Source: `shouldAllocateNodePorts` of
    /// pkg/registry/core/service.
    package var needsNodePorts: Bool {
        self.type == "NodePort" || self.type == "LoadBalancer" && self.allocateLoadBalancerNodePorts != false
    }
}

/// One port of a service and where it leads.
package struct ServicePort: Schema {
    package static let definition = Definition(ServicePort(), "core.v1.ServicePort", "One port of a service and where it leads.")

    package let name = Field<String>("name", 1, "Name of the port; needed where there are several.")
    package let `protocol` = Field<String>("protocol", 2, "TCP, UDP or SCTP.", default: "TCP", .oneOf("SCTP", "TCP", "UDP"))
    package let port = Field<Int32>("port", 3, "Port of the service.", .always, .between(1, 65535))
    package let targetPort = Field<IntOrString>(
        "targetPort", 4, "Port of the pods, or its name there; the same as port if absent.")
    package let nodePort = Field<Int32>("nodePort", 5, "Port on each node; assigned if absent.")
    package let appProtocol = Field<String?>("appProtocol", 6, "Protocol spoken on the port, such as kubernetes.io/h2c.")

    package static func setDefaults(_ port: inout View<ServicePort>) {
        if port.targetPort == .int(0) || port.targetPort == .string("") { port.targetPort = .int(port.port) }
    }
}

/// How sticky a client is to the pod that it met first.
package struct SessionAffinityConfig: Schema {
    package static let definition = Definition(
        SessionAffinityConfig(), "core.v1.SessionAffinityConfig", "How sticky a client is to the pod that it met first.")

    package let clientIP = Field<ClientIPConfig?>("clientIP", 1, "For affinity by the client's address.")
}

/// How long a client's address is remembered.
package struct ClientIPConfig: Schema {
    package static let definition = Definition(ClientIPConfig(), "core.v1.ClientIPConfig", "How long a client's address is remembered.")

    package let timeoutSeconds = Field<Int32?>("timeoutSeconds", 1, "Seconds since the last connection; 10800 if absent, 86400 at most.")
}

/// What was last seen of a service.
package struct ServiceStatus: Schema {
    package static let definition = Definition(ServiceStatus(), "core.v1.ServiceStatus", "What was last seen of a service.")

    package let loadBalancer = Field<LoadBalancerStatus>("loadBalancer", 1, "Where the load balancer is.")
    package let conditions = Field<[Condition]>("conditions", 2, "Aspects of the state.", .merge(key: "type"))

    package static func validate(_ status: View<ServiceStatus>, _ path: Path, _ problems: inout Problems) {
        Condition.requireReasons(status.conditions, path.child("conditions"), &problems)
    }
}

/// Where a load balancer is.
package struct LoadBalancerStatus: Schema {
    package static let definition = Definition(LoadBalancerStatus(), "core.v1.LoadBalancerStatus", "Where a load balancer is.")

    package let ingress = Field<[LoadBalancerIngress]>("ingress", 1, "Addresses that take connections.", .atomic)
}

/// One address of a load balancer.
package struct LoadBalancerIngress: Schema {
    package static let definition = Definition(LoadBalancerIngress(), "core.v1.LoadBalancerIngress", "One address of a load balancer.")

    package let ip = Field<String>("ip", 1, "The address.")
    package let hostname = Field<String>("hostname", 2, "The name, for load balancers that are known by name.")
    package let ipMode = Field<String?>(
        "ipMode", 3, "VIP: the node sees the load balancer's address as target; Proxy: it sees its own.", .oneOf("Proxy", "VIP"))
    package let ports = Field<[PortStatus]>("ports", 4, "State of each port.", .atomic)

    package static func setDefaults(_ ingress: inout View<LoadBalancerIngress>) {
        if !ingress.ip.isEmpty, ingress.ipMode == nil { ingress.ipMode = "VIP" }
    }
}

/// State of one port of a load balancer.
package struct PortStatus: Schema {
    package static let definition = Definition(PortStatus(), "core.v1.PortStatus", "State of one port of a load balancer.")

    package let port = Field<Int32>("port", 1, "Number of the port.", .always)
    package let `protocol` = Field<String>("protocol", 2, "TCP, UDP or SCTP.", .required)
    package let error = Field<String?>("error", 3, "One word in CamelCase for what is wrong, with a domain before it.")
}
