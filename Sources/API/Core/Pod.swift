package import Machinery

/// One or more containers that run together on one node.
package struct Pod: Kind {
    package static let definition = Definition(Pod(), "core.v1.Pod", "One or more containers that run together on one node.")
    package static let names = KindNames(
        "Pod", group: "", plural: "pods", short: ["po"], categories: ["all"],
        subresources: [
            .status("Pod", metadata: .written(but: ["ownerReferences"])),
            Subresource("attach", kind: "PodAttachOptions", verbs: [.create, .get]),
            Subresource("binding", kind: "Binding", verbs: [.create]),
            Subresource("ephemeralcontainers", kind: "Pod", verbs: [.get, .patch, .update]),
            Subresource("eviction", kind: "Eviction", apiVersion: "policy/v1", verbs: [.create]),
            Subresource("exec", kind: "PodExecOptions", verbs: [.create, .get]),
            Subresource("log", kind: "Pod", verbs: [.get]),
            Subresource("portforward", kind: "PodPortForwardOptions", verbs: [.create, .get]),
            .proxy("PodProxyOptions"),
            Subresource("resize", kind: "Pod", verbs: [.get, .patch, .update]),
        ], tracksGeneration: true, returnsDeleted: true)
    package static let selectableFields: [SelectableField] = [
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        SelectableField("spec.hostNetwork", absent: "false"), "status.phase", "status.podIP", "status.nominatedNodeName",
    ]

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<PodSpec>("spec", 2, "What the pod should run and how.")
    package let status = Field<PodStatus>("status", 3, "What was last seen of the pod.")

    /// What only pods get, and templates don't: requests from limits, host ports in the host's network.
    /// Source: `SetDefaults_Pod` of pkg/apis/core/v1/defaults.go.
    package static func setDefaults(_ pod: inout View<Pod>) {
        if pod.spec.enableServiceLinks == nil { pod.spec.enableServiceLinks = true }
        pod.spec.takeRequestsFromLimits()
        if pod.spec.hostNetwork { pod.spec.setHostPorts() }
        // The singular field and the first of the plural one are the same thing.
        if pod.status.podIPs.isEmpty, !pod.status.podIP.isEmpty {
            let address: String = pod.status.podIP
            pod.status.podIPs = [View<PodIP> { $0.ip = address }]
        }
    }

    /// Source: `PrepareForCreate` of pkg/registry/core/pod/strategy.go.
    package static func prepareForCreate(_ pod: inout View<Pod>) {
        pod.status.phase = "Pending"
        pod.status.qosClass = pod.spec.qosClass
        pod.spec.mergeMatchLabelKeys(of: pod.metadata.labels)
        if !pod.spec.schedulingGates.isEmpty, pod.condition("PodScheduled") == nil {
            pod.status.conditions.append(
                View<PodCondition> {
                    $0.type = "PodScheduled"
                    $0.status = "False"
                    $0.reason = "SchedulingGated"
                    $0.message = "Scheduling is blocked due to non-empty scheduling gates"
                })
        }
    }

    /// Source: `ValidatePodCreate` of pkg/apis/core/validation.
    package static func validateCreate(_ pod: View<Pod>, _ problems: inout Problems) {
        pod.validateDeletionCost(from: nil, &problems)
        if !pod.spec.ephemeralContainers.isEmpty {
            problems.forbidden(Path("spec").child("ephemeralContainers"), "cannot be set on create")
        }
    }

    /// The class of service stays what it was at creation.
    package static func prepareForUpdate(_ pod: inout View<Pod>, from old: View<Pod>) {
        if !old.status.qosClass.isEmpty { pod.status.qosClass = old.status.qosClass }
    }
}
