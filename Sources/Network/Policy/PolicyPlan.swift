package import API
package import Machinery

/// Which connections each pod may have, as all policies together say. Pure: made from what was read, carried out by ``PolicyRouter``.
///
/// A pod is isolated in a direction when a policy of that direction selects it; then only what some policy allows may pass. Policies
/// add up, their order says nothing. Source: the page on network policies of the Kubernetes documentation.
package struct PolicyPlan: Sendable, Equatable {
    package enum Transport: String, Sendable, CaseIterable { case tcp, udp, sctp }

    /// Ports of one transport; all of it without a range.
    package struct Ports: Sendable, Hashable {
        package let transport: Transport
        package let range: ClosedRange<Int>?
    }

    /// A range of addresses with gaps.
    package struct Block: Sendable, Hashable {
        package let range: CIDR
        package let gaps: [CIDR]
    }

    /// The other side of a connection.
    package enum Peers: Sendable, Hashable {
        case anybody
        case some(addresses: Set<String>, blocks: [Block])
    }

    /// What one rule lets pass.
    package struct Allowance: Sendable, Hashable {
        package let peers: Peers
        /// nil: everything, also what has no ports.
        package let ports: [Ports]?
    }

    /// By the address of a pod that is isolated for what comes in.
    package private(set) var ingress: [String: Set<Allowance>] = [:]
    /// By the address of a pod that is isolated for what goes out.
    package private(set) var egress: [String: Set<Allowance>] = [:]

    package var isEmpty: Bool { ingress.isEmpty && egress.isEmpty }

    /// What it says of pods' addresses of one family.
    func of(_ family: IPFamily) -> PolicyPlan {
        var plan: PolicyPlan = self
        plan.ingress = ingress.filter { IPFamily(of: $0.key) == family }
        plan.egress = egress.filter { IPFamily(of: $0.key) == family }
        return plan
    }

    /// - Parameters:
    ///   - members: all pods, and what else may be selected as a peer.
    ///   - namespaces: their labels, by name.
    package init(policies: [View<NetworkPolicy>], members: [PolicyMember], namespaces: [String: [String: String]]) {
        let byNamespace: [String: [PolicyMember]] = Dictionary(grouping: members, by: \.namespace)
        for policy in policies {
            let spec: View<NetworkPolicySpec> = policy.spec
            let match: LabelMatch = spec.podSelector.match
            let subjects: [PolicyMember] = (byNamespace[policy.namespace] ?? []).filter { match.matches($0.labels) }
            guard !subjects.isEmpty else { continue }
            let cast = Cast(namespace: policy.namespace, members: members, byNamespace: byNamespace, namespaces: namespaces)
            if spec.policyTypes.contains("Ingress") {
                let rules: [(Group, [View<NetworkPolicyPort>])] = spec.ingress.map { (cast.group($0.from), $0.ports) }
                for subject in subjects {
                    let allowed: [Allowance] = rules.compactMap { Self.incoming($0, $1, to: subject) }
                    for address in subject.addresses { ingress[address, default: []].formUnion(allowed) }
                }
            }
            if spec.policyTypes.contains("Egress") {
                let allowed: [Allowance] = spec.egress.flatMap { Self.outgoing(cast.group($0.to), $0.ports, cast) }
                for subject in subjects { for address in subject.addresses { egress[address, default: []].formUnion(allowed) } }
            }
        }
    }

    // MARK: - Questions

    /// Whether a connection is allowed. Addresses that are no isolated pod's may do everything.
    package func allows(from source: String, to target: String, port: Int, _ transport: Transport) -> Bool {
        if source == target { return true }
        func isIn(_ allowances: Set<Allowance>?, _ peer: String) -> Bool {
            allowances?.contains { $0.takes(peer, port, transport) } ?? true
        }
        return isIn(egress[source], target) && isIn(ingress[target], source)
    }

    // MARK: - Peers

    /// The peers of a rule, with the pods among them.
    private struct Group {
        let peers: Peers
        /// nil: anybody.
        let members: [PolicyMember]?
    }

    /// Who there is, as a policy of a namespace sees it.
    private struct Cast {
        let namespace: String
        let members: [PolicyMember]
        let byNamespace: [String: [PolicyMember]]
        let namespaces: [String: [String: String]]

        func group(_ peers: [View<NetworkPolicyPeer>]) -> Group {
            guard !peers.isEmpty else { return Group(peers: .anybody, members: nil) }
            var found: [PolicyMember] = []
            var blocks: [Block] = []
            for peer in peers {
                if let block = peer.ipBlock {
                    if let range = CIDR(block.cidr) { blocks.append(Block(range: range, gaps: block.except.compactMap { CIDR($0) })) }
                } else {
                    let pods: LabelMatch = peer.podSelector?.match ?? .everything
                    found += candidates(peer.namespaceSelector).filter { pods.matches($0.labels) }
                }
            }
            return Group(peers: .some(addresses: Set(found.flatMap(\.addresses)), blocks: blocks), members: found)
        }

        private func candidates(_ selector: View<LabelSelector>?) -> [PolicyMember] {
            guard let match = selector?.match else { return byNamespace[namespace] ?? [] }
            return namespaces.filter { match.matches($0.value) }.keys.sorted().flatMap { byNamespace[$0] ?? [] }
        }
    }

    // MARK: - Ports

    private static func transport(_ port: View<NetworkPolicyPort>) -> Transport? {
        Transport(rawValue: (port.protocol ?? "TCP").lowercased())
    }

    /// Ports by number; nil for one that is named.
    private static func numbered(_ port: View<NetworkPolicyPort>) -> Ports? {
        guard let transport = transport(port) else { return nil }
        switch port.port {
        case nil: return Ports(transport: transport, range: nil)
        case .int(let first)?: return Ports(transport: transport, range: first...max(first, port.endPort ?? first))
        case .string?: return nil
        }
    }

    /// nil when the rule allows nothing to this pod: it has none of the named ports.
    private static func incoming(_ group: Group, _ ports: [View<NetworkPolicyPort>], to subject: PolicyMember) -> Allowance? {
        guard !ports.isEmpty else { return Allowance(peers: group.peers, ports: nil) }
        let found: [Ports] = ports.flatMap { port -> [Ports] in
            guard case .string(let name)? = port.port else { return numbered(port).map { [$0] } ?? [] }
            return subject.ports.filter { $0.name == name && $0.transport == transport(port) }
                .map { Ports(transport: $0.transport, range: $0.number...$0.number) }
        }
        return found.isEmpty ? nil : Allowance(peers: group.peers, ports: found)
    }

    /// A named port is what each pod at the other side calls so.
    private static func outgoing(_ group: Group, _ ports: [View<NetworkPolicyPort>], _ cast: Cast) -> [Allowance] {
        guard !ports.isEmpty else { return [Allowance(peers: group.peers, ports: nil)] }
        var numbers: [Ports] = []
        var places: [Ports: Set<String>] = [:]
        for port in ports {
            guard case .string(let name)? = port.port else {
                if let range = numbered(port) { numbers.append(range) }
                continue
            }
            for member in group.members ?? cast.members {
                for candidate in member.ports where candidate.name == name && candidate.transport == transport(port) {
                    let place = Ports(transport: candidate.transport, range: candidate.number...candidate.number)
                    places[place, default: []].formUnion(member.addresses)
                }
            }
        }
        let named: [Allowance] = places.map { Allowance(peers: .some(addresses: $1, blocks: []), ports: [$0]) }
        return numbers.isEmpty ? named : named + [Allowance(peers: group.peers, ports: numbers)]
    }
}

extension PolicyPlan.Allowance {
    fileprivate func takes(_ peer: String, _ port: Int, _ transport: PolicyPlan.Transport) -> Bool {
        let isPort: Bool = ports?.contains { $0.transport == transport && ($0.range?.contains(port) ?? true) } ?? true
        guard isPort else { return false }
        switch peers {
        case .anybody: return true
        case .some(let addresses, let blocks):
            if addresses.contains(peer) { return true }
            guard let address = IPAddress(peer) else { return false }
            return blocks.contains { block in block.range.contains(address) && !block.gaps.contains { $0.contains(address) } }
        }
    }
}
