package import API
package import Client
package import Logging
package import Machinery
package import Sandbox
import Synchronization

/// Keeps the kernel's rules of one family as Services and their EndpointSlices want them: what kube-proxy does on a node.
///
/// Reads Services, EndpointSlices, ServiceCIDRs and nodes; writes the table `swkube` of its family in the cluster's network, one
/// transaction for all that changed. What is more than the kernel takes at once is written into a second table without effect, which one
/// last transaction puts in the place of the first.
package final class ServiceRouter: Sendable {
    private struct State {
        var changed: Set<ObjectKey> = []
        /// Whether all Services are to be looked at again.
        var isAllChanged = true
        var claims = ServiceClaims()
    }

    /// What the kernel has.
    private struct Present {
        var ruleset: ServiceRuleset
        /// By service.
        var routes: [ObjectKey: [ServiceRoute]] = [:]
        var numbers = ServiceRuleset.Numbers()
        /// Addresses of endpoints, with how many routes have them.
        var selves: [String: Int] = [:]
    }

    private let network: ClusterNetwork
    private let filter: PacketFilter
    private let ruleset: ServiceRuleset
    private let detours: @Sendable (ObjectKey, IPFamily) -> [Int: ServiceRoute.Place]
    private let services: Informer<Service>
    private let slices: ServiceSlices
    private let nodes: Informer<Node>
    private let ranges: Informer<ServiceCIDR>
    private let log: Logger
    private var family: IPFamily { ruleset.table.family }
    private let state = Mutex(State())
    private let pokes: AsyncStream<Void>
    private let poke: AsyncStream<Void>.Continuation

    /// - Parameter detours: where connections to TCP ports of a Service go instead of to its endpoints, by port.
    package init(
        network: ClusterNetwork, ruleset: ServiceRuleset, slices: ServiceSlices, informers: Informers, log: Logger,
        detours: @escaping @Sendable (ObjectKey, IPFamily) -> [Int: ServiceRoute.Place] = { _, _ in [:] }
    ) {
        self.detours = detours
        self.network = network
        filter = PacketFilter(network: network)
        self.ruleset = ruleset
        services = informers.informer()
        self.slices = slices
        nodes = informers.informer()
        ranges = informers.informer()
        self.log = log
        (pokes, poke) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Keeps the rules until the task is cancelled; they stay in force then.
    package func run() async {
        await services.caughtUp()
        await slices.caughtUp()
        await nodes.caughtUp()
        await ranges.caughtUp()
        services.onChange { [weak self] before, after in
            if let key = (after ?? before)?.key { self?.changed(key) }
        }
        slices.onChange { [weak self] in self?.changed($0) }
        nodes.onChange { [weak self, family] before, after in
            func place(_ node: View<Node>?) -> ServiceNode? { node.flatMap { ServiceNode($0, family) } }
            if place(before) != place(after) { self?.changedAll() }
        }
        ranges.onChange { [weak self] before, after in if before?.spec.cidrs != after?.spec.cidrs { self?.changedAll() } }
        poke.yield()
        var present: Present?
        for await _ in pokes {
            if Task.isCancelled { return }
            let (keys, isAll): (Set<ObjectKey>, Bool) = state.withLock { state in
                defer { (state.changed, state.isAllChanged) = ([], false) }
                if present == nil { state.claims = ServiceClaims() }
                return (state.changed, state.isAllChanged)
            }
            let known: Set<ObjectKey> = present == nil || isAll ? Set(services.list().map(\.key)) : []
            let wanted: [ObjectKey: [ServiceRoute]] = routes(of: keys.union(known))
            do {
                present = try await apply(wanted, over: present)
            } catch {
                log.error("the rules of services could not be set", metadata: ["reason": "\(error)"])
                // Whatever it was, a table that is made anew holds nothing unknown.
                present = nil
                try? await ContinuousClock().sleep(for: .seconds(1))
                changedAll()
            }
        }
    }

    /// Looks at a Service again: its detours are others now.
    package func changed(_ key: ObjectKey) {
        state.withLock { _ = $0.changed.insert(key) }
        poke.yield()
    }

    private func changedAll() {
        state.withLock { $0.isAllChanged = true }
        poke.yield()
    }

    private func routes(of keys: Set<ObjectKey>) -> [ObjectKey: [ServiceRoute]] {
        let nodes: [ServiceNode] = nodes.list().compactMap { ServiceNode($0, family) }.sorted { $0.name < $1.name }
        var routes: [ObjectKey: [ServiceRoute]] = [:]
        let sorted: [ObjectKey] = keys.sorted()
        for key in sorted {
            let detours: [Int: ServiceRoute.Place] = detours(key, family)
            let own: [ServiceRoute] =
                services.get(key).map { ServiceRoute.all(of: $0, family, slices: slices.of(key), nodes: nodes) } ?? []
            routes[key] = detours.isEmpty ? own : own.map { $0.detoured(detours) }
        }
        return state.withLock { state in
            for key in sorted {
                let (own, again) = state.claims.settle(routes[key] ?? [], of: key)
                routes[key] = own
                state.changed.formUnion(again.subtracting(keys))
                if !again.isEmpty { poke.yield() }
            }
            return routes
        }
    }

    /// The family's ranges, those of the cluster first. The cluster itself reaches those that are not known yet from here on.
    private func allRanges(known: [String]) -> [String] {
        var all: [String] = ruleset.ranges
        for text in ranges.list().sorted(by: { $0.key < $1.key }).flatMap(\.spec.cidrs) where !all.contains(text) {
            guard let range = CIDR(text), range.address.family == family, range.prefixLength > 0 else { continue }
            all.append(text)
            guard !known.contains(text) else { continue }
            do {
                try network.addRange(range.address.description, bits: range.prefixLength, from: ruleset.nodeAddress)
            } catch {
                log.warning("the cluster itself does not reach a range of services", metadata: ["range": "\(text)", "reason": "\(error)"])
            }
        }
        return all
    }

    /// What the kernel has then. - Parameter old: nil when nothing is known of what it has.
    private func apply(_ wanted: [ObjectKey: [ServiceRoute]], over old: Present?) async throws -> Present {
        let ranges: [String] = allRanges(known: old?.ruleset.ranges ?? [])
        var new: Present = old ?? Present(ruleset: ruleset)
        let before: [ServiceRoute] = wanted.keys.flatMap { old?.routes[$0] ?? [] }
        for (key, routes) in wanted { new.routes[key] = routes.isEmpty ? nil : routes }
        let after: [ServiceRoute] = wanted.values.flatMap { $0 }
        let (gone, come): (Set<String>, Set<String>) = Self.count(&new.selves, without: before, with: after)
        if let old, old.ruleset.ranges == ranges {
            let steps: [ServiceStep] =
                old.ruleset.steps(from: before, to: after, &new.numbers) + old.ruleset.selves(gone: gone, come: come)
            if try await filter.apply(steps, table: old.ruleset.table) { return try forget(before, after, new) }
        }
        if let old { new.ruleset = old.ruleset.other }
        new.numbers = ServiceRuleset.Numbers()
        // The rules of an earlier process stay in force until these are.
        if old == nil, await filter.has(chain: "\(ruleset.table) prerouting") { new.ruleset = ruleset.other }
        new.ruleset = new.ruleset.with(ranges: ranges)
        let steps: [ServiceStep] =
            new.ruleset.steps(from: [], to: new.routes.values.flatMap { $0 }, &new.numbers)
            + new.ruleset.selves(gone: [], come: Set(new.selves.keys))
        try await filter.apply(new.ruleset.foundation, steps, table: new.ruleset.table, entry: new.ruleset.entry)
        return try forget(before, after, new)
    }

    /// Counts the addresses of endpoints anew. Returns those that no route has any more, and those that one has now.
    private static func count(
        _ addresses: inout [String: Int], without before: [ServiceRoute], with after: [ServiceRoute]
    ) -> (gone: Set<String>, come: Set<String>) {
        func all(_ routes: [ServiceRoute]) -> [String] { routes.flatMap { Set($0.allEndpoints.map(\.address)) } }
        var (gone, come): (Set<String>, Set<String>) = ([], [])
        for address in all(before) {
            addresses[address, default: 0] -= 1
            if addresses[address] == 0 { gone.insert(address) }
        }
        for address in all(after) {
            if addresses[address] == nil { come.insert(address) }
            addresses[address, default: 0] += 1
        }
        gone = gone.filter { addresses[$0] == 0 }
        for address in gone { addresses[address] = nil }
        return (gone, come)
    }

    /// Has the kernel forget the flows of those who took datagrams and take them no more, and those that came to a node's port before
    /// anybody took them.
    private func forget(_ before: [ServiceRoute], _ after: [ServiceRoute], _ present: Present) throws -> Present {
        func takers(_ routes: [ServiceRoute]) -> Set<ServiceRoute.Place> {
            routes.reduce(into: []) { if $1.transport == .udp { $0.formUnion($1.allEndpoints) } }
        }
        func nodePorts(_ routes: [ServiceRoute]) -> Set<Int> {
            Set(routes.filter { $0.transport == .udp && $0.nodePort > 0 && !$0.isEmpty }.map(\.nodePort))
        }
        for place in takers(before).subtracting(takers(after)) {
            try network.forgetDatagrams(of: place.address, port: place.port)
        }
        for port in nodePorts(after).subtracting(nodePorts(before)).sorted() {
            for node in nodes.list().compactMap({ ServiceNode($0, family) }) {
                try network.forgetDatagrams(of: node.address, port: port)
            }
        }
        return present
    }
}
