import API
import Client
import Machinery

/// Which types `--prune` looks at.
package struct PruneAllowlist: FlagGroup {
    @Option("prune-allowlist", help: "Prune only this type; may be repeated.", value: "group/version/kind")
    var types: [String] = []

    package init() {}

    /// Source: `getRESTMappings` of k8s.io/kubectl/pkg/cmd/apply/prune.go.
    private static let usual: [String] = [
        "core/v1/ConfigMap", "core/v1/Endpoints", "core/v1/PersistentVolumeClaim", "core/v1/Pod", "core/v1/ReplicationController",
        "core/v1/Secret", "core/v1/Service", "batch/v1/Job", "batch/v1/CronJob", "networking.k8s.io/v1/Ingress", "apps/v1/DaemonSet",
        "apps/v1/Deployment", "apps/v1/ReplicaSet", "apps/v1/StatefulSet",
    ]
    private static let usualWithoutNamespace: [String] = ["core/v1/Namespace", "core/v1/PersistentVolume"]

    func resources(_ session: Session) async throws -> [APIResource] {
        let isGiven: Bool = !types.isEmpty
        var wanted: [String] = isGiven ? types.flatMap { $0.split(separator: ",").map(String.init) } : Self.usual
        if !isGiven, !session.isNamespaceGiven { wanted += Self.usualWithoutNamespace }
        var found: [APIResource] = []
        for text in wanted {
            let parts: [Substring] = text.split(separator: "/")
            guard parts.count == 3 else {
                throw Failure("invalid GroupVersionKind format: \(text), please follow <group/version/kind>")
            }
            let apiVersion: String = parts[0] == "core" ? String(parts[1]) : "\(parts[0])/\(parts[1])"
            if let resource = try await session.catalog.find(apiVersion: apiVersion, kind: String(parts[2])) {
                found.append(resource)
            } else if isGiven {
                throw Failure("no matches for kind \(JSON.quoted(String(parts[2]))) in version \(JSON.quoted(apiVersion))")
            }
        }
        return found
    }
}

/// Deletes what was applied once and is in the manifests no longer.
struct Pruner {
    let session: Session
    let allowlist: [APIResource]
    let selector: String?
    let dryRun: DryRun

    /// What would be deleted: applied objects of the namespaces of the manifests (and those without) that the manifests do not name.
    func objects(besides manifests: [Manifest]) async throws -> [Manifest] {
        var unwanted: [Manifest] = []
        try await visit(besides: manifests) { unwanted.append($0) }
        return unwanted
    }

    /// The same one by one, each before the next type is asked for.
    private func visit(besides manifests: [Manifest], _ take: (Manifest) async throws -> Void) async throws {
        var namespaces: [String] = []
        for manifest in manifests {
            if let namespace = manifest.namespace, !namespaces.contains(namespace) { namespaces.append(namespace) }
        }
        let kept: Set<String> = Set(manifests.map { "\($0.resource.qualified)/\($0.namespace ?? "")/\($0.name)" })
        for namespace in namespaces.map(Optional.some) + [nil] {
            for resource in allowlist where resource.isNamespaced == (namespace != nil) {
                let list: JSON
                do {
                    list = try await session.send(
                        APIRequest(
                            .list, resource.resource, namespace: namespace, options: RequestOptions { $0.labelSelector = selector }))
                } catch let status as APIStatus where status.isNotFound || status.code == 405 {
                    continue
                }
                for item in list.list("items") where item[["metadata", "annotations", LastApplied.annotation]] != nil {
                    let object = Manifest(
                        json: GetQuery.typed(item, resource), resource: resource, namespace: namespace, source: "")
                    if !kept.contains("\(resource.qualified)/\(namespace ?? "")/\(object.name)") { try await take(object) }
                }
            }
        }
    }

    /// Deletes them and tells of each.
    func prune(besides manifests: [Manifest], _ deletion: DeletionOptions, _ printer: inout ObjectPrinter) async throws {
        try await visit(besides: manifests) { object in
            if dryRun.reachesServer {
                var request = APIRequest(.delete, object.resource.resource, namespace: object.namespace, name: object.name)
                var deletion: DeletionOptions = deletion
                if case .server = dryRun { deletion.dryRun = true }
                request.body = deletion.body
                request.options.dryRun = deletion.dryRun
                _ = try await session.send(request)
            }
            try printer.print(object.json, object.resource, done: "pruned", suffix: dryRun.suffix)
        }
    }
}
