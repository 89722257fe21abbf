import Machinery

/// The kernel's rules for network policies, as a text for `nft -f` that replaces all of them at once.
///
///     forward   a connection's first side: what its source may send, then what its target may get
///     input     what pods send to the cluster itself: names, the API
///     out/N     what pods with the same allowances may send: each rule lets pass by returning, the end refuses
///     in/N      the same for what they may get
///
/// Every packet of the side that opened a connection is judged, so that a change also ends connections that it no longer allows;
/// answers pass. Nothing that the cluster itself sends is judged: probes and the API's proxies reach their pods.
package enum PolicyRuleset {
    static let table = "ip swkube-policy"

    /// Ports of the cluster itself that everybody may reach, because what answers there judges by itself.
    package struct Proxies: Sendable {
        package let address: String
        package let ports: ClosedRange<Int>

        package init(address: String, ports: ClosedRange<Int>) {
            self.address = address
            self.ports = ports
        }
    }

    /// The whole text. Without any isolated pod it only takes away what was there.
    package static func text(_ plan: PolicyPlan, proxies: Proxies? = nil) -> String {
        var lines: [String] = ["add table \(table)", "delete table \(table)"]
        guard !plan.isEmpty else { return lines.joined(separator: "\n") + "\n" }
        lines.append("add table \(table)")
        var peers = PeerSets()
        let outgoing = Direction("out", field: "daddr", plan.egress, &peers)
        let incoming = Direction("in", field: "saddr", plan.ingress, &peers)
        lines += peers.lines
        // A refusal is told at once instead of letting the other side wait.
        lines += [
            "add chain \(table) refused",
            "add rule \(table) refused meta l4proto tcp reject with tcp reset",
            "add rule \(table) refused reject with icmp admin-prohibited",
        ]
        lines += outgoing.chains + incoming.chains
        let selves: [String] = Set(plan.ingress.keys).union(plan.egress.keys).sorted().map { "\($0) . \($0)" }
        lines += [
            "add set \(table) selves { type ipv4_addr . ipv4_addr; elements = { \(selves.joined(separator: ", ")) }; }", outgoing.map,
            incoming.map,
        ]
        for (chain, hook) in [("forwarded", "forward"), ("taken", "input")] {
            lines += [
                "add chain \(table) \(chain) { type filter hook \(hook) priority 10; }",
                "add rule \(table) \(chain) ct direction reply accept",
                "add rule \(table) \(chain) ct state related accept",
                "add rule \(table) \(chain) ip saddr . ip daddr @selves accept",
            ]
            if hook == "input", let proxies {
                let ports = "\(proxies.ports.lowerBound)-\(proxies.ports.upperBound)"
                lines.append("add rule \(table) \(chain) ip daddr \(proxies.address) tcp dport \(ports) accept")
            }
            lines.append("add rule \(table) \(chain) ip saddr vmap @out")
        }
        lines.append("add rule \(table) forwarded ip daddr vmap @in")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Sets of peers, one for each content.
    private struct PeerSets {
        private var numbers: [Set<String>: Int] = [:]
        private(set) var lines: [String] = []

        mutating func name(_ addresses: Set<String>) -> String {
            if let number = numbers[addresses] { return "peers/\(number)" }
            let number: Int = numbers.count
            numbers[addresses] = number
            lines.append(
                "add set \(table) peers/\(number) { type ipv4_addr; elements = { \(addresses.sorted().joined(separator: ", ")) }; }")
            return "peers/\(number)"
        }
    }

    /// The chains of one direction, and which pod has which.
    private struct Direction {
        private(set) var chains: [String] = []
        let map: String

        /// - Parameter field: where the other side's address stands.
        init(_ name: String, field: String, _ pods: [String: Set<PolicyPlan.Allowance>], _ peers: inout PeerSets) {
            var numbers: [Set<PolicyPlan.Allowance>: Int] = [:]
            var elements: [String] = []
            for (address, allowances) in pods.sorted(by: { $0.key < $1.key }) {
                if numbers[allowances] == nil {
                    let chain = "\(table) \(name)/\(numbers.count)"
                    numbers[allowances] = numbers.count
                    chains.append("add chain \(chain)")
                    // The order says nothing, but the text must not change by itself.
                    let rules: [String] = allowances.sorted { "\($0)" < "\($1)" }.flatMap { Self.rules($0, field, &peers) }
                    var seen: Set<String> = []
                    for rule in rules where seen.insert(rule).inserted { chains.append("add rule \(chain) \(rule)return") }
                    chains.append("add rule \(chain) goto refused")
                }
                elements.append("\(address) : jump \(name)/\(numbers[allowances] ?? 0)")
            }
            let content: String = elements.isEmpty ? "" : " elements = { \(elements.joined(separator: ", ")) };"
            map = "add map \(table) \(name) { type ipv4_addr : verdict;\(content) }"
        }

        private static func rules(_ allowance: PolicyPlan.Allowance, _ field: String, _ peers: inout PeerSets) -> [String] {
            var sides: [String] = []
            switch allowance.peers {
            case .anybody: sides = [""]
            case .some(let addresses, let blocks):
                if !addresses.isEmpty { sides.append("ip \(field) @\(peers.name(addresses)) ") }
                for block in blocks where block.range.address.isIPv4 {
                    let gaps: String = block.gaps.sorted { "\($0)" < "\($1)" }.map { "ip \(field) != \(canonical($0)) " }.joined()
                    sides.append((block.range.prefixLength == 0 ? "" : "ip \(field) \(canonical(block.range)) ") + gaps)
                }
            }
            let ports: [String] = allowance.ports.map(Self.ports) ?? [""]
            return sides.flatMap { side in ports.map { side + $0 } }
        }

        private static func canonical(_ range: CIDR) -> String { "\(range.first)/\(range.prefixLength)" }

        private static func ports(_ ports: [PolicyPlan.Ports]) -> [String] {
            PolicyPlan.Transport.allCases.compactMap { transport in
                let mine: [PolicyPlan.Ports] = ports.filter { $0.transport == transport }
                guard !mine.isEmpty else { return nil }
                guard mine.allSatisfy({ $0.range != nil }) else { return "meta l4proto \(transport.rawValue) " }
                let ranges: [String] = merged(mine.compactMap(\.range)).map {
                    $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
                }
                return "\(transport.rawValue) dport { \(ranges.joined(separator: ", ")) } "
            }
        }

        /// The same ports in ranges that do not touch: the kernel refuses those that overlap.
        private static func merged(_ ranges: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
            var merged: [ClosedRange<Int>] = []
            for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
                if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                    merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
                } else {
                    merged.append(range)
                }
            }
            return merged
        }
    }
}
