package import Machinery

/// The flow schemas and levels of priority that every cluster begins with. Source: k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap.
package enum FlowControlPresets {
    /// Must exist, and their specs are fixed.
    package static let mandatoryLevels: [View<PriorityLevelConfiguration>] = [
        level("catch-all", shares: 5, lendable: 0, queues: nil),
        PriorityLevelConfiguration.new("exempt") {
            $0.metadata.annotations = autoUpdate
            $0.spec.type = "Exempt"
            $0.spec.exempt = View<ExemptPriorityLevelConfiguration>(["nominalConcurrencyShares": 0, "lendablePercent": 0])
        },
    ]

    /// Made once; whoever runs the cluster may change them.
    package static let suggestedLevels: [View<PriorityLevelConfiguration>] = [
        level("system", shares: 30, lendable: 33, queues: (64, 6)),
        level("node-high", shares: 40, lendable: 25, queues: (64, 6)),
        level("leader-election", shares: 10, lendable: 0, queues: (16, 4)),
        level("workload-high", shares: 40, lendable: 50, queues: (128, 6)),
        level("workload-low", shares: 100, lendable: 90, queues: (128, 6)),
        level("global-default", shares: 20, lendable: 50, queues: (128, 6)),
    ]

    /// As ``mandatoryLevels``.
    package static let mandatorySchemas: [View<FlowSchema>] = [
        schema("exempt", "exempt", 1, by: nil, groups("system:masters"), [everyResource], [everyPath]),
        schema("catch-all", "catch-all", 10_000, by: "ByUser", everybody, [everyResource], [everyPath]),
    ]

    /// As ``suggestedLevels``.
    package static let suggestedSchemas: [View<FlowSchema>] = [
        schema("system-nodes", "system", 500, by: "ByUser", groups("system:nodes"), [everyResource], [everyPath]),
        schema(
            "system-node-high", "node-high", 400, by: "ByUser", groups("system:nodes"),
            [rule(["*"], "", ["nodes", "nodes/status"], isClusterScoped: true), rule(["*"], "coordination.k8s.io", ["leases"])]),
        schema("probes", "exempt", 2, by: nil, everybody, [], [paths(["get"], ["/healthz", "/readyz", "/livez"])]),
        schema(
            "system-leader-election", "leader-election", 100, by: "ByUser",
            users("system:kube-controller-manager", "system:kube-scheduler") + systemAccounts("*"),
            [rule(election, "coordination.k8s.io", ["leases"])]),
        schema(
            "endpoint-controller", "workload-high", 150, by: "ByUser",
            users("system:kube-controller-manager") + systemAccounts("endpoint-controller", "endpointslicemirroring-controller"),
            [rule(election, "", ["endpoints"])]),
        schema(
            "workload-leader-election", "leader-election", 200, by: "ByUser", systemAccounts("*"),
            [rule(election, "", ["endpoints", "configmaps"]), rule(election, "coordination.k8s.io", ["leases"])]),
        schema(
            "kube-controller-manager", "workload-high", 800, by: "ByNamespace", users("system:kube-controller-manager"),
            [everyResource], [everyPath]),
        schema(
            "kube-scheduler", "workload-high", 800, by: "ByNamespace", users("system:kube-scheduler"), [everyResource], [everyPath]),
        schema(
            "kube-system-service-accounts", "workload-high", 900, by: "ByNamespace", systemAccounts("*"), [everyResource], [everyPath]),
        schema(
            "service-accounts", "workload-low", 9000, by: "ByUser", groups("system:serviceaccounts"), [everyResource], [everyPath]),
        schema("global-default", "global-default", 9900, by: "ByUser", everybody, [everyResource], [everyPath]),
    ]

    private static let autoUpdate: [String: String] = ["apf.kubernetes.io/autoupdate-spec": "true"]
    private static let election: [String] = ["get", "create", "update"]
    private static let everyResource = rule(["*"], "*", ["*"], isClusterScoped: true)
    private static let everyPath = paths(["*"], ["*"])
    private static let everybody: [JSON] = groups("system:unauthenticated", "system:authenticated")

    /// - Parameter queues: their number and the size of a hand; nil rejects what is over the limit.
    private static func level(
        _ name: String, shares: Int64, lendable: Int64, queues: (number: Int64, handSize: Int64)?
    ) -> View<PriorityLevelConfiguration> {
        let response: JSON =
            queues.map {
                ["type": "Queue", "queuing": ["queues": .int($0.number), "handSize": .int($0.handSize), "queueLengthLimit": 50]]
            } ?? ["type": "Reject"]
        return PriorityLevelConfiguration.new(name) {
            $0.metadata.annotations = autoUpdate
            $0.spec = View<PriorityLevelConfigurationSpec>([
                "type": "Limited",
                "limited": [
                    "nominalConcurrencyShares": .int(shares), "limitResponse": response, "lendablePercent": .int(lendable),
                ],
            ])
        }
    }

    private static func schema(
        _ name: String, _ level: String, _ precedence: Int64, by method: String?, _ subjects: [JSON], _ resources: [JSON],
        _ paths: [JSON] = []
    ) -> View<FlowSchema> {
        var rules: JSON = ["subjects": .array(subjects)]
        if !resources.isEmpty { rules["resourceRules"] = .array(resources) }
        if !paths.isEmpty { rules["nonResourceRules"] = .array(paths) }
        var spec: JSON = ["priorityLevelConfiguration": ["name": .string(level)], "matchingPrecedence": .int(precedence)]
        if let method { spec["distinguisherMethod"] = ["type": .string(method)] }
        spec["rules"] = [rules]
        return FlowSchema.new(name) {
            $0.metadata.annotations = autoUpdate
            $0.spec = View<FlowSchemaSpec>(spec)
        }
    }

    private static func rule(_ verbs: [String], _ group: String, _ resources: [String], isClusterScoped: Bool = false) -> JSON {
        var rule: JSON = ["verbs": list(verbs), "apiGroups": [.string(group)], "resources": list(resources)]
        if isClusterScoped { rule["clusterScope"] = true }
        rule["namespaces"] = ["*"]
        return rule
    }

    private static func paths(_ verbs: [String], _ urls: [String]) -> JSON { ["verbs": list(verbs), "nonResourceURLs": list(urls)] }

    private static func groups(_ names: String...) -> [JSON] { names.map { ["kind": "Group", "group": ["name": .string($0)]] } }

    private static func users(_ names: String...) -> [JSON] { names.map { ["kind": "User", "user": ["name": .string($0)]] } }

    private static func systemAccounts(_ names: String...) -> [JSON] {
        names.map { ["kind": "ServiceAccount", "serviceAccount": ["namespace": "kube-system", "name": .string($0)]] }
    }

    private static func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
}
