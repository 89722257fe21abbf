import API
package import Machinery
import Synchronization

/// Addresses for pods, from the node's ranges: one of each, at the same place in all of them. Where pods share the host's network there is
/// one, which lies within 127.0.0.0/8: every program of the machine may bind it.
///
/// They are given out in a circle, so that one that was freed comes again only after all others.
package final class PodAddresses: Sendable {
    private struct State {
        /// Places, counted from the beginning of a range.
        var held: [String: Int] = [:]
        var taken: Set<Int> = []
        var next = 1
    }

    private let ranges: [CIDR]
    /// Addresses at the beginning that are not for pods.
    private let reserved: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - ranges: the first one says how many addresses there are.
    ///   - reserved: how many addresses at the beginning, beside the range's own, are not for pods.
    package init(_ ranges: [CIDR], reserved: Int = 0) {
        self.ranges = ranges
        self.reserved = reserved
    }

    private var count: Int { (1 << (ranges[0].address.width - ranges[0].prefixLength)) - 2 - reserved }

    private func addresses(at place: Int) -> [String] { ranges.map { $0.first.advanced(by: place).description } }

    /// A range that hardly any other cluster of this machine has: 127.16.0.0/16 to 127.215.0.0/16, by the text given.
    package static func range(for text: String) -> CIDR {
        var hash = FNV32a()
        hash.add(text.utf8)
        let second: UInt32 = 16 + hash.value % 200
        return CIDR(IPAddress(ipv4: 127 << 24 | second << 16), prefixLength: 16)
    }

    /// The pod's addresses in the order of the ranges: those that it has, or the next free ones. nil when all are taken.
    package func addresses(of uid: String) -> [String]? {
        state.withLock { state in
            if let place = state.held[uid] { return addresses(at: place) }
            for _ in 0..<count {
                let place: Int = state.next + reserved
                state.next = state.next % count + 1
                if state.taken.insert(place).inserted {
                    state.held[uid] = place
                    return addresses(at: place)
                }
            }
            return nil
        }
    }

    /// Takes note of the first address that a pod has from before; those after it come next.
    package func reserve(_ text: String, for uid: String) {
        guard let address = IPAddress(text), ranges[0].contains(address) else { return }
        let place = Int(address.value - ranges[0].first.value)
        state.withLock { state in
            guard state.taken.insert(place).inserted else { return }
            state.held[uid] = place
            state.next = max(state.next, place - reserved + 1)
            if state.next > count { state.next = 1 }
        }
    }

    package func release(_ uid: String) {
        state.withLock { state in
            if let place = state.held.removeValue(forKey: uid) { state.taken.remove(place) }
        }
    }
}
