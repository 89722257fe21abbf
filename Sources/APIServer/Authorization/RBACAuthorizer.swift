import API
import Machinery
import Store
import Synchronization

/// Decides by roles and bindings. Keeps them compiled and follows the store's writes before these are acknowledged: who made a binding
/// can use it at once. A request costs some look-ups by name and reads no object.
///
/// Source: plugin/pkg/auth/authorizer/rbac.
final class RBACAuthorizer: Sendable {
    private struct State {
        var table = RBACTable()
        /// Of the newest event or listing in the table.
        var revision: Revision = 0
    }

    private static let prefix = RBAC.group + "/"

    private let state = Mutex(State())
    /// Set once, in the initialiser.
    private let subscription = Mutex<Subscription?>(nil)

    init(store: any Store) {
        state.withLock { state in
            // Writes that come from now on wait for the lock.
            let events: Subscription = store.subscribe { [weak self] in self?.follow($0) }
            subscription.withLock { $0 = events }
            // A store that can't be listed has no roles: nobody but the administrators may do anything.
            guard let listing = try? store.list(prefix: Self.prefix) else { return }
            for entry in listing.entries { state.table.put(entry.key, try? JSON(parsing: entry.value)) }
            state.revision = listing.revision
        }
    }

    private func follow(_ events: [StoreEvent]) {
        guard events.contains(where: { $0.entry.key.hasPrefix(Self.prefix) }) else { return }
        state.withLock { state in
            for event in events where event.revision > state.revision && event.entry.key.hasPrefix(Self.prefix) {
                state.table.put(event.entry.key, event.isDelete ? nil : try? JSON(parsing: event.entry.value))
                state.revision = event.revision
            }
        }
    }

    /// Roles and bindings as they stand: a copy of a few references.
    var table: RBACTable { state.withLock { $0.table } }

    func decide(_ user: UserInfo, _ attributes: Attributes) -> Decision {
        var missing: [String] = []
        let grant: RBACTable.Grant? = table.firstGrant(to: user, in: attributes.namespace, missing: &missing) { $0.allows(attributes) }
        if let grant { return .allowed("RBAC: allowed by \(grant)") }
        guard !missing.isEmpty else { return .noOpinion() }
        return .noOpinion("RBAC: " + (missing.count == 1 ? missing[0] : "[" + missing.joined(separator: ", ") + "]"))
    }
}
