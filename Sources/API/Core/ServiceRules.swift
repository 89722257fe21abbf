package import Machinery

/// The rules between the fields of a service. Source: `ValidateService` of pkg/apis/core/validation.
package enum ServiceRules {
    static func validate(_ spec: View<ServiceSpec>, _ path: Path, _ problems: inout Problems) {
        let isHeadless: Bool = spec.clusterIP == "None"
        let ports: Path = path.child("ports")
        if spec.ports.isEmpty, !isHeadless, spec.type != "ExternalName" { problems.required(ports) }
        validateType(spec, isHeadless: isHeadless, path, &problems)
        validatePorts(spec, isHeadless: isHeadless, ports, &problems)
        Labels.validate(spec.json["selector"], path.child("selector"), &problems)
        validateAffinity(spec, path, &problems)
        for (index, address) in spec.externalIPs.enumerated() {
            Addresses.validateEndpoint(address, family: nil, mayBePod: false, path.child("externalIPs").index(index), &problems)
        }
        if spec.type != "ExternalName" { validateAddresses(spec, path, &problems) }
        validateTraffic(spec, path, &problems)
    }

    private static func validateType(_ spec: View<ServiceSpec>, isHeadless: Bool, _ path: Path, _ problems: inout Problems) {
        switch spec.type {
        case "LoadBalancer", "NodePort":
            if isHeadless {
                problems.invalid(path.child("clusterIPs").index(0), "None", "may not be set to 'None' for \(spec.type) services")
            }
            guard spec.type == "LoadBalancer" else { break }
            // The kubelet's own port: a load balancer would lay it open.
            for (index, port) in spec.ports.enumerated() where port.port == 10250 {
                problems.invalid(
                    path.child("ports").index(index), port.json, "may not expose port 10250 externally since it is used by kubelet")
            }
        case "ExternalName":
            if !spec.clusterIPs.isEmpty || !spec.clusterIP.isEmpty {
                problems.forbidden(path.child("clusterIPs"), "may not be set for ExternalName services")
            }
            let name: String = spec.externalName.hasSuffix(".") ? String(spec.externalName.dropLast()) : spec.externalName
            if name.isEmpty { problems.required(path.child("externalName")) }
            for detail in name.isEmpty ? [] : Names.dns1123Subdomain(name) {
                problems.invalid(path.child("externalName"), .string(name), detail)
            }
        default: break
        }
    }

    private static func validatePorts(_ spec: View<ServiceSpec>, isHeadless: Bool, _ path: Path, _ problems: inout Problems) {
        var names: Set<String> = []
        var seen: Set<String> = []
        var nodePorts: Set<String> = []
        for (index, port) in spec.ports.enumerated() {
            let here: Path = path.index(index)
            if port.name.isEmpty {
                if spec.ports.count > 1 { problems.required(here.child("name")) }
            } else {
                for detail in Names.dns1123Label(port.name) { problems.invalid(here.child("name"), .string(port.name), detail) }
                if !names.insert(port.name).inserted { problems.duplicate(here.child("name"), .string(port.name)) }
            }
            switch port.targetPort {
            case .int(let number):
                for detail in Names.portNumber(number) { problems.invalid(here.child("targetPort"), .int(Int64(number)), detail) }
            case .string(let name):
                for detail in Names.portName(name) { problems.invalid(here.child("targetPort"), .string(name), detail) }
            }
            if let name: String = port.appProtocol {
                for detail in Names.qualifiedName(name) { problems.invalid(here.child("appProtocol"), .string(name), detail) }
            }
            if !seen.insert("\(port.port)/\(port.protocol)").inserted {
                problems.duplicate(here, ["port": .int(Int64(port.port)), "protocol": .string(port.protocol)])
            }
            guard port.nodePort != 0 else { continue }
            if spec.type == "ClusterIP" {
                problems.forbidden(here.child("nodePort"), "may not be used when `type` is 'ClusterIP'")
            }
            if !nodePorts.insert("\(port.nodePort)/\(port.protocol)").inserted {
                problems.duplicate(here.child("nodePort"), .int(Int64(port.nodePort)))
            }
        }
    }

    private static func validateAffinity(_ spec: View<ServiceSpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("sessionAffinityConfig")
        switch spec.sessionAffinity {
        case "ClientIP":
            if let seconds: Int = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds, !(1...86_400).contains(seconds) {
                problems.invalid(
                    here.child("clientIP").child("timeoutSeconds"), .int(Int64(seconds)), "must be greater than 0 and less than 86400")
            }
        case "None":
            if spec.sessionAffinityConfig != nil {
                problems.forbidden(here, "must not be set when session affinity is None")
            }
        default: break
        }
    }

    /// Addresses and families among themselves. Source: `ValidateServiceClusterIPsRelatedFields`.
    package static func validateAddresses(_ spec: View<ServiceSpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("clusterIPs")
        let all: [String] = spec.clusterIPs
        let whole: JSON = .array(all.map { .string($0) })
        if spec.clusterIP.isEmpty {
            if !all.isEmpty { problems.invalid(here, whole, "must be empty when `clusterIP` is not specified") }
        } else if all.isEmpty {
            problems.required(here)
        } else if all[0] != spec.clusterIP {
            problems.invalid(here, whole, "first value must match `clusterIP`")
        }
        let families: [String] = spec.ipFamilies
        for (index, family) in families.enumerated() where families[..<index].contains(family) {
            problems.duplicate(path.child("ipFamilies").index(index), .string(family))
        }
        let known: Int = problems.all.count
        for (index, address) in all.enumerated() where index > 0 || address != "None" {
            Addresses.validate(address, here.index(index), &problems)
        }
        if all.count > 1, all[0] == "None" { problems.invalid(here, whole, "'None' must be the first and only value") }
        let areAddresses: Bool = problems.all.count == known
        if all.count > 2 { problems.invalid(here, whole, "may only hold up to 2 values") }
        guard areAddresses, all.first != "None" else { return }
        if all.count > 1, Set(all.map(IPFamily.init(of:))).count < all.count {
            problems.invalid(here, whole, "may specify no more than one IP for each IP family")
        }
        for (index, (address, family)) in zip(all, families).enumerated() where IPFamily(of: address).rawValue != family {
            problems.invalid(
                here.index(index), .string(address), "expected an \(family) value as indicated by `ipFamilies[\(index)]`")
        }
    }

    private static func validateTraffic(_ spec: View<ServiceSpec>, _ path: Path, _ problems: inout Problems) {
        let isExternal: Bool = spec.type == "NodePort" || spec.type == "LoadBalancer" || !spec.externalIPs.isEmpty
        if !spec.externalTrafficPolicy.isEmpty, !isExternal {
            problems.invalid(
                path.child("externalTrafficPolicy"), .string(spec.externalTrafficPolicy),
                "may only be set for externally-accessible services")
        }
        if spec.healthCheckNodePort != 0, spec.type != "LoadBalancer" || spec.externalTrafficPolicy != "Local" {
            problems.invalid(
                path.child("healthCheckNodePort"), .int(Int64(spec.healthCheckNodePort)),
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
        }
        if spec.type == "LoadBalancer" {
            for (index, range) in spec.loadBalancerSourceRanges.enumerated() {
                Addresses.validateRange(range, path.child("loadBalancerSourceRanges").index(index), &problems)
            }
            if let name: String = spec.loadBalancerClass {
                for detail in Names.qualifiedName(name) { problems.invalid(path.child("loadBalancerClass"), .string(name), detail) }
            }
            return
        }
        if !spec.loadBalancerSourceRanges.isEmpty {
            problems.forbidden(path.child("loadBalancerSourceRanges"), "may only be used when `type` is 'LoadBalancer'")
        }
        if spec.allocateLoadBalancerNodePorts != nil {
            problems.forbidden(path.child("allocateLoadBalancerNodePorts"), "may only be used when `type` is 'LoadBalancer'")
        }
        if spec.loadBalancerClass != nil {
            problems.forbidden(path.child("loadBalancerClass"), "may only be used when `type` is 'LoadBalancer'")
        }
    }
}
