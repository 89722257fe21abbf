import API
import Machinery
import Network
import Sandbox
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Ports of the node that lead to pods: `hostPort`. Each is open at the node's address in the cluster's network, and for the host on its
/// loopback: 127.0.0.1 for the first node, 127.0.0.2 for the second.
final class HostPorts: Sendable {
    /// A port that a container asks for.
    struct Wish: Hashable, Sendable {
        /// Empty for all addresses of the node.
        let address: String
        let port: Int
        let containerPort: Int
        let transport: String

        var isStream: Bool { transport == "TCP" }

        /// Those of a pod, each once.
        static func all(of spec: View<PodSpec>) -> [Wish] {
            var wishes: [Wish] = []
            for container in spec.containers + spec.initContainers.filter(\.isSidecar) {
                for port in container.ports where port.hostPort != 0 {
                    let isAny: Bool = ["", "0.0.0.0", "::"].contains(port.hostIP)
                    let wish = Wish(
                        address: isAny ? "" : port.hostIP, port: port.hostPort, containerPort: port.containerPort, transport: port.protocol)
                    if !wishes.contains(wish) { wishes.append(wish) }
                }
            }
            return wishes
        }
    }

    /// What a pod's user should know of a port.
    struct Remark: Sendable, Equatable {
        let isProblem: Bool
        let text: String
    }

    private struct State {
        /// Where each door leads.
        var places: [UInt64: (address: String, port: Int, isStream: Bool)] = [:]
        /// Doors by pod.
        var open: [String: [UInt64]] = [:]
        var last: UInt64 = 0
    }

    private let network: ClusterNetwork
    /// On the host.
    private let hostAddress: String
    /// In the cluster's network, the main one first; none where pods share the host's.
    private let nodeAddresses: [String]
    private let state = Mutex(State())
    private let doors = Mutex<Doors?>(nil)

    init(_ configuration: Kubelet.Configuration) {
        network = configuration.network
        nodeAddresses = configuration.network.isOwn ? configuration.hostIPs : []
        let number: UInt8 = nodeAddresses.first.flatMap { UInt8($0.split(separator: ".").dropLast().last ?? "") } ?? 0
        hostAddress = "127.0.0.\(min(254, Int(number) + 1))"
    }

    /// Opens a pod's ports. Returns what its user should know; a port that somebody else has stays shut.
    func open(_ wishes: [Wish], for uid: String, at podAddresses: [String]) -> [Remark] {
        guard !wishes.isEmpty, let target = podAddresses.first, state.withLock({ $0.open[uid] == nil }) else { return [] }
        var remarks: [Remark] = []
        var held: [UInt64] = []
        for wish in wishes {
            for (place, isOnHost) in places(of: wish) where !podAddresses.contains(place) {
                do throws(SandboxError) {
                    let port: Int =
                        try isOnHost ? openOnHost(wish, place, target, &held) : openInCluster(wish, place, target, &held)
                    guard port != wish.port else { continue }
                    remarks.append(
                        Remark(isProblem: false, text: "Port \(wish.port) is at \(place):\(port): this user may not bind ports below 1024"))
                } catch {
                    remarks.append(Remark(isProblem: true, text: "\(place):\(wish.port) is not open: \(error.reason)"))
                }
            }
        }
        state.withLock { $0.open[uid] = held }
        return remarks
    }

    /// Where a port is to be open. The node's addresses are of the cluster's network, and its loopback one of both.
    private func places(of wish: Wish) -> [(address: String, isOnHost: Bool)] {
        guard !nodeAddresses.isEmpty else { return [(wish.address.isEmpty ? hostAddress : wish.address, true)] }
        if wish.address.isEmpty {
            return [(hostAddress, true)] + nodeAddresses.map { ($0, false) }
        }
        if nodeAddresses.contains(wish.address) { return [(wish.address, false)] }
        return [(wish.address, true)] + (wish.address.hasPrefix("127.") ? [(wish.address, false)] : [])
    }

    private func openOnHost(_ wish: Wish, _ address: String, _ pod: String, _ held: inout [UInt64]) throws(SandboxError) -> Int {
        try openDoor(to: pod, wish, &held) { doors, number throws(SandboxError) in
            try doors.open(number, at: address, port: wish.port, isStream: wish.isStream)
        }
    }

    private func openInCluster(_ wish: Wish, _ address: String, _ pod: String, _ held: inout [UInt64]) throws(SandboxError) -> Int {
        try openDoor(to: pod, wish, &held) { doors, number throws(SandboxError) in
            let listener: Int32 =
                try wish.isStream ? network.listen(address, port: wish.port) : network.datagrams(address, port: wish.port)
            try doors.open(number, on: listener, isStream: wish.isStream)
            return wish.port
        }
    }

    private func openDoor(
        to address: String, _ wish: Wish, _ held: inout [UInt64], _ open: (Doors, UInt64) throws(SandboxError) -> Int
    ) throws(SandboxError) -> Int {
        guard ["TCP", "UDP"].contains(wish.transport) else {
            throw SandboxError.system(call: "socket", errno: EPROTONOSUPPORT, path: wish.transport)
        }
        let number: UInt64 = state.withLock { state in
            state.last += 1
            state.places[state.last] = (address, wish.containerPort, wish.isStream)
            return state.last
        }
        do throws(SandboxError) {
            let opened: Int = try open(engine, number)
            held.append(number)
            return opened
        } catch {
            state.withLock { $0.places[number] = nil }
            throw error
        }
    }

    /// Lets nobody in to a pod any more.
    func close(_ uid: String) {
        let numbers: [UInt64] = state.withLock { state in
            let numbers: [UInt64] = state.open.removeValue(forKey: uid) ?? []
            for number in numbers { state.places[number] = nil }
            return numbers
        }
        close(numbers)
    }

    func closeAll() {
        close(
            state.withLock { state in
                defer { state = State() }
                return Array(state.places.keys)
            })
    }

    private func close(_ numbers: [UInt64]) {
        guard !numbers.isEmpty else { return }
        doors.withLock { doors in for number in numbers { doors?.close(number) } }
    }

    private var engine: Doors {
        doors.withLock { doors in
            if let doors { return doors }
            let new = Doors { [weak self] in self?.dial($0) }
            doors = new
            return new
        }
    }

    /// On the doors' thread.
    private func dial(_ number: UInt64) -> Int32? {
        state.withLock { $0.places[number] }.flatMap {
            try? network.beginConnect($0.address, port: $0.port, isStream: $0.isStream, speaks: $0.isStream)
        }
    }
}
