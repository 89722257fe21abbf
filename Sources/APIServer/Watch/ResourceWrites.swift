import Store
import Synchronization

/// The newest write of each resource: a watch of what nobody writes need not look at what others wrote.
final class ResourceWrites: Sendable {
    private struct State {
        /// Of resources that were written since, as ``ObjectKeys/resource(of:)`` names them.
        var newest: [Substring: Revision] = [:]
        /// The first and the last event that was counted in; all between them were.
        var first: Revision?
        var last: Revision = 0
    }

    private let state = Mutex(State())

    /// Counts events in, in their order. Returns the resources that they are about.
    func add(_ events: [StoreEvent]) -> [Substring] {
        var written: [Substring] = []
        state.withLock { state in
            for event in events {
                let resource: Substring = ObjectKeys.resource(of: event.entry.key)
                state.newest[resource] = event.revision
                state.first = state.first ?? event.revision
                state.last = event.revision
                // A batch mostly holds writes of one or two resources.
                if !written.contains(resource) { written.append(resource) }
            }
        }
        return written
    }

    /// The revision up to which nothing happened to a resource since another one; nil when something did, or that is not known.
    func quiet(_ resource: Substring, since revision: Revision) -> Revision? {
        state.withLock { state in
            guard !resource.isEmpty, let first = state.first, first <= revision, revision < state.last else { return nil }
            return state.newest[resource, default: 0] <= revision ? state.last : nil
        }
    }
}
