package import Machinery

/// The kernel's rules for network policies, as texts for `nft -f`: one fills a table without effect, the other puts it into force in the
/// place of the table before it, so that there is no moment without rules. Each family has a table of its own, in the same texts.
///
///     forward   a connection's first side: what its source may send, then what its target may get
///     input     what pods send to the cluster itself: names, the API
///     out/N     what pods with the same allowances may send: each rule lets pass by returning, the end refuses
///     in/N      the same for what they may get
///
/// Every packet of the side that opened a connection is judged, so that a change also ends connections that it no longer allows;
/// answers pass. Nothing that the cluster itself sends is judged: probes and the API's proxies reach their pods.
package struct PolicyRuleset: Sendable {
    /// Ports of the cluster itself that everybody may reach, because what answers there judges by itself.
    package struct Proxies: Sendable {
        /// One of each family.
        package let addresses: [String]
        package let ports: ClosedRange<Int>

        package init(addresses: [String], ports: ClosedRange<Int>) {
            self.addresses = addresses
            self.ports = ports
        }
    }

    let tables: [PacketFilter.Table]
    let proxies: Proxies?

    package init(_ families: [IPFamily] = [.v4], proxies: Proxies? = nil) {
        self.init(families, name: "swkube-policy", proxies: proxies)
    }

    private init(_ families: [IPFamily], name: String, proxies: Proxies?) {
        tables = families.map { PacketFilter.Table(family: $0, name: name) }
        self.proxies = proxies
    }

    /// The same rules in tables that can be filled while these are in force.
    package var other: PolicyRuleset {
        PolicyRuleset(
            tables.map(\.family), name: tables.first?.name == "swkube-policy" ? "swkube-policy-2" : "swkube-policy", proxies: proxies)
    }

    func isInForce(_ filter: PacketFilter) async -> Bool {
        for table in tables where await filter.has(chain: "\(table) forward") { return true }
        return false
    }

    /// The tables without effect, in lines that are not long; what was in them before goes.
    package func text(_ plan: PolicyPlan) -> String {
        PacketFilter.text(removal + tables.flatMap { lines(plan.of($0.family), $0) })
    }

    /// None where nobody is isolated.
    private func lines(_ plan: PolicyPlan, _ table: PacketFilter.Table) -> [String] {
        guard !plan.isEmpty else { return [] }
        let (header, address): (String, String) = (table.family.header, table.family.addressType)
        var lines: [String] = ["add table \(table)"]
        var peers = PeerSets(table: table)
        let outgoing = Direction("out", table, field: "daddr", plan.egress, &peers)
        let incoming = Direction("in", table, field: "saddr", plan.ingress, &peers)
        lines += peers.lines
        // A refusal is told at once instead of letting the other side wait.
        lines += [
            "add chain \(table) refused",
            "add rule \(table) refused meta l4proto tcp reject with tcp reset",
            "add rule \(table) refused reject with \(table.family == .v4 ? "icmp" : "icmpv6") admin-prohibited",
        ]
        lines += outgoing.lines + incoming.lines
        lines.append("add set \(table) selves { type \(address) . \(address); }")
        let selves: [String] = Set(plan.ingress.keys).union(plan.egress.keys).sorted().map { "\($0) . \($0)" }
        lines += PacketFilter.elements("add", "\(table) selves", selves)
        for chain in ["forwarded", "taken"] {
            lines += [
                "add chain \(table) \(chain)",
                "add rule \(table) \(chain) ct direction reply accept",
                "add rule \(table) \(chain) ct state related accept",
                "add rule \(table) \(chain) \(header) saddr . \(header) daddr @selves accept",
            ]
            if chain == "taken", let proxies, let own = proxies.addresses.first(where: { IPFamily(of: $0) == table.family }) {
                let ports = "\(proxies.ports.lowerBound)-\(proxies.ports.upperBound)"
                lines.append("add rule \(table) \(chain) \(header) daddr \(own) tcp dport \(ports) accept")
            }
            lines.append("add rule \(table) \(chain) \(header) saddr vmap @out")
        }
        lines.append("add rule \(table) forwarded \(header) daddr vmap @in")
        return lines
    }

    /// Puts the tables into force, in the place of the other ones. Without any isolated pod there is none then.
    package func entry(_ plan: PolicyPlan) -> String {
        var lines: [String] = other.removal
        for table in tables where !plan.of(table.family).isEmpty {
            for (chain, hook) in [("forwarded", "forward"), ("taken", "input")] {
                lines += [
                    "add chain \(table) \(hook) { type filter hook \(hook) priority 10; }", "add rule \(table) \(hook) jump \(chain)",
                ]
            }
        }
        return PacketFilter.text(lines)
    }

    private var removal: [String] { tables.flatMap { ["add table \($0)", "delete table \($0)"] } }

    /// Sets of peers, one for each content.
    private struct PeerSets {
        let table: PacketFilter.Table
        private var numbers: [Set<String>: Int] = [:]
        private(set) var lines: [String] = []

        init(table: PacketFilter.Table) { self.table = table }

        mutating func name(_ members: Set<String>, ofRanges: Bool = false) -> String {
            if let number = numbers[members] { return "peers/\(number)" }
            let number: Int = numbers.count
            numbers[members] = number
            // Ranges may lie within each other.
            lines.append(
                "add set \(table) peers/\(number) { type \(table.family.addressType);\(ofRanges ? " flags interval; auto-merge;" : "") }")
            lines += PacketFilter.elements("add", "\(table) peers/\(number)", members.sorted())
            return "peers/\(number)"
        }
    }

    /// The chains of one direction, and which pod has which.
    private struct Direction {
        private(set) var lines: [String] = []

        /// - Parameter field: where the other side's address stands.
        init(
            _ name: String, _ table: PacketFilter.Table, field: String, _ pods: [String: Set<PolicyPlan.Allowance>],
            _ peers: inout PeerSets
        ) {
            var numbers: [Set<PolicyPlan.Allowance>: Int] = [:]
            var elements: [String] = []
            for (address, allowances) in pods.sorted(by: { $0.key < $1.key }) {
                if numbers[allowances] == nil {
                    let chain = "\(table) \(name)/\(numbers.count)"
                    numbers[allowances] = numbers.count
                    lines.append("add chain \(chain)")
                    // The order says nothing, but the text must not change by itself.
                    let rules: [String] = allowances.sorted { "\($0)" < "\($1)" }.flatMap {
                        Self.rules($0, "\(table.family.header) \(field)", &peers)
                    }
                    var seen: Set<String> = []
                    for rule in rules where seen.insert(rule).inserted { lines.append("add rule \(chain) \(rule)return") }
                    lines.append("add rule \(chain) goto refused")
                }
                elements.append("\(address) : jump \(name)/\(numbers[allowances] ?? 0)")
            }
            lines.append("add map \(table) \(name) { type \(table.family.addressType) : verdict; }")
            lines += PacketFilter.elements("add", "\(table) \(name)", elements)
        }

        private static func rules(_ allowance: PolicyPlan.Allowance, _ field: String, _ peers: inout PeerSets) -> [String] {
            var sides: [String] = []
            switch allowance.peers {
            case .anybody: sides = [""]
            case .some(let addresses, let blocks):
                let family: IPFamily = peers.table.family
                let addresses: Set<String> = addresses.filter { IPFamily(of: $0) == family }
                if !addresses.isEmpty { sides.append("\(field) @\(peers.name(addresses)) ") }
                let blocks: [PolicyPlan.Block] = blocks.filter { $0.range.address.family == family }
                let whole: Set<String> = Set(blocks.filter(\.gaps.isEmpty).map { canonical($0.range) })
                if whole.contains(family == .v4 ? "0.0.0.0/0" : "::/0") {
                    return rules(PolicyPlan.Allowance(peers: .anybody, ports: allowance.ports), field, &peers)
                }
                if !whole.isEmpty { sides.append("\(field) @\(peers.name(whole, ofRanges: true)) ") }
                for block in blocks where !block.gaps.isEmpty {
                    let gaps: Set<String> = Set(block.gaps.map(canonical))
                    // Each set costs `nft` a look at every later transaction; a few gaps do without.
                    let places: [String] = gaps.count <= 3 ? gaps.sorted() : ["@" + peers.name(gaps, ofRanges: true)]
                    let tests: String = places.map { "\(field) != \($0) " }.joined()
                    sides.append("\(field) \(canonical(block.range)) \(tests)")
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
                if let only = ranges.first, ranges.count == 1 { return "\(transport.rawValue) dport \(only) " }
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
