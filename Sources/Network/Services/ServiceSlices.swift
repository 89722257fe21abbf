import API
package import Client
import Machinery
import Synchronization

/// EndpointSlices by the Service that they are of, for all parts of the network that ask for those of one among thousands.
package final class ServiceSlices: Sendable {
    private struct State {
        var known: [ObjectKey: [String: View<EndpointSlice>]] = [:]
        var handlers: [@Sendable (ObjectKey) -> Void] = []
    }

    private let slices: Informer<EndpointSlice>
    private let state = Mutex(State())

    package init(_ informers: Informers) {
        slices = informers.informer()
        slices.onChange { [weak self] before, after in self?.changed(before, after) }
    }

    package func caughtUp() async { await slices.caughtUp() }

    /// In the order of their names.
    func of(_ service: ObjectKey) -> [View<EndpointSlice>] {
        state.withLock { $0.known[service] ?? [:] }.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Calls `handler` with a Service whenever its slices change, from now on, and at once for each that has some. It must not block.
    func onChange(_ handler: @escaping @Sendable (ObjectKey) -> Void) {
        let present: [ObjectKey] = state.withLock { state in
            state.handlers.append(handler)
            return Array(state.known.keys)
        }
        for service in present { handler(service) }
    }

    private func changed(_ before: View<EndpointSlice>?, _ after: View<EndpointSlice>?) {
        let (services, handlers): (Set<ObjectKey>, [@Sendable (ObjectKey) -> Void]) = state.withLock { state in
            var services: Set<ObjectKey> = []
            if let before, let service = Self.service(of: before) {
                services.insert(service)
                state.known[service]?[before.name] = nil
                if state.known[service]?.isEmpty == true { state.known[service] = nil }
            }
            if let after, let service = Self.service(of: after) {
                services.insert(service)
                state.known[service, default: [:]][after.name] = after
            }
            return (services, state.handlers)
        }
        for service in services { for handler in handlers { handler(service) } }
    }

    private static func service(of slice: View<EndpointSlice>) -> ObjectKey? {
        slice.metadata.labels["kubernetes.io/service-name"].map { ObjectKey(namespace: slice.namespace, name: $0) }
    }
}
