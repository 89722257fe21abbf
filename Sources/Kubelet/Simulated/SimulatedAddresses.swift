import API
import Machinery
import Synchronization

/// The addresses of the pods on simulated nodes: of each node's range, which nothing answers at.
final class SimulatedAddresses: Sendable {
    private struct Range {
        var taken: [UInt8: String] = [:]
        var last: UInt8 = 0
    }

    private struct State {
        /// By node.
        var ranges: [String: Range] = [:]
        /// By uid of the pod.
        var places: [String: (node: String, number: UInt8)] = [:]
        var further: UInt32 = 0
    }

    private let state = Mutex(State())

    /// A pod as it is now; nil after for one that is gone.
    func podChanged(_ before: View<Pod>?, _ after: View<Pod>?) {
        if let after, !after.isFinished {
            guard !after.status.podIP.isEmpty, let address = IPAddress(after.status.podIP), address.isIPv4 else { return }
            let uid: String = after.metadata.uid
            state.withLock { state in
                guard state.places[uid] == nil else { return }
                let number = UInt8(truncatingIfNeeded: address.value)
                state.ranges[after.spec.nodeName, default: Range()].taken[number] = uid
                state.places[uid] = (after.spec.nodeName, number)
            }
        } else if let uid = (after ?? before)?.metadata.uid {
            state.withLock { state in
                guard let place = state.places.removeValue(forKey: uid) else { return }
                state.ranges[place.node]?.taken[place.number] = nil
            }
        }
    }

    /// An address for a pod that begins; nil when the node has no range yet. Nodes that take more pods than they have addresses use
    /// 198.18.0.0/15, which is for such play.
    func address(for pod: View<Pod>, on node: View<Node>) -> String? {
        guard let range = CIDR(node.spec.podCIDR), range.address.isIPv4 else { return nil }
        let uid: String = pod.metadata.uid
        return state.withLock { state in
            if let known = state.places[uid], known.node == node.name { return range.address.advanced(by: Int(known.number)).description }
            var addresses: Range = state.ranges[node.name] ?? Range()
            for _ in 0..<254 {
                addresses.last = addresses.last >= 254 ? 1 : addresses.last + 1
                guard addresses.taken[addresses.last] == nil else { continue }
                addresses.taken[addresses.last] = uid
                state.ranges[node.name] = addresses
                state.places[uid] = (node.name, addresses.last)
                return range.address.advanced(by: Int(addresses.last)).description
            }
            state.further &+= 1
            return IPAddress(ipv4: 198 << 24 | 18 << 16 | state.further & 0x1_FFFF).description
        }
    }
}
