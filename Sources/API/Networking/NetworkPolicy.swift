package import Machinery

/// Which traffic pods may have.
package struct NetworkPolicy: Kind {
    package static let definition = Definition(NetworkPolicy(), "networking.v1.NetworkPolicy", "Which traffic pods may have.")
    package static let names = KindNames(
        "NetworkPolicy", group: "networking.k8s.io", plural: "networkpolicies", short: ["netpol"], tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<NetworkPolicySpec>("spec", 2, "The pods and their traffic.")

    package static let columns: [Column<NetworkPolicy>] = [
        .name,
        Column("Pod-Selector", .string, "The pods that the policy is about.") { policy, _ in Cells.selector(policy.spec.podSelector) },
        .age,
    ]
}

/// Pods and the traffic that they may have.
package struct NetworkPolicySpec: Schema {
    package static let definition = Definition(
        NetworkPolicySpec(), "networking.v1.NetworkPolicySpec", "Pods and the traffic that they may have.")

    package let podSelector = Field<LabelSelector>("podSelector", 1, "The pods; all of the namespace if empty.")
    package let ingress = Field<[NetworkPolicyIngressRule]>("ingress", 2, "What may come in; nothing if empty.", .atomic)
    package let egress = Field<[NetworkPolicyEgressRule]>(
        "egress", 3, "What may go out; nothing if empty and of the policy's types.", .atomic)
    package let policyTypes = Field<[String]>(
        "policyTypes", 4, "What the policy is about: Ingress, Egress; Ingress and, with rules for it, Egress if absent.", .atomic)

    /// Source: `SetDefaults_NetworkPolicy` of pkg/apis/networking/v1/defaults.go.
    package static func setDefaults(_ spec: inout View<NetworkPolicySpec>) {
        guard spec.policyTypes.isEmpty else { return }
        spec.policyTypes = spec.egress.isEmpty ? ["Ingress"] : ["Ingress", "Egress"]
    }

    /// Source: `ValidateNetworkPolicySpec` of pkg/apis/networking/validation.
    package static func validate(_ spec: View<NetworkPolicySpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("policyTypes")
        let types: [String] = spec.policyTypes
        guard types.count <= 2 else {
            return problems.invalid(here, spec.json["policyTypes"] ?? [], "may not specify more than two policyTypes")
        }
        for (index, type) in types.enumerated() where type != "Ingress" && type != "Egress" {
            problems.notSupported(here.index(index), .string(type), supported: ["Egress", "Ingress"])
        }
    }
}

/// Traffic that may come in.
package struct NetworkPolicyIngressRule: Schema {
    package static let definition = Definition(
        NetworkPolicyIngressRule(), "networking.v1.NetworkPolicyIngressRule", "Traffic that may come in.")

    package let ports = Field<[NetworkPolicyPort]>("ports", 1, "To which ports; all if empty.", .atomic)
    package let from = Field<[NetworkPolicyPeer]>("from", 2, "From whom; anybody if empty.", .atomic)
}

/// Traffic that may go out.
package struct NetworkPolicyEgressRule: Schema {
    package static let definition = Definition(
        NetworkPolicyEgressRule(), "networking.v1.NetworkPolicyEgressRule", "Traffic that may go out.")

    package let ports = Field<[NetworkPolicyPort]>("ports", 1, "To which ports; all if empty.", .atomic)
    package let to = Field<[NetworkPolicyPeer]>("to", 2, "To whom; anybody if empty.", .atomic)
}

/// A port, or a range of them.
package struct NetworkPolicyPort: Schema {
    package static let definition = Definition(NetworkPolicyPort(), "networking.v1.NetworkPolicyPort", "A port, or a range of them.")

    package let `protocol` = Field<String?>("protocol", 1, "TCP, UDP or SCTP.", default: "TCP")
    package let port = Field<IntOrString?>("port", 2, "Number of the port or its name in the pod; all if absent.", .portNumberOrName)
    package let endPort = Field<Int32?>("endPort", 3, "Last port of a range that begins with the port.")

    /// Source: `ValidateNetworkPolicyPort` of pkg/apis/networking/validation.
    package static func validate(_ port: View<NetworkPolicyPort>, _ path: Path, _ problems: inout Problems) {
        let supported: [String] = ["SCTP", "TCP", "UDP"]
        if let name: String = port.protocol, !supported.contains(name) {
            problems.notSupported(path.child("protocol"), .string(name), supported: supported)
        }
        guard let last: Int = port.endPort else { return }
        let here: Path = path.child("endPort")
        switch port.port {
        case .int(let first)?:
            if last < first { problems.invalid(here, .int(Int64(first)), "must be greater than or equal to `port`") }
            for detail in Names.portNumber(last) { problems.invalid(here, .int(Int64(last)), detail) }
        case .string?: problems.invalid(here, .int(Int64(last)), "may not be specified when `port` is non-numeric")
        case nil: problems.invalid(here, .int(Int64(last)), "may not be specified when `port` is not specified")
        }
    }
}

/// The other side of a connection: pods, or a range of addresses.
package struct NetworkPolicyPeer: Schema {
    package static let definition = Definition(
        NetworkPolicyPeer(), "networking.v1.NetworkPolicyPeer", "The other side of a connection: pods, or a range of addresses.")

    package let podSelector = Field<LabelSelector?>(
        "podSelector", 1, "Pods of the chosen namespaces, or of the policy's own; all if empty.")
    package let namespaceSelector = Field<LabelSelector?>("namespaceSelector", 2, "Namespaces; all if empty.")
    package let ipBlock = Field<IPBlock?>("ipBlock", 3, "A range of addresses, instead of pods.")

    /// Source: `ValidateNetworkPolicyPeer` of pkg/apis/networking/validation.
    package static func validate(_ peer: View<NetworkPolicyPeer>, _ path: Path, _ problems: inout Problems) {
        let hasPods: Bool = peer.podSelector != nil || peer.namespaceSelector != nil
        if !hasPods, peer.ipBlock == nil { problems.required(path, "must specify a peer") }
        if hasPods, peer.ipBlock != nil { problems.forbidden(path, "may not specify both ipBlock and another peer") }
    }
}

/// A range of addresses with gaps.
package struct IPBlock: Schema {
    package static let definition = Definition(IPBlock(), "networking.v1.IPBlock", "A range of addresses with gaps.")

    package let cidr = Field<String>("cidr", 1, "The range.", .required)
    package let except = Field<[String]>("except", 2, "Ranges within it that don't count.", .atomic)

    /// Source: `ValidateIPBlock` of pkg/apis/networking/validation.
    package static func validate(_ block: View<IPBlock>, _ path: Path, _ problems: inout Problems) {
        guard !block.cidr.isEmpty else { return }
        guard let range = CIDR(block.cidr) else { return Addresses.validateRange(block.cidr, path.child("cidr"), &problems) }
        for (index, text) in block.except.enumerated() {
            let here: Path = path.child("except").index(index)
            guard let gap = CIDR(text) else {
                Addresses.validateRange(text, here, &problems)
                continue
            }
            if !range.contains(gap.address) || range.prefixLength >= gap.prefixLength {
                problems.invalid(here, .string(text), "must be a strict subset of `cidr`")
            }
        }
    }
}
