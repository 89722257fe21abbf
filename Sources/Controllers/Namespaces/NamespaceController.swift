import API
import Client
import Machinery

/// Empties a namespace that is to be deleted, then lets it go.
///
/// Reads Namespaces. Deletes all objects of all kinds, pods first so that their owners do not make new ones for nobody, and reports what
/// is left in the namespace's conditions. Source: pkg/controller/namespace/deletion.
struct NamespaceController: Controller {
    static let name = "namespace-controller"
    static let queueName = "namespace"

    let context: ControllerContext
    private var namespaces: Informer<Namespace> { context.copy() }

    func watch(_ queue: WorkQueue) {
        namespaces.onChange { _, after in if let namespace = after, namespace.isTerminating { queue.add(namespace.key) } }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        guard let namespace = try await context.client.find(Namespace.self, key), namespace.isTerminating else { return nil }
        let content: NamespaceContent = try await clear(key.name)
        guard content.isEmpty else {
            try await report(content, namespace)
            // What is left ends by itself (grace periods, finalizers); nothing here watches every kind.
            return content.delay
        }
        var finalized: View<Namespace> = namespace
        finalized.spec.finalizers = namespace.spec.finalizers.filter { $0 != Namespace.finalizer }
        do {
            try await context.client.update(finalized, subresource: "finalize")
        } catch let status as APIStatus where status.isNotFound {}
        return nil
    }

    /// Deletes what is there, in one request for each resource, and counts what stays.
    private func clear(_ namespace: String) async throws -> NamespaceContent {
        var content = NamespaceContent()
        // What is served now, custom resources too; of several versions the preferred one.
        var seen: Set<String> = []
        let resources: [APIResource] = try await Discovery.groups(context.client.transport).flatMap(\.resources).filter {
            $0.isNamespaced && $0.can("deletecollection") && $0.can("list") && seen.insert($0.qualified).inserted
        }
        let pods: [APIResource] = resources.filter { $0.resource == Pod.names.resource }
        for group in [pods, resources.filter { $0.resource != Pod.names.resource }] {
            for resource in group {
                var deletion = APIRequest(.deletecollection, resource.resource, namespace: namespace)
                deletion.options.propagationPolicy = "Background"
                do {
                    // The answer lists what was found: nothing found, nothing to look after.
                    guard try await !(context.client.send(deletion)["items"]?.array ?? []).isEmpty else { continue }
                    let list = APIRequest(.list, resource.resource, namespace: namespace, representation: .metadataList)
                    content.add(resource.qualified, try await context.client.send(list)["items"]?.array ?? [], now: context.clock.time)
                } catch let status as APIStatus where status.isNotFound {
                    // The resource is no longer served, and has no objects.
                }
            }
            if !content.isEmpty { break }
        }
        return content
    }

    private func report(_ content: NamespaceContent, _ namespace: View<Namespace>) async throws {
        let conditions: [View<NamespaceCondition>] = content.conditions(before: namespace.status.conditions, now: context.clock.time)
        guard conditions != namespace.status.conditions else { return }
        var updated: View<Namespace> = namespace
        updated.status.conditions = conditions
        do {
            try await context.client.updateStatus(updated)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
    }
}
