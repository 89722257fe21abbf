import API
import Machinery
import Store
import Synchronization

/// All webhooks of one kind of configuration in the order in which they are asked, and for each kind of request those whose rules match.
///
/// Follows the stored configurations: a write of one throws the table away before it is acknowledged; the next request makes it anew.
final class WebhookTable: Sendable {
    /// A webhook and the version of the object's kind that its rules name.
    struct Match: Sendable {
        let webhook: Webhook
        let type: ResourceType
    }

    private struct Target: Hashable {
        let resource: GroupVersionResource
        let subresource: String?
        let operation: AdmissionOperation
    }

    private struct State {
        /// nil before the first use and after a change.
        var webhooks: [Webhook]?
        var matches: [Target: [Match]] = [:]
    }

    private let store: any Store
    /// Of the configurations' keys.
    private let prefix: String
    private let state = Mutex(State())
    /// False only while the table is made and empty, so that a cluster without webhooks pays one load a request.
    private let mayMatch = Atomic<Bool>(true)

    init(store: any Store, prefix: String) {
        self.store = store
        self.prefix = prefix
    }

    /// A configuration was written or removed.
    func forget() {
        state.withLock { $0 = State() }
        mayMatch.store(true, ordering: .releasing)
    }

    /// The webhooks whose rules match, in their order; selectors are still to be looked at.
    func matches(
        _ operation: AdmissionOperation, _ type: ResourceType, _ subresource: String?, equivalents: (ResourceType) -> [ResourceType]
    ) -> [Match] {
        guard mayMatch.load(ordering: .acquiring) else { return [] }
        let target = Target(resource: type.names.resource, subresource: subresource, operation: operation)
        return state.withLock { state in
            let webhooks: [Webhook] = state.webhooks ?? load()
            state.webhooks = webhooks
            guard !webhooks.isEmpty else {
                mayMatch.store(false, ordering: .releasing)
                return []
            }
            if let known = state.matches[target] { return known }
            let found: [Match] = webhooks.compactMap { webhook in
                let types: [ResourceType] = [type] + (webhook.isExact ? [] : equivalents(type))
                return types.first { webhook.matches(operation, $0, subresource) }.map { Match(webhook: webhook, type: $0) }
            }
            state.matches[target] = found
            return found
        }
    }

    private func load() -> [Webhook] {
        // The store lists by key, and so by the name of the configuration, as upstream sorts.
        let entries: [Entry] = (try? store.list(prefix: prefix).entries) ?? []
        return entries.flatMap { entry -> [Webhook] in
            guard let json = try? JSON(parsing: entry.value) else { return [] }
            let name: String = json[["metadata", "name"]]?.string ?? ""
            return (json["webhooks"]?.array ?? []).enumerated().map { Webhook($1, configuration: name, index: $0) }
        }
    }
}

extension Webhook {
    fileprivate func matches(_ operation: AdmissionOperation, _ type: ResourceType, _ subresource: String?) -> Bool {
        rules.contains { $0.matches(operation, type.names.resource, subresource, isNamespaced: type.names.isNamespaced) }
    }
}
