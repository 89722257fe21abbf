/// The kernel's rules for services, as texts for `nft -f`. Pure: what is to be said, not who says it.
///
///     prerouting, output   a destination -> the chain of its route, by one look-up in a map
///     route/NAME           one of the endpoints, in exact turn
///     postrouting          a pod that reached itself by a service gets its answers back through the router
///     forward, output      refuses what no route took
///
/// All of it is in one table of the cluster's own network namespace. A text is one transaction: the kernel takes all of it or nothing.
package struct ServiceRuleset: Sendable {
    static let table = "swkube"

    /// The cluster's own address, from which a pod that reached itself seems to be asked.
    let nodeAddress: String
    /// Range of the nodes' own addresses, on which node ports are.
    let nodes: String
    /// Ranges of services, in which what has no route is refused.
    let ranges: [String]

    package init(nodeAddress: String, nodes: String, ranges: [String]) {
        self.nodeAddress = nodeAddress
        self.nodes = nodes
        self.ranges = ranges
    }

    /// The table without any route; what an earlier process left there goes.
    package var foundation: String {
        let destination = "ip daddr . meta l4proto . th dport"
        var lines: [String] = [
            "add table ip swkube", "delete table ip swkube", "add table ip swkube",
            "add map ip swkube routes { type ipv4_addr . inet_proto . inet_service : verdict; }",
            "add map ip swkube nodeports { type inet_proto . inet_service : verdict; }",
            "add set ip swkube refused { type ipv4_addr . inet_proto . inet_service; }",
            "add set ip swkube selves { type ipv4_addr . ipv4_addr; }",
            "add chain ip swkube choose",
            "add rule ip swkube choose \(destination) vmap @routes",
            "add rule ip swkube choose ip daddr \(nodes) fib daddr type local meta l4proto . th dport vmap @nodeports",
            "add chain ip swkube prerouting { type nat hook prerouting priority -100; }",
            "add rule ip swkube prerouting jump choose",
            "add chain ip swkube outgoing { type nat hook output priority -100; }",
            "add rule ip swkube outgoing jump choose",
            "add chain ip swkube postrouting { type nat hook postrouting priority 100; }",
            "add rule ip swkube postrouting ip saddr . ip daddr @selves snat to \(nodeAddress)",
            "add chain ip swkube refuse",
            "add rule ip swkube refuse \(destination) @refused reject",
            "add rule ip swkube refuse fib daddr type local return",
        ]
        for range in ranges { lines.append("add rule ip swkube refuse ip daddr \(range) reject") }
        lines += [
            "add chain ip swkube forward { type filter hook forward priority 0; }",
            "add rule ip swkube forward ct state new jump refuse",
            "add chain ip swkube sending { type filter hook output priority 0; }",
            "add rule ip swkube sending ct state new jump refuse",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// What makes known that other endpoints can now reach themselves by a service. Empty when there are no others.
    package func selves(from old: Set<String>, to new: Set<String>) -> String {
        func line(_ verb: String, _ addresses: Set<String>) -> String {
            let pairs: String = addresses.sorted().map { "\($0) . \($0)" }.joined(separator: ", ")
            return addresses.isEmpty ? "" : "\(verb) element ip swkube selves { \(pairs) }\n"
        }
        return line("delete", old.subtracting(new)) + line("add", new.subtracting(old))
    }

    /// What takes the rules of some routes to those of others; both hold one route a name at most. Empty when nothing is to be done.
    package func changes(from old: [ServiceRoute], to new: [ServiceRoute]) -> String {
        let before: [String: ServiceRoute] = Dictionary(old.map { ($0.name, $0) }) { $1 }
        let after: [String: ServiceRoute] = Dictionary(new.map { ($0.name, $0) }) { $1 }
        let changed: [(ServiceRoute?, ServiceRoute?)] = Set(before.keys).union(after.keys).sorted().compactMap { name in
            before[name] == after[name] ? nil : (before[name], after[name])
        }
        // References first go, then what they lead to; then all that is new in the order in which it can be.
        var lines: [String] = changed.flatMap { old, _ in old.map { removal($0) } ?? [] }
        for (old, new) in changed { lines += chains(from: old, to: new) }
        for (_, new) in changed { if let new { lines += addition(new) } }
        return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }

    // MARK: - Pieces

    private func elements(_ route: ServiceRoute) -> (map: [String], set: [String], nodePort: String?) {
        let keys: [String] = route.places.map { "\($0.address) . \(route.transport.rawValue) . \($0.port)" }
        let port: String? = route.nodePort > 0 ? "\(route.transport.rawValue) . \(route.nodePort)" : nil
        return route.endpoints.isEmpty ? ([], keys, nil) : (keys, [], port)
    }

    private func removal(_ route: ServiceRoute) -> [String] {
        let (map, set, port) = elements(route)
        var lines: [String] = []
        if !map.isEmpty { lines.append("delete element ip swkube routes { \(map.joined(separator: ", ")) }") }
        if !set.isEmpty { lines.append("delete element ip swkube refused { \(set.joined(separator: ", ")) }") }
        if let port { lines.append("delete element ip swkube nodeports { \(port) }") }
        return lines
    }

    private func addition(_ route: ServiceRoute) -> [String] {
        let (map, set, port) = elements(route)
        let chain = "goto \(Self.chain(route))"
        var lines: [String] = []
        if !map.isEmpty {
            lines.append("add element ip swkube routes { \(map.map { "\($0) : \(chain)" }.joined(separator: ", ")) }")
        }
        if !set.isEmpty { lines.append("add element ip swkube refused { \(set.joined(separator: ", ")) }") }
        if let port { lines.append("add element ip swkube nodeports { \(port) : \(chain) }") }
        return lines
    }

    private static func chain(_ route: ServiceRoute) -> String { "route/\(route.name)" }

    /// Of one endpoint of a route with affinity.
    private static func bond(_ route: ServiceRoute, _ place: ServiceRoute.Place) -> String {
        "bond/\(route.name)/\(place.address)/\(place.port)"
    }

    /// A route that keeps its clients has a chain and a set of clients for each endpoint, which stay as long as the endpoint does.
    private func chains(from old: ServiceRoute?, to new: ServiceRoute?) -> [String] {
        var lines: [String] = []
        let bondsBefore: Set<ServiceRoute.Place> = Set(old?.affinity == nil ? [] : old?.endpoints ?? [])
        let bondsAfter: Set<ServiceRoute.Place> = Set(new?.affinity == nil ? [] : new?.endpoints ?? [])
        let isSame: Bool = old?.affinity == new?.affinity
        let has: Bool = !(new?.endpoints.isEmpty ?? true)
        if let old, !old.endpoints.isEmpty {
            lines.append("flush chain ip swkube \(Self.chain(old))")
            for place in bondsBefore.subtracting(isSame ? bondsAfter : []).sorted() {
                let name: String = Self.bond(old, place)
                lines += ["flush chain ip swkube \(name)", "delete chain ip swkube \(name)", "delete set ip swkube \(name)"]
            }
            if !has { lines.append("delete chain ip swkube \(Self.chain(old))") }
        }
        guard let new, has else { return lines }
        lines.append("add chain ip swkube \(Self.chain(new))")
        guard let seconds = new.affinity else { return lines + [turn(new)] }
        for place in bondsAfter.subtracting(isSame ? bondsBefore : []).sorted() {
            let name: String = Self.bond(new, place)
            lines += [
                "add set ip swkube \(name) { type ipv4_addr; flags dynamic,timeout; timeout \(seconds)s; size 65535; }",
                "add chain ip swkube \(name)", "add rule ip swkube \(name) update @\(name) { ip saddr }",
                "add rule ip swkube \(name) meta l4proto \(new.transport.rawValue) dnat to \(place)",
            ]
        }
        for place in new.endpoints {
            let name: String = Self.bond(new, place)
            lines.append("add rule ip swkube \(Self.chain(new)) ip saddr @\(name) goto \(name)")
        }
        let choices: [String] = new.endpoints.enumerated().map { "\($0.offset) : goto \(Self.bond(new, $0.element))" }
        lines.append(
            "add rule ip swkube \(Self.chain(new)) numgen inc mod \(choices.count) vmap { \(choices.joined(separator: ", ")) }")
        return lines
    }

    private func turn(_ route: ServiceRoute) -> String {
        let start = "add rule ip swkube \(Self.chain(route)) meta l4proto \(route.transport.rawValue) dnat"
        if route.endpoints.count == 1 { return "\(start) to \(route.endpoints[0])" }
        let choices: [String] = route.endpoints.enumerated().map { "\($0.offset) : \($0.element.address) . \($0.element.port)" }
        return "\(start) ip to numgen inc mod \(choices.count) map { \(choices.joined(separator: ", ")) }"
    }
}
