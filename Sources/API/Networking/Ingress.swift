package import Machinery

/// Ways from outside of the cluster to Services, by host and path.
package struct Ingress: Kind {
    package static let definition = Definition(
        Ingress(), "networking.v1.Ingress", "Ways from outside of the cluster to Services, by host and path.")
    package static let names = KindNames(
        "Ingress", group: "networking.k8s.io", plural: "ingresses", short: ["ing"], subresources: [.status("Ingress")],
        tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<IngressSpec>("spec", 2, "What is wanted.")
    package let status = Field<IngressStatus>("status", 3, "What was last seen.")

    /// Names the class in its old form.
    package static let classAnnotation = "kubernetes.io/ingress.class"

    package static let columns: [Column<Ingress>] = [
        .name,
        Column("Class", .string, "Class whose controller serves it.") { ingress, _ in .string(ingress.spec.ingressClassName ?? "<none>") },
        Column("Hosts", .string, "Hosts that requests are for.") { ingress, _ in .string(ingress.hostsText) },
        Column("Address", .string, "Addresses under which it is reached.") { ingress, _ in .string(ingress.addressText) },
        Column("Ports", .string, "Ports that are open: 80, with TLS 443 too.") { ingress, _ in
            .string(ingress.spec.tls.isEmpty ? "80" : "80, 443")
        },
        .age,
    ]

    package static func warnings(_ ingress: View<Ingress>, from old: View<Ingress>?) -> [String] {
        guard old == nil, ingress.metadata.annotations[classAnnotation] != nil, ingress.spec.ingressClassName == nil else { return [] }
        return [#"annotation "\#(classAnnotation)" is deprecated, please use 'spec.ingressClassName' instead"#]
    }

    /// Source: `ValidateIngressCreate` of pkg/apis/networking/validation.
    package static func validate(_ ingress: View<Ingress>, _ path: Path, _ problems: inout Problems) {
        // Asked of new objects only: those of before may have both.
        guard ingress.metadata.resourceVersion.isEmpty, let old: String = ingress.metadata.annotations[classAnnotation],
            let name: String = ingress.spec.ingressClassName, name != old
        else { return }
        problems.invalid(
            path.child("annotations").child(classAnnotation), .string(old), "must match `ingressClassName` when both are specified")
    }
}

extension View<Ingress> {
    /// Source: `formatHosts` of pkg/printers/internalversion/printers.go.
    fileprivate var hostsText: String {
        let rules: [View<IngressRule>] = self.spec.rules
        let shown: String = rules.map { $0.host }.filter { !$0.isEmpty }.prefix(3).joined(separator: ",")
        if shown.isEmpty { return "*" }
        return rules.filter({ !$0.host.isEmpty }).count > 3 ? "\(shown) + \(rules.count - 3) more..." : shown
    }

    fileprivate var addressText: String {
        let all: [String] = self.status.loadBalancer.ingress.map { $0.ip.isEmpty ? $0.hostname : $0.ip }.filter { !$0.isEmpty }
        return Set(all).sorted().joined(separator: ",")
    }
}

/// What was last seen of an Ingress.
package struct IngressStatus: Schema {
    package static let definition = Definition(IngressStatus(), "networking.v1.IngressStatus", "What was last seen of an Ingress.")

    package let loadBalancer = Field<IngressLoadBalancerStatus>("loadBalancer", 1, "Where it is reached.")
}

/// Where an Ingress is reached.
package struct IngressLoadBalancerStatus: Schema {
    package static let definition = Definition(
        IngressLoadBalancerStatus(), "networking.v1.IngressLoadBalancerStatus", "Where an Ingress is reached.")

    package let ingress = Field<[IngressLoadBalancerIngress]>("ingress", 1, "Points to connect to.", .atomic)
}

/// A point to connect to.
package struct IngressLoadBalancerIngress: Schema {
    package static let definition = Definition(
        IngressLoadBalancerIngress(), "networking.v1.IngressLoadBalancerIngress", "A point to connect to.")

    package let ip = Field<String>("ip", 1, "Its address.")
    package let hostname = Field<String>("hostname", 2, "Its name, where it has no fixed address.")
    package let ports = Field<[IngressPortStatus]>("ports", 4, "Its ports.", .atomic)

    /// Source: `ValidateIngressLoadBalancerStatus` of pkg/apis/networking/validation.
    package static func validate(_ point: View<IngressLoadBalancerIngress>, _ path: Path, _ problems: inout Problems) {
        if !point.ip.isEmpty { for detail in Names.ipAddress(point.ip) { problems.invalid(path.child("ip"), .string(point.ip), detail) } }
        guard !point.hostname.isEmpty else { return }
        for detail in Names.dns1123Subdomain(point.hostname) {
            problems.invalid(path.child("hostname"), .string(point.hostname), detail)
        }
        if IPAddress(point.hostname) != nil {
            problems.invalid(path.child("hostname"), .string(point.hostname), "must be a DNS name, not an IP address")
        }
    }
}

/// A port of a point to connect to.
package struct IngressPortStatus: Schema {
    package static let definition = Definition(
        IngressPortStatus(), "networking.v1.IngressPortStatus", "A port of a point to connect to.")

    package let port = Field<Int32>("port", 1, "Its number.", .always)
    package let `protocol` = Field<String>("protocol", 2, "TCP, UDP or SCTP.", .always)
    package let error = Field<String?>("error", 3, "One word for what is wrong with it.")
}
