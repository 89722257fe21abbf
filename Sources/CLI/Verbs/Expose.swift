import API
import Client
import Machinery

/// `expose`: makes a Service for the pods of an object.
package struct Expose: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "expose", abstract: "Make a Service for the pods of an object.",
        usage: "swkube expose (-f FILE | TYPE NAME) [--port=PORT] [--protocol=TCP|UDP|SCTP] [--target-port=PORT] [--name=NAME] "
            + "[--external-ip=IP] [--type=TYPE] [flags]")

    @Argument(help: "Type and name: deploy/web", value: "type or type/name")
    var words: [String] = []

    @Option("port", help: "Ports of the Service; those of the object unless said.", value: "ports")
    var port: String?

    @Option("target-port", help: "Port of the pods, as number or name.", value: "port")
    var targetPort: String?

    @Option("protocol", help: "TCP, UDP or SCTP.", value: "protocol")
    var networkProtocol: String?

    @Option("type", help: "ClusterIP, NodePort, LoadBalancer or ExternalName.", value: "type")
    var type: String?

    @Option("name", help: "Name of the Service.", value: "name")
    var name: String?

    @Option("labels", "l", help: "Labels of the Service.", value: "labels")
    var labels: String?

    @Option("selector", help: "Labels of the pods.", value: "selector")
    var selector: String?

    @Option("external-ip", help: "Another address of the Service.", value: "address")
    var externalIP: String?

    @Option("load-balancer-ip", help: "Address of the load balancer.", value: "address")
    var loadBalancerIP: String?

    @Option("cluster-ip", help: "Address in the cluster; None for none.", value: "address")
    var clusterIP: String?

    @Option("session-affinity", help: "None or ClientIP.", value: "affinity")
    var sessionAffinity: String?

    @OptionGroup var overriding: OverrideOptions

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-expose"

    @OptionGroup var derivation: DerivationOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        try await derivation.create(Service.names, of: words, fieldManager: fieldManager, done: "exposed", shell) { object in
            try overriding.applied(to: try service(for: object))
        }
    }

    /// The Service that the flags and the object describe.
    private func service(for object: Manifest) throws -> JSON {
        let kinds: [String] = ["ReplicationController", "Service", "Pod", "Deployment", "ReplicaSet"]
        guard kinds.contains(object.resource.kind) else {
            _ = try object.resource.goType()
            throw Failure("cannot expose a \(object.groupKind)")
        }
        let selector: JSON = try self.selector.flatMap { $0.isEmpty ? nil : $0 }.map(Self.labels) ?? self.selector(of: object)
        let isHeadless: Bool = clusterIP == "None"
        let found: [(port: String, protocol: String)] = Self.ports(of: object)
        var wanted: [String] = (port ?? "").split(separator: ",").map(String.init)
        if wanted.isEmpty {
            for one in found where !wanted.contains(one.port) { wanted.append(one.port) }
            if wanted.isEmpty, !isHeadless { throw Failure("couldn't find port via --port flag or introspection") }
        }
        var ports: [JSON] = []
        for (index, text) in wanted.enumerated() {
            guard let number = Int64(text) else { throw Failure("strconv.Atoi: parsing \(JSON.quoted(text)): invalid syntax") }
            var protocols: [String] = found.filter { $0.port == text }.map(\.protocol)
            if let networkProtocol, !networkProtocol.isEmpty { protocols = [networkProtocol] }
            for (turn, one) in (protocols.isEmpty ? ["TCP"] : protocols).enumerated() {
                var entry: JSON = ["port": .int(number), "protocol": .string(one)]
                if wanted.count > 1 || protocols.count > 1 {
                    entry["name"] = .string("port-\(index + 1)" + (turn > 0 ? "-\(one.lowercased())" : ""))
                }
                let target: String = targetPort.flatMap { $0.isEmpty ? nil : $0 } ?? text
                entry["targetPort"] = Int64(target).map { .int($0) } ?? .string(target)
                ports.append(entry)
            }
        }
        let wantedName: String = name.flatMap { $0.isEmpty ? nil : $0 } ?? String(object.name.prefix(63))
        var service: JSON = Service.new(wantedName).json
        let wantedLabels: JSON? = try labels.flatMap { $0.isEmpty ? nil : $0 }.map(Self.labels) ?? object.json[["metadata", "labels"]]
        service[["metadata", "labels"]] = wantedLabels
        service["spec"] = ["selector": selector]
        if !ports.isEmpty { service[["spec", "ports"]] = .array(ports) }
        for (member, value) in [
            ("type", type), ("loadBalancerIP", loadBalancerIP), ("clusterIP", clusterIP), ("sessionAffinity", sessionAffinity),
        ] {
            if let value, !value.isEmpty { service[["spec", member]] = .string(value) }
        }
        if let sessionAffinity, !["", "None", "ClientIP"].contains(sessionAffinity) {
            throw Failure("unknown session affinity: \(sessionAffinity)")
        }
        if let externalIP, !externalIP.isEmpty { service[["spec", "externalIPs"]] = [.string(externalIP)] }
        service["status"] = ["loadBalancer": [:]]
        return service
    }

    private func selector(of object: Manifest) throws -> JSON {
        let what: String = "couldn't retrieve selectors via --selector flag or introspection: "
        switch object.resource.kind {
        case "Pod":
            guard let labels = object.json[["metadata", "labels"]], labels.object?.isEmpty == false else {
                throw Failure(what + "the pod has no labels and cannot be exposed")
            }
            return labels
        case "Service", "ReplicationController":
            guard let selector = object.json[["spec", "selector"]] else { throw Failure(what + "the service has no pod selector set") }
            return selector
        default:
            if object.json[["spec", "selector", "matchExpressions"]]?.array?.isEmpty == false {
                let text: String = object.json[["spec", "selector", "matchExpressions"]].map(GoText.of) ?? ""
                throw Failure(what + "couldn't convert expressions - \"\(text)\" to map-based selector format")
            }
            return object.json[["spec", "selector", "matchLabels"]] ?? [:]
        }
    }

    private static func ports(of object: Manifest) -> [(port: String, protocol: String)] {
        if object.resource.kind == "Service" {
            return object.json.list("spec", "ports").map { ($0.text(at: "port"), $0["protocol"]?.string ?? "TCP") }
        }
        guard let path = SetChange.podSpecPath(object) else { return [] }
        return (object.json[path + ["containers"]]?.array ?? []).flatMap { $0.list("ports") }
            .map { ($0.text(at: "containerPort"), $0["protocol"]?.string ?? "TCP") }
    }

    /// `a=b,c=d`
    static func labels(_ text: String) throws -> JSON {
        var labels: JSONObject = [:]
        for part in text.split(separator: ",") {
            let parts: [Substring] = part.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw Failure("unexpected label spec: \(part)") }
            labels[String(parts[0])] = .string(String(parts[1]))
        }
        return .object(labels)
    }
}

/// `--overrides`: changes of an object that flags made.
package struct OverrideOptions: FlagGroup {
    @Option("overrides", help: "A patch of the object that is made, in JSON.", value: "json")
    var overrides: String?

    @Option("override-type", help: "What the patch is: json, merge or strategic.", value: "type")
    var overrideType = "merge"

    package init() {}

    func applied(to object: JSON) throws -> JSON {
        guard let overrides, !overrides.isEmpty else { return object }
        let patch: JSON
        do { patch = try JSON(parsing: overrides) } catch { throw Failure("Invalid JSON Patch") }
        switch overrideType {
        case "merge": return MergePatch.apply(patch, to: object)
        case "json":
            do { return try JSONPatch(patch).applied(to: object) } catch { throw Failure("\(error)") }
        case "strategic":
            do { return try StrategicMergePatch.apply(patch, to: object, schema: KnownSchema.of(object)) } catch {
                throw Failure("\(error)")
            }
        default: throw Failure("invalid override type: \(overrideType)")
        }
    }
}
