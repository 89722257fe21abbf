/// The kernel's rules for services, as texts for `nft -f`. Pure: what is to be said, not who says it.
///
///     prerouting, output   a destination -> its only endpoint, or the chain of its route, by one look-up in a map
///     route/NAME           numbers one of the endpoints, in exact turn
///     pick                 that number -> the endpoint, by one look-up
///     postrouting          a pod that reached itself by a service gets its answers back through the router
///     forward, output      refuses what no route took
///
/// All of it is in one table of the cluster's own network namespace. A text is one transaction: the kernel takes all of it or nothing.
/// Endpoints have one map for all routes: a map for each costs the kernel a look through all those before.
package struct ServiceRuleset: Sendable {
    /// Name of the table.
    let table: String
    /// The cluster's own address, from which a pod that reached itself seems to be asked.
    let nodeAddress: String
    /// Range of the nodes' own addresses, on which node ports are.
    let nodes: String
    /// Ranges of services, in which what has no route is refused.
    let ranges: [String]

    package init(table: String = "swkube", nodeAddress: String, nodes: String, ranges: [String]) {
        self.table = table
        self.nodeAddress = nodeAddress
        self.nodes = nodes
        self.ranges = ranges
    }

    /// The same rules in a table that can be filled while the other is in force.
    var other: ServiceRuleset {
        ServiceRuleset(table: table == "swkube" ? "swkube-2" : "swkube", nodeAddress: nodeAddress, nodes: nodes, ranges: ranges)
    }

    /// Which numbers endpoints have, by the route. A number is given once.
    package struct Numbers: Sendable {
        fileprivate var next = 0
        fileprivate var held: [String: [Range<Int>]] = [:]

        package init() {}

        fileprivate mutating func take(_ count: Int, for route: String) -> Range<Int> {
            defer { next += count }
            held[route, default: []].append(next..<(next + count))
            return next..<(next + count)
        }
    }

    /// The table without any route and without effect; what an earlier process left under its name goes.
    package var foundation: String {
        let destination = "ip daddr . meta l4proto . th dport"
        var lines: [String] = [
            "add table ip \(table)", "delete table ip \(table)", "add table ip \(table)",
            "add map ip \(table) single { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }",
            "add map ip \(table) routes { type ipv4_addr . inet_proto . inet_service : verdict; }",
            "add map ip \(table) nodeports { type inet_proto . inet_service : verdict; }",
            "add map ip \(table) endpoints { typeof meta mark : ip daddr . tcp dport; }",
            "add set ip \(table) refused { type ipv4_addr . inet_proto . inet_service; }",
            "add set ip \(table) selves { type ipv4_addr . ipv4_addr; }", "add chain ip \(table) pick",
        ]
        for transport in ["tcp", "udp"] {
            lines.append("add rule ip \(table) pick meta l4proto \(transport) dnat ip to meta mark map @endpoints")
        }
        lines.append("add chain ip \(table) choose")
        for transport in ["tcp", "udp"] {
            lines.append("add rule ip \(table) choose meta l4proto \(transport) dnat ip to \(destination) map @single")
        }
        lines += [
            "add rule ip \(table) choose \(destination) vmap @routes",
            "add rule ip \(table) choose ip daddr \(nodes) fib daddr type local meta l4proto . th dport vmap @nodeports",
            "add chain ip \(table) refuse", "add rule ip \(table) refuse \(destination) @refused reject",
            "add rule ip \(table) refuse fib daddr type local return",
        ]
        for range in ranges { lines.append("add rule ip \(table) refuse ip daddr \(range) reject") }
        return PacketFilter.text(lines)
    }

    /// Puts the table into force, in the place of the other one.
    package var entry: String {
        let lines: [String] = [
            "add table ip \(other.table)", "delete table ip \(other.table)",
            "add chain ip \(table) prerouting { type nat hook prerouting priority -100; }",
            "add rule ip \(table) prerouting jump choose",
            "add chain ip \(table) outgoing { type nat hook output priority -100; }",
            "add rule ip \(table) outgoing jump choose",
            "add chain ip \(table) postrouting { type nat hook postrouting priority 100; }",
            "add rule ip \(table) postrouting ip saddr . ip daddr @selves snat to \(nodeAddress)",
            "add chain ip \(table) forward { type filter hook forward priority 0; }",
            "add rule ip \(table) forward ct state new jump refuse",
            "add chain ip \(table) sending { type filter hook output priority 0; }",
            "add rule ip \(table) sending ct state new jump refuse",
        ]
        return PacketFilter.text(lines)
    }

    /// What makes known that other endpoints can now reach themselves by a service. Empty when there are no others.
    package func selves(from old: Set<String>, to new: Set<String>) -> String {
        var lines: [String] = elements("delete", "selves", old.subtracting(new).sorted().map { "\($0) . \($0)" })
        lines += elements("add", "selves", new.subtracting(old).sorted().map { "\($0) . \($0)" })
        return lines.isEmpty ? "" : PacketFilter.text(lines)
    }

    /// What takes the rules of some routes to those of others; both hold one route a name at most. Empty when nothing is to be done.
    package func changes(from old: [ServiceRoute], to new: [ServiceRoute], _ numbers: inout Numbers) -> String {
        let before: [String: ServiceRoute] = Dictionary(old.map { ($0.name, $0) }) { $1 }
        let after: [String: ServiceRoute] = Dictionary(new.map { ($0.name, $0) }) { $1 }
        let changed: [(ServiceRoute?, ServiceRoute?)] = Set(before.keys).union(after.keys).sorted().compactMap { name in
            before[name] == after[name] ? nil : (before[name], after[name])
        }
        // References first go, then what they lead to; then all that is new in the order in which it can be.
        var gone = Elements()
        var come = Elements()
        for (old, _) in changed {
            guard let old else { continue }
            gone.add(old, withContent: false)
            for range in numbers.held.removeValue(forKey: old.name) ?? [] { gone.endpoints += range.map { "\($0)" } }
        }
        var lines: [String] = []
        for (old, new) in changed { lines += chains(from: old, to: new, &numbers, &come) }
        for (_, new) in changed { if let new { come.add(new, withContent: true) } }
        lines = all("delete", gone) + lines + all("add", come)
        return lines.isEmpty ? "" : PacketFilter.text(lines)
    }

    // MARK: - Elements

    /// What maps and sets get or lose.
    private struct Elements {
        var single: [String] = []
        var routes: [String] = []
        var nodePorts: [String] = []
        var refused: [String] = []
        var endpoints: [String] = []

        mutating func add(_ route: ServiceRoute, withContent: Bool) {
            func element(_ key: String, _ content: String) -> String { withContent ? "\(key) : \(content)" : key }
            let keys: [String] = route.places.map { "\($0.address) . \(route.transport.rawValue) . \($0.port)" }
            if route.isEmpty {
                refused += keys
            } else if route.isSingle, let endpoint = route.endpoints.first {
                single += keys.map { element($0, "\(endpoint.address) . \(endpoint.port)") }
            } else {
                routes += keys.map { element($0, "goto \(ServiceRuleset.chain(route))") }
            }
            if route.nodePort > 0, route.nodePortNear.map({ !$0.isEmpty }) ?? !route.isEmpty {
                let chain: String = route.nodePortNear == nil ? ServiceRuleset.chain(route) : ServiceRuleset.nodePortChain(route)
                nodePorts.append(element("\(route.transport.rawValue) . \(route.nodePort)", "goto \(chain)"))
            }
        }
    }

    private func all(_ verb: String, _ all: Elements) -> [String] {
        let routes: [String] =
            elements(verb, "single", all.single) + elements(verb, "routes", all.routes) + elements(verb, "nodeports", all.nodePorts)
            + elements(verb, "refused", all.refused)
        let endpoints: [String] = elements(verb, "endpoints", all.endpoints)
        return verb == "add" ? endpoints + routes : routes + endpoints
    }

    private func elements(_ verb: String, _ name: String, _ list: [String]) -> [String] {
        PacketFilter.elements(verb, "ip \(table) \(name)", list)
    }

    // MARK: - Chains

    /// Endpoints for what matches.
    private struct Branch {
        let match: String
        let endpoints: [ServiceRoute.Place]
    }

    private static func chain(_ route: ServiceRoute) -> String { "route/\(route.name)" }
    private static func nodePortChain(_ route: ServiceRoute) -> String { "local/\(route.name)" }

    /// Of one endpoint of a route with affinity.
    private static func bond(_ route: ServiceRoute, _ place: ServiceRoute.Place) -> String {
        "bond/\(route.name)/\(place.address)/\(place.port)"
    }

    /// The chains that a route has, with what is in them.
    private static func branches(_ route: ServiceRoute?) -> [(chain: String, branches: [Branch])] {
        guard let route else { return [] }
        var chains: [(String, [Branch])] = []
        if !route.isEmpty, !route.isSingle {
            var branches: [Branch] = route.near.map { Branch(match: "ip saddr \($0.range) ", endpoints: $0.endpoints) }
            if !route.endpoints.isEmpty { branches.append(Branch(match: "", endpoints: route.endpoints)) }
            chains.append((chain(route), branches))
        }
        if let near = route.nodePortNear, !near.isEmpty {
            chains.append((nodePortChain(route), near.map { Branch(match: "ip daddr \($0.range) ", endpoints: $0.endpoints) }))
        }
        return chains
    }

    /// A route that keeps its clients has a chain and a set of clients for each endpoint, which stay as long as the endpoint does.
    private func chains(
        from old: ServiceRoute?, to new: ServiceRoute?, _ numbers: inout Numbers, _ elements: inout Elements
    ) -> [String] {
        var lines: [String] = []
        let before: [(chain: String, branches: [Branch])] = Self.branches(old)
        let after: [(chain: String, branches: [Branch])] = Self.branches(new)
        let bondsBefore: Set<ServiceRoute.Place> = old?.affinity == nil ? [] : old?.allEndpoints ?? []
        let bondsAfter: Set<ServiceRoute.Place> = new?.affinity == nil ? [] : new?.allEndpoints ?? []
        let isSame: Bool = old?.affinity == new?.affinity
        for (chain, _) in before { lines.append("flush chain ip \(table) \(chain)") }
        if let old {
            for place in bondsBefore.subtracting(isSame ? bondsAfter : []).sorted() {
                let name: String = Self.bond(old, place)
                lines += ["flush chain ip \(table) \(name)", "delete chain ip \(table) \(name)", "delete set ip \(table) \(name)"]
            }
        }
        for (chain, _) in before where !after.contains(where: { $0.chain == chain }) { lines.append("delete chain ip \(table) \(chain)") }
        guard let new else { return lines }
        for place in bondsAfter.subtracting(isSame ? bondsBefore : []).sorted() {
            let name: String = Self.bond(new, place)
            let seconds: Int = new.affinity ?? 0
            lines += [
                "add set ip \(table) \(name) { type ipv4_addr; flags dynamic,timeout; timeout \(seconds)s; size 65535; }",
                "add chain ip \(table) \(name)", "add rule ip \(table) \(name) update @\(name) { ip saddr }",
                "add rule ip \(table) \(name) meta l4proto \(new.transport.rawValue) dnat to \(place)",
            ]
        }
        for (chain, branches) in after {
            lines.append("add chain ip \(table) \(chain)")
            for branch in branches {
                lines += (new.affinity == nil ? turn(new, branch, &numbers, &elements) : bonds(new, branch)).map {
                    "add rule ip \(table) \(chain) \(branch.match)\($0)"
                }
            }
        }
        return lines
    }

    private func bonds(_ route: ServiceRoute, _ branch: Branch) -> [String] {
        let choices: [String] = branch.endpoints.enumerated().map { "\($0.offset) : goto \(Self.bond(route, $0.element))" }
        return branch.endpoints.map { "ip saddr @\(Self.bond(route, $0)) goto \(Self.bond(route, $0))" }
            + ["numgen inc mod \(choices.count) vmap { \(choices.joined(separator: ", ")) }"]
    }

    private func turn(
        _ route: ServiceRoute, _ branch: Branch, _ numbers: inout Numbers, _ elements: inout Elements
    ) -> [String] {
        if branch.endpoints.count == 1 { return ["meta l4proto \(route.transport.rawValue) dnat to \(branch.endpoints[0])"] }
        let own: Range<Int> = numbers.take(branch.endpoints.count, for: route.name)
        elements.endpoints += zip(own, branch.endpoints).map { "\($0) : \($1.address) . \($1.port)" }
        let offset: String = own.lowerBound == 0 ? "" : " offset \(own.lowerBound)"
        return ["meta mark set numgen inc mod \(own.count)\(offset) goto pick"]
    }
}

extension ServiceRoute {
    /// Whether a look-up says all: one endpoint for everybody, and no other way to it.
    fileprivate var isSingle: Bool { endpoints.count == 1 && near.isEmpty && affinity == nil && nodePort == 0 }
}
