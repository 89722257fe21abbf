import API
import Client
import Machinery
import Synchronization

/// Gives each node a range of addresses for its pods: `spec.podCIDR`, a /24 of 100.64.0.0/10.
///
/// Reads and writes Nodes. Nodes of processes are left alone: their kubelets say which addresses of the machine they have. A node that comes
/// when there is no range left hears so in an event. Source: pkg/controller/nodeipam.
struct NodeRangeController: ObjectController {
    static let name = "node-ipam-controller"
    static let component = "cidrAllocator"

    let context: ControllerContext
    private let taken = Taken()

    /// Which ranges are whose: by number and by node.
    private final class Taken: Sendable {
        struct State {
            var numbers: Set<Int> = []
            var nodes: [String: Int] = [:]
            /// No range below is free.
            var lowest = 0
        }

        let state = Mutex(State())

        func note(_ node: String, _ number: Int) {
            state.withLock { state in
                state.numbers.insert(number)
                state.nodes[node] = number
            }
        }

        func release(_ node: String) {
            state.withLock { state in
                guard let number = state.nodes.removeValue(forKey: node) else { return }
                state.numbers.remove(number)
                state.lowest = min(state.lowest, number)
            }
        }

        /// The range that is the node's from now on; nil when none is left.
        func range(for node: String) -> Int? {
            state.withLock { state in
                if let known = state.nodes[node] { return known }
                guard let free = (state.lowest..<NodeRanges.count).first(where: { !state.numbers.contains($0) }) else { return nil }
                state.lowest = free + 1
                state.numbers.insert(free)
                state.nodes[node] = free
                return free
            }
        }
    }

    static func concerns(_ before: View<Node>?, _ after: View<Node>?) -> Bool {
        after.map { $0.kind != .process && $0.spec.podCIDR.isEmpty } ?? false
    }

    func watchOthers(_ queue: WorkQueue) {
        objects.onChange { [taken] before, after in
            guard let node = after else {
                if let before { taken.release(before.name) }
                return
            }
            if let number = NodeRanges.number(of: node.spec.podCIDR) { taken.note(node.name, number) }
        }
    }

    func reconcile(_ node: View<Node>) async throws -> Duration? {
        // Whoever has a range already is known before others get theirs: the copy is complete.
        let key: ObjectKey = node.key
        guard !node.isTerminating, node.kind != .process, node.spec.podCIDR.isEmpty else { return nil }
        guard let number = taken.range(for: key.name) else {
            tell(node, .normal, reason: "CIDRNotAvailable", "Node \(key.name) status is now: CIDRNotAvailable")
            return .seconds(60)
        }
        let range: JSON = .string(NodeRanges.range(number))
        let patch: JSON = ["metadata": ["uid": .string(node.metadata.uid)], "spec": ["podCIDR": range, "podCIDRs": [range]]]
        do {
            objects.note(try await context.client.patch(Node.self, key, patch))
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        return nil
    }
}

/// Ranges of 256 addresses each, by number. Pure.
enum NodeRanges {
    private static let first: UInt32 = 100 << 24 | 64 << 16
    /// 100.64.0.0/10 has so many.
    static let count: Int = 1 << 14

    static func range(_ number: Int) -> String { IPAddress(ipv4: first + (UInt32(number) << 8)).description + "/24" }

    /// nil for a range of another kind.
    static func number(of range: String) -> Int? {
        guard let cidr = CIDR(range), cidr.address.isIPv4, cidr.prefixLength == 24 else { return nil }
        let value = UInt32(truncatingIfNeeded: cidr.address.value)
        guard value >= first, value < first + (UInt32(count) << 8) else { return nil }
        return Int((value - first) >> 8)
    }
}
