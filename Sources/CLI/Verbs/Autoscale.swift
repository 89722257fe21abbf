import API
import Client
import Machinery

/// `autoscale`: makes a HorizontalPodAutoscaler for a workload.
package struct Autoscale: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "autoscale", abstract: "Let the number of replicas follow the load.",
        usage: "swkube autoscale (-f FILE | TYPE NAME | TYPE/NAME) --max=COUNT [--min=COUNT] [--cpu=AMOUNT] [--memory=AMOUNT] [flags]")

    @Argument(help: "Type and name: deploy/web", value: "type or type/name")
    var words: [String] = []

    @Option("min", help: "Fewest pods; less than 1 leaves it to the server.", value: "int")
    var min = -1

    @Option("max", help: "Most pods.", value: "int")
    var max: Int?

    @Option("cpu", help: "CPU that a pod shall use: 80% of its request, or 500m.", value: "amount")
    var cpu: String?

    @Option("memory", help: "Memory that a pod shall use: 60% of its request, or 200Mi.", value: "amount")
    var memory: String?

    @Option("cpu-percent", help: "The older form of --cpu.", value: "int")
    var cpuPercent: Int?

    @Option("name", help: "Name of the autoscaler.", value: "name")
    var name: String?

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-autoscale"

    @OptionGroup var derivation: DerivationOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        guard let max else { throw Failure("required flag(s) \"max\" not set") }
        guard max >= 1 else { throw Failure("--max=MAXPODS is required and must be at least 1, max: \(max)") }
        if max < min { throw Failure("--max=MAXPODS must be larger or equal to --min=MINPODS, max: \(max), min: \(min)") }
        if cpuPercent != nil, cpu != nil || memory != nil {
            throw Failure("--cpu-percent is mutually exclusive with --cpu and --memory; use --cpu")
        }
        let metrics: [JSON] = try self.metrics()
        let isReal: Bool = try derivation.dryRunOptions.value().reachesServer
        try await derivation.create(
            HorizontalPodAutoscaler.names, of: words, fieldManager: fieldManager, done: isReal ? "autoscaled" : "created",
            status: ["currentMetrics": .null, "desiredReplicas": 0], shell
        ) { object in
            guard ["ReplicationController", "Deployment", "ReplicaSet", "StatefulSet"].contains(object.resource.kind) else {
                throw Failure(
                    "cannot autoscale a \(object.resource.kind): could not find scale subresource for "
                        + "\(object.resource.resource.group)/\(object.resource.resource.version), "
                        + "Resource=\(object.resource.resource.resource) in discovery information")
            }
            return scaler(for: object, most: max, metrics)
        }
    }

    private func scaler(for object: Manifest, most max: Int, _ metrics: [JSON]) -> JSON {
        var scaler: JSON = [
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": ["name": .string(name.flatMap { $0.isEmpty ? nil : $0 } ?? object.name)],
            "spec": [
                "maxReplicas": .int(Int64(max)),
                "scaleTargetRef": [
                    "apiVersion": .string(object.resource.apiVersion), "kind": .string(object.resource.kind), "name": .string(object.name),
                ],
            ],
        ]
        if min > 0 { scaler[["spec", "minReplicas"]] = .int(Int64(min)) }
        if !metrics.isEmpty { scaler[["spec", "metrics"]] = .array(metrics) }
        return scaler
    }

    private func metrics() throws -> [JSON] {
        var metrics: [JSON] = []
        for (resource, amount) in [("cpu", cpu), ("memory", memory)] {
            guard let amount, !amount.isEmpty else { continue }
            metrics.append(["type": "Resource", "resource": ["name": .string(resource), "target": try Self.target(amount, resource)]])
        }
        if let cpuPercent, cpuPercent >= 0 {
            metrics.append([
                "type": "Resource",
                "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": .int(Int64(cpuPercent))]],
            ])
        }
        return metrics
    }

    /// `80%` is a share of the request, everything else an amount.
    private static func target(_ text: String, _ resource: String) throws -> JSON {
        if text.hasSuffix("%") {
            guard let percent = Int64(text.dropLast()) else { throw Failure("invalid percentage value for --\(resource): \(text)") }
            return ["type": "Utilization", "averageUtilization": .int(percent)]
        }
        guard let amount = try? Quantity(text) else { throw Failure("invalid resource \(resource) value: \(text)") }
        return ["type": "AverageValue", "averageValue": .string(amount.description)]
    }
}
