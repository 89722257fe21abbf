import API
package import Machinery
import Synchronization

/// Addresses for pods, from the node's range. Where pods share the host's network that lies within 127.0.0.0/8, which every program of
/// the machine may bind.
///
/// They are given out in a circle, so that one that was freed comes again only after all others.
package final class PodAddresses: Sendable {
    private struct State {
        var held: [String: IPAddress] = [:]
        var taken: Set<IPAddress> = []
        var next = 1
    }

    private let range: CIDR
    /// Addresses at the beginning that are not for pods.
    private let reserved: Int
    private let state = Mutex(State())

    /// - Parameter reserved: how many addresses at the beginning, beside the range's own, are not for pods.
    package init(_ range: CIDR, reserved: Int = 0) {
        self.range = range
        self.reserved = reserved
    }

    private var count: Int { (1 << (range.address.width - range.prefixLength)) - 2 - reserved }

    /// A range that hardly any other cluster of this machine has: 127.16.0.0/16 to 127.215.0.0/16, by the text given.
    package static func range(for text: String) -> CIDR {
        var hash = FNV32a()
        hash.add(text.utf8)
        let second: UInt32 = 16 + hash.value % 200
        return CIDR(IPAddress(ipv4: 127 << 24 | second << 16), prefixLength: 16)
    }

    /// The pod's address: the one that it has, or the next free one. nil when all are taken.
    package func address(of uid: String) -> String? {
        state.withLock { state in
            if let address = state.held[uid] { return address.description }
            for _ in 0..<count {
                let address: IPAddress = range.first.advanced(by: state.next + reserved)
                state.next = state.next % count + 1
                if state.taken.insert(address).inserted {
                    state.held[uid] = address
                    return address.description
                }
            }
            return nil
        }
    }

    /// Takes note of an address that a pod has from before; those after it come next.
    package func reserve(_ text: String, for uid: String) {
        guard let address = IPAddress(text), range.contains(address) else { return }
        state.withLock { state in
            guard state.taken.insert(address).inserted else { return }
            state.held[uid] = address
            state.next = max(state.next, Int(address.value - range.first.value) - reserved + 1)
            if state.next > count { state.next = 1 }
        }
    }

    package func release(_ uid: String) {
        state.withLock { state in
            if let address = state.held.removeValue(forKey: uid) { state.taken.remove(address) }
        }
    }
}
