import API
package import Client
package import Logging
import Machinery
package import Sandbox
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Keeps the kernel's rules as Services and their EndpointSlices want them: what kube-proxy does on a node.
///
/// Reads Services and EndpointSlices; writes the table `swkube` of the cluster's network, one transaction for all that changed.
package final class ServiceRouter: Sendable {
    private struct State {
        var changed: Set<ObjectKey> = []
        /// By service; what the kernel has.
        var routes: [ObjectKey: [ServiceRoute]] = [:]
        var claims = ServiceClaims()
        /// Endpoints that the kernel knows.
        var selves: Set<String> = []
    }

    private let network: ClusterNetwork
    private let ruleset: ServiceRuleset
    private let services: Informer<Service>
    private let slices: Informer<EndpointSlice>
    private let log: Logger
    private let state = Mutex(State())
    private let pokes: AsyncStream<Void>
    private let poke: AsyncStream<Void>.Continuation

    package init(network: ClusterNetwork, ruleset: ServiceRuleset, informers: Informers, log: Logger) {
        self.network = network
        self.ruleset = ruleset
        services = informers.informer()
        slices = informers.informer()
        self.log = log
        (pokes, poke) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Where the host has the program that speaks to the kernel's packet filter; nil when it has none.
    package static var program: String? {
        ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/usr/local/sbin/nft"].first { access($0, X_OK) == 0 }
    }

    /// Keeps the rules until the task is cancelled; they stay in force then.
    package func run() async {
        await services.caughtUp()
        await slices.caughtUp()
        services.onChange { [weak self] before, after in
            if let key = (after ?? before)?.key { self?.changed(key) }
        }
        slices.onChange { [weak self] before, after in
            guard let slice = after ?? before, let name = slice.metadata.labels["kubernetes.io/service-name"] else { return }
            self?.changed(ObjectKey(namespace: slice.namespace, name: name))
        }
        poke.yield()
        var isFounded = false
        for await _ in pokes {
            if Task.isCancelled { return }
            let keys: Set<ObjectKey> = state.withLock { state in
                defer { state.changed = [] }
                return state.changed
            }
            if !isFounded {
                state.withLock { state in
                    state.routes = [:]
                    state.claims = ServiceClaims()
                    state.selves = []
                }
            }
            let wanted: [ObjectKey: [ServiceRoute]] = routes(of: isFounded ? keys : Set(services.list().map(\.key)))
            let old: [ObjectKey: [ServiceRoute]] = state.withLock { $0.routes }
            isFounded = await apply(wanted, over: old, isFounded: isFounded)
            if !isFounded {
                // Whatever it was, a table that is made anew holds nothing unknown.
                try? await ContinuousClock().sleep(for: .seconds(1))
                poke.yield()
            }
        }
    }

    private func changed(_ key: ObjectKey) {
        state.withLock { _ = $0.changed.insert(key) }
        poke.yield()
    }

    private func routes(of keys: Set<ObjectKey>) -> [ObjectKey: [ServiceRoute]] {
        var grouped: [ObjectKey: [View<EndpointSlice>]] = [:]
        for namespace in Set(keys.map(\.namespace)) {
            for slice in slices.list(namespace: namespace) {
                guard let name = slice.metadata.labels["kubernetes.io/service-name"] else { continue }
                grouped[ObjectKey(namespace: namespace, name: name), default: []].append(slice)
            }
        }
        var routes: [ObjectKey: [ServiceRoute]] = [:]
        for key in keys.sorted() { routes[key] = services.get(key).map { ServiceRoute.all(of: $0, slices: grouped[key] ?? []) } ?? [] }
        return state.withLock { state in
            for key in keys.sorted() {
                let (own, again) = state.claims.settle(routes[key] ?? [], of: key)
                routes[key] = own
                state.changed.formUnion(again.subtracting(keys))
                if !again.isEmpty { poke.yield() }
            }
            return routes
        }
    }

    /// True when the kernel took it.
    private func apply(
        _ wanted: [ObjectKey: [ServiceRoute]], over old: [ObjectKey: [ServiceRoute]], isFounded: Bool
    ) async -> Bool {
        let before: [ServiceRoute] = wanted.keys.flatMap { old[$0] ?? [] }
        let after: [ServiceRoute] = wanted.values.flatMap { $0 }
        let changes: String = ruleset.changes(from: before, to: after)
        var all: [ObjectKey: [ServiceRoute]] = old
        for (key, routes) in wanted { all[key] = routes.isEmpty ? nil : routes }
        let selves: Set<String> = all.values.reduce(into: []) { selves, routes in
            for route in routes { for place in route.endpoints { selves.insert(place.address) } }
        }
        let known: Set<String> = state.withLock { $0.selves }
        let text: String = (isFounded ? "" : ruleset.foundation) + changes + ruleset.selves(from: known, to: selves)
        guard !text.isEmpty else { return true }
        guard let program = Self.program else { return false }
        do {
            for part in Self.parts(text) {
                let outcome = try await network.run([program, "-f", "-"], input: Array(part.utf8))
                guard outcome.exitCode == 0 else {
                    log.error("the kernel refused the rules of services", metadata: ["reason": "\(outcome.error.prefix(500))"])
                    return false
                }
            }
            state.withLock { state in
                state.routes = all
                state.selves = selves
            }
            for place in Self.leaving(before, after) { try network.forgetDatagrams(of: place.address, port: place.port) }
        } catch {
            log.error("the rules of services could not be set", metadata: ["reason": "\(error)"])
            return false
        }
        return true
    }

    /// An ordinary user's socket takes some hundred kilobytes at once. What is longer goes in several transactions.
    private static func parts(_ text: String) -> [String] {
        let limit = 100_000
        guard text.utf8.count > limit else { return [text] }
        var parts: [String] = []
        var part = ""
        for line in text.split(separator: "\n") {
            part += line + "\n"
            if part.utf8.count > limit {
                parts.append(part)
                part = ""
            }
        }
        return part.isEmpty ? parts : parts + [part]
    }

    /// Who took datagrams and takes them no more.
    private static func leaving(_ before: [ServiceRoute], _ after: [ServiceRoute]) -> Set<ServiceRoute.Place> {
        Set(before.filter { $0.transport == .udp }.flatMap(\.endpoints))
            .subtracting(after.filter { $0.transport == .udp }.flatMap(\.endpoints))
    }
}
