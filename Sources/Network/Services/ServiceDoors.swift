import API
package import Client
package import Logging
package import Machinery
package import Sandbox
import Synchronization

/// The way from the host to Services: each has an address of its own in 127.0.0.0/8 with its ports of TCP and UDP, and node ports are at
/// 127.0.0.1.
///
/// Reads Services and EndpointSlices; writes the status of Services of type LoadBalancer, and events about ports that are taken.
package final class ServiceDoors: Sendable {
    /// One listening socket.
    private struct Wish: Hashable {
        let transport: ServiceRoute.Transport
        let address: String
        let port: Int
        /// Where it leads: the Service's place and, for a cluster that routes none, its endpoints.
        let place: ServiceRoute.Place
    }

    private struct Door {
        let wish: Wish
        let service: ObjectKey
        var endpoints: [ServiceRoute.Place]
        var turn = 0
    }

    private struct State {
        var doors: [UInt64: Door] = [:]
        var numbers: [Wish: UInt64] = [:]
        /// By service.
        var open: [ObjectKey: Set<Wish>] = [:]
        /// Services that have endpoints.
        var served: Set<ObjectKey> = []
        /// Ports of which it was said that they are not routed.
        var unrouted: [ObjectKey: Set<Int>] = [:]
        var last: UInt64 = 0
    }

    private let network: ClusterNetwork
    private let isRouted: Bool
    private let range: CIDR
    private let client: Client
    private let events: EventRecorder
    private let services: Informer<Service>
    private let slices: ServiceSlices
    private let log: Logger
    private let state = Mutex(State())
    private let doors = Mutex<Doors?>(nil)
    private let queue: WorkQueue

    /// - Parameters:
    ///   - range: the part of 127.0.0.0/8 that is this cluster's, a /16.
    ///   - isRouted: whether the kernel routes the cluster's own addresses of Services; else endpoints are taken in turn here.
    package init(
        network: ClusterNetwork, isRouted: Bool, range: CIDR, slices: ServiceSlices, client: Client, clock: ClusterClock,
        informers: Informers, log: Logger
    ) {
        self.network = network
        self.isRouted = isRouted
        self.range = range
        self.client = client
        events = EventRecorder(client: client, clock: clock, component: "swkube-doors", host: "")
        services = informers.informer()
        self.slices = slices
        queue = WorkQueue(clock: clock)
        self.log = log
    }

    /// The host's address for a Service's cluster address: the same last two bytes. nil for a text that is no address.
    ///
    /// The host has many loopback addresses of IPv4, but one of IPv6: a Service of IPv6 alone is at one of IPv4, too, in 127.1.0.0/16 to
    /// 127.15.0.0/16, where none of the cluster's others is.
    package static func address(for clusterIP: String, range: CIDR) -> String? {
        guard let address = IPAddress(clusterIP) else { return nil }
        let second = UInt32(range.first.value >> 16 & 0xFF)
        let first: IPAddress = address.isIPv4 ? range.first : IPAddress(ipv4: 127 << 24 | (1 + second % 15) << 16)
        return first.advanced(by: Int(address.value & 0xFFFF)).description
    }

    /// Keeps the doors until the task is cancelled. They close with the process.
    package func run() async {
        doors.withLock { $0 = Doors { [weak self] in self?.dial($0) } }
        await services.caughtUp()
        await slices.caughtUp()
        services.onChange { [queue] before, after in
            if let key = (after ?? before)?.key { queue.add(key) }
        }
        slices.onChange { [queue] in queue.add($0) }
        await withTaskCancellationHandler {
            while let key = await queue.next() {
                do {
                    try await settle(key)
                    queue.done(key)
                } catch {
                    log.warning("the doors of a service are not as they should be", metadata: ["service": "\(key)", "reason": "\(error)"])
                    queue.addAfterFailure(key)
                    queue.done(key)
                }
            }
        } onCancel: {
            queue.close()
        }
        closeAll()
    }

    // MARK: - Opening and closing

    private func settle(_ key: ObjectKey) async throws {
        let service: View<Service>? = services.get(key)
        var wanted: [Wish: [ServiceRoute.Place]] = [:]
        let own: String? = service.flatMap { Self.address(for: $0.spec.clusterIP, range: range) }
        if let service {
            for route in ServiceRoute.all(of: service, service.mainFamily, slices: slices.of(key)) {
                guard let place = route.places.first, let own else { continue }
                wanted[Wish(transport: route.transport, address: own, port: place.port, place: place)] = route.endpoints
                guard route.nodePort > 0 else { continue }
                wanted[Wish(transport: route.transport, address: "127.0.0.1", port: route.nodePort, place: place)] = route.endpoints
            }
        }
        tellUnrouted(key, service)
        if let service { tell(service, hasEndpoints: wanted.values.contains { !$0.isEmpty }) }
        let old: Set<Wish> = state.withLock { state in
            for (wish, endpoints) in wanted { if let number = state.numbers[wish] { state.doors[number]?.endpoints = endpoints } }
            return state.open[key] ?? []
        }
        for wish in old where wanted[wish] == nil { close(wish) }
        var held: Set<Wish> = old.filter { wanted[$0] != nil }
        for (wish, endpoints) in wanted where !held.contains(wish) {
            if open(wish, endpoints, service, key) { held.insert(wish) }
        }
        state.withLock { $0.open[key] = held.isEmpty ? nil : held }
        if let service, let own { try await writeStatus(service, own) }
    }

    /// Says when a Service has lost its last endpoint.
    private func tell(_ service: View<Service>, hasEndpoints: Bool) {
        let isLost: Bool = state.withLock { state in
            guard hasEndpoints else { return state.served.remove(service.key) != nil }
            state.served.insert(service.key)
            return false
        }
        if isLost { complain(service) }
    }

    private func tellUnrouted(_ key: ObjectKey, _ service: View<Service>?) {
        let ports: Set<Int> = Set(service?.spec.ports.filter { $0.protocol == "SCTP" }.map(\.port) ?? [])
        let news: Set<Int> = state.withLock { state in
            defer { state.unrouted[key] = ports.isEmpty ? nil : ports }
            return ports.subtracting(state.unrouted[key] ?? [])
        }
        guard let service else { return }
        for port in news.sorted() {
            events.record(
                service, .warning, reason: "NotRouted", "Port \(port) is of SCTP, which is not routed here; TCP and UDP are")
        }
    }

    private func complain(_ service: View<Service>) {
        events.record(service, .warning, reason: "NoEndpoints", "No endpoint is ready: connections to the service are refused")
    }

    private func open(_ wish: Wish, _ endpoints: [ServiceRoute.Place], _ service: View<Service>?, _ key: ObjectKey) -> Bool {
        let number: UInt64 = state.withLock { state in
            state.last += 1
            state.doors[state.last] = Door(wish: wish, service: key, endpoints: endpoints)
            state.numbers[wish] = state.last
            return state.last
        }
        do throws(SandboxError) {
            let port: Int = try doors.withLock { doors throws(SandboxError) in
                try doors?.open(number, at: wish.address, port: wish.port, isStream: wish.transport == .tcp) ?? 0
            }
            if port != wish.port, let service, service.key.namespace != "kube-system", service.name != "kubernetes" {
                events.record(
                    service, .normal, reason: "HostPort",
                    "Port \(wish.port) is at \(wish.address):\(port): this user may not bind ports below 1024")
            }
            return true
        } catch {
            state.withLock { state in
                state.doors[number] = nil
                state.numbers[wish] = nil
            }
            if let service {
                events.record(
                    service, .warning, reason: "HostPortUnavailable",
                    "\(wish.address):\(wish.port) is not open on the host: \(error.reason)")
            }
            return false
        }
    }

    private func close(_ wish: Wish) {
        let number: UInt64? = state.withLock { state in
            let number: UInt64? = state.numbers.removeValue(forKey: wish)
            if let number { state.doors[number] = nil }
            return number
        }
        if let number { doors.withLock { $0?.close(number) } }
    }

    private func closeAll() {
        let numbers: [UInt64] = state.withLock { state in
            defer { state = State() }
            return Array(state.doors.keys)
        }
        doors.withLock { doors in for number in numbers { doors?.close(number) } }
    }

    /// On the doors' thread.
    private func dial(_ number: UInt64) -> Int32? {
        let (place, isStream, key): (ServiceRoute.Place?, Bool, ObjectKey?) = state.withLock { state in
            guard let door = state.doors[number] else { return (nil, true, nil) }
            let isStream: Bool = door.wish.transport == .tcp
            guard !door.endpoints.isEmpty else { return (nil, isStream, door.service) }
            guard !isRouted else { return (door.wish.place, isStream, nil) }
            state.doors[number]?.turn += 1
            return (door.endpoints[door.turn % door.endpoints.count], isStream, nil)
        }
        if let service = key.flatMap({ services.get($0) }) { complain(service) }
        return place.flatMap { try? network.beginConnect($0.address, port: $0.port, isStream: isStream, speaks: isStream) }
    }

    // MARK: - Load balancers

    private func writeStatus(_ service: View<Service>, _ address: String) async throws {
        let isBalanced: Bool = service.spec.type == "LoadBalancer" && (service.spec.loadBalancerClass ?? "").isEmpty
        let present: JSON = service.status.json["loadBalancer"]?["ingress"] ?? []
        var point: JSON = ["ip": .string(address), "ipMode": "Proxy"]
        // A port that is elsewhere says where, in the form that the field has for a provider's own words.
        let shifted: [JSON] = service.spec.ports.filter { Doors.port(for: $0.port) != $0.port }.map {
            [
                "port": .int(Int64($0.port)), "protocol": .string($0.protocol),
                "error": .string("swkube.dev/IsAtPort\(Doors.port(for: $0.port))"),
            ]
        }
        if !shifted.isEmpty { point["ports"] = .array(shifted) }
        let ours: JSON = [point]
        let wanted: JSON
        if isBalanced {
            wanted = ours
        } else if present.array?.contains(where: { $0["ip"] == point["ip"] }) == true {
            wanted = []
        } else {
            return
        }
        guard present != wanted else { return }
        try await client.patch(
            Service.self, service.key, ["status": ["loadBalancer": ["ingress": wanted]]], as: .mergePatch, subresource: "status")
    }
}
