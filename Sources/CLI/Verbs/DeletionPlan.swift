import API
import Client
import Machinery

/// What goes with objects that are deleted: all that they own, down to the last, and for a namespace all that is in it.
struct DeletionPlan {
    let session: Session
    /// Dependents stay when their owner is orphaned.
    let orphans: Bool

    private struct Object: Hashable {
        /// `deployment.apps/web`
        let shown: String
        let namespace: String
        let uid: String
    }

    /// Writes a tree for each target. Changes nothing.
    func show(_ targets: [Target]) async throws {
        let (children, contents) = try await dependents(
            needsNamespaces: targets.contains { $0.resource.resource == Namespace.names.resource })
        var count: Int = 0
        for target in targets {
            guard let name = target.name else { continue }
            let object: JSON = try await session.send(
                APIRequest(
                    .get, target.resource.resource, namespace: target.namespace, name: name, representation: .metadata))
            let root = Object(
                shown: "\(target.resource.shown)/\(name)", namespace: target.namespace ?? "", uid: object.text(at: "metadata", "uid"))
            var seen: Set<Object> = []
            count += write(root, depth: 0, children, &seen)
            guard target.resource.resource == Namespace.names.resource else { continue }
            for item in contents[name] ?? [] where !seen.contains(item) { count += write(item, depth: 1, children, &seen) }
        }
        session.output.line("\(count) object\(count == 1 ? "" : "s") would be deleted.")
    }

    private func write(_ object: Object, depth: Int, _ children: [String: [Object]], _ seen: inout Set<Object>) -> Int {
        guard seen.insert(object).inserted else { return 0 }
        session.output.line(String(repeating: "  ", count: depth) + object.shown)
        guard !orphans else { return 1 }
        return (children[object.uid] ?? []).reduce(1) { $0 + write($1, depth: depth + 1, children, &seen) }
    }

    /// Objects by the uid of each owner that they have left to lose, and by namespace.
    private func dependents(needsNamespaces: Bool) async throws -> (children: [String: [Object]], contents: [String: [Object]]) {
        var children: [String: [Object]] = [:]
        var contents: [String: [Object]] = [:]
        // A kind may stand in several groups and versions.
        var known: Set<String> = []
        for resource in try await session.catalog.groups().flatMap(\.resources) where resource.can("list") && resource.can("delete") {
            var request = APIRequest(.list, resource.resource, representation: .metadataList)
            request.options.limit = 500
            repeat {
                let list: JSON
                do { list = try await session.send(request) } catch let status as APIStatus where status.code == 403 || status.code == 405 {
                    session.output.warn("\(resource.qualified) cannot be listed, so the plan lacks them: \(status.message)")
                    break
                }
                for item in list.list("items") {
                    let object = Object(
                        shown: "\(resource.shown)/\(item.text(at: "metadata", "name"))", namespace: item.text(at: "metadata", "namespace"),
                        uid: item.text(at: "metadata", "uid"))
                    guard known.insert(object.uid).inserted else { continue }
                    let owners: [JSON] = item.list("metadata", "ownerReferences")
                    // With several owners it stays until the last has gone.
                    if owners.count == 1 { children[owners[0].text(at: "uid"), default: []].append(object) }
                    if needsNamespaces, !object.namespace.isEmpty { contents[object.namespace, default: []].append(object) }
                }
                request.options.continueToken = list.continueToken
            } while request.options.continueToken != nil
        }
        // Owners first, so that each stands below its own.
        let owned: Set<String> = Set(children.values.joined().map(\.uid))
        for name in contents.keys { contents[name]?.sort { !owned.contains($0.uid) && owned.contains($1.uid) } }
        return (children, contents)
    }
}
