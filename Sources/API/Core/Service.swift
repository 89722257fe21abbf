package import Machinery

/// One address for a set of pods.
package struct Service: Kind {
    package static let definition = Definition(Service(), "core.v1.Service", "One address for a set of pods.")
    package static let names = KindNames(
        "Service", group: "", plural: "services", short: ["svc"], categories: ["all"],
        subresources: [.proxy("ServiceProxyOptions"), .status("Service")],
        returnsDeleted: true, createsOnUpdate: true, nameRule: { Names.dns1035Label($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ServiceSpec>("spec", 2, "What is wanted.")
    package let status = Field<ServiceStatus>("status", 3, "What was last seen.")

    package static let selectableFields: [SelectableField] = ["spec.clusterIP", "spec.type"]

    package static let columns: [Column<Service>] = [
        .name,
        Column("Type", .string, "How the service is reached: ClusterIP, NodePort, LoadBalancer or ExternalName.") { service, _ in
            .string(service.spec.type)
        },
        Column("Cluster-IP", .string, "Address within the cluster.") { service, _ in
            .string(service.spec.clusterIPs.first ?? "<none>")
        },
        Column("External-IP", .string, "Addresses for clients outside of the cluster.") { service, _ in
            .string(service.externalText)
        },
        Column("Port(s)", .string, "Ports with their protocols; behind a colon the port on each node.") { service, _ in
            let ports: [String] = service.spec.ports.map { port in
                port.nodePort > 0 ? "\(port.port):\(port.nodePort)/\(port.protocol)" : "\(port.port)/\(port.protocol)"
            }
            return .string(ports.isEmpty ? "<none>" : ports.joined(separator: ","))
        },
        .age,
        Column("Selector", .string, "Labels by which the service finds its pods.", priority: 1) { service, _ in
            Cells.labels(service.spec.selector)
        },
    ]

    /// Source: pkg/api/service/warnings.go; the first two are this server's own.
    package static func warnings(_ service: View<Service>, from old: View<Service>?) -> [String] {
        var warnings: [String] = []
        for (index, port) in service.spec.ports.enumerated() where port.protocol == "SCTP" {
            warnings.append("spec.ports[\(index)].protocol: this version does not route SCTP; connect to a pod's address instead")
        }
        if service.spec.type == "LoadBalancer", !service.spec.loadBalancerSourceRanges.isEmpty {
            warnings.append("spec.loadBalancerSourceRanges: this version's load balancers take connections from this machine alone")
        }
        let (hints, mode) = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode")
        if service.metadata.annotations[hints] != nil {
            warnings.append("annotation \(hints) is deprecated, please use \(mode) instead")
        }
        let isExternalName: Bool = service.spec.type == "ExternalName"
        if service.isHeadless, service.spec.type == "ClusterIP" {
            for (field, isSet) in [
                ("loadBalancerIP", !service.spec.loadBalancerIP.isEmpty), ("externalIPs", !service.spec.externalIPs.isEmpty),
                ("SessionAffinity", service.spec.sessionAffinity != "None"),
            ] where isSet { warnings.append("spec.\(field) is ignored for headless services") }
        } else if !service.spec.externalIPs.isEmpty {
            warnings.append(
                isExternalName
                    ? #"spec.externalIPs is ignored when spec.type is "ExternalName""#
                    : "spec.externalIPs is deprecated and may no longer be implemented in some clusters")
        }
        if !isExternalName, !service.spec.externalName.isEmpty {
            warnings.append(#"spec.externalName is ignored when spec.type is not "ExternalName""#)
        }
        if service.spec.trafficDistribution == "PreferClose" {
            warnings.append(#"spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone""#)
        }
        return warnings
    }

    /// `clusterIP` is the first of `clusterIPs`; a client may give it alone. The server assigns what is still missing.
    package static func prepareForCreate(_ service: inout View<Service>) {
        if service.spec.clusterIPs.isEmpty, !service.spec.clusterIP.isEmpty { service.spec.clusterIPs = [service.spec.clusterIP] }
    }

    /// Source: `ValidateServiceUpdate` of pkg/apis/core/validation.
    package static func validateUpdate(_ service: View<Service>, from old: View<Service>, _ path: Path, _ problems: inout Problems) {
        ServiceUpdate.validate(service.spec, from: old.spec, path.child("spec"), &problems)
    }

    /// What the server gave at creation stays where the client leaves it out, and what the new type has no use for goes.
    package static func prepareForUpdate(_ service: inout View<Service>, from old: View<Service>) {
        ServiceUpdate.keepAllocated(&service.spec, from: old.spec)
        ServiceUpdate.dropForeign(&service.spec, from: old.spec)
    }
}

extension View<Service> {
    /// True for `clusterIP: None`: the service's name stands for the pods' own addresses.
    package var isHeadless: Bool { self.spec.clusterIP == "None" }

    /// Of its addresses or its endpoints', the main one first; one at least.
    package var families: [IPFamily] {
        let said: [IPFamily] = self.spec.ipFamilies.compactMap { IPFamily(rawValue: $0) }
        return said.isEmpty ? [IPFamily(of: self.spec.clusterIP)] : said
    }
    package var mainFamily: IPFamily { families[0] }

    /// The EXTERNAL-IP column. Source: `getServiceExternalIP` of pkg/printers/internalversion.
    fileprivate var externalText: String {
        switch self.spec.type {
        case "ClusterIP", "NodePort":
            return self.spec.externalIPs.isEmpty ? "<none>" : self.spec.externalIPs.joined(separator: ",")
        case "LoadBalancer":
            let given: [String] = self.status.loadBalancer.ingress.compactMap { $0.ip.isEmpty ? $0.hostname : $0.ip }.filter { !$0.isEmpty }
            let all: [String] = given + self.spec.externalIPs
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        case "ExternalName": return self.spec.externalName
        default: return "<unknown>"
        }
    }
}
