import Machinery

/// The rules between the fields of a service. Source: `ValidateService` of pkg/apis/core/validation.
enum ServiceRules {
    static func validate(_ spec: View<ServiceSpec>, _ path: Path, _ problems: inout Problems) {
        let isHeadless: Bool = spec.clusterIP == "None"
        let ports: Path = path.child("ports")
        if spec.ports.isEmpty, !isHeadless, spec.type != "ExternalName" { problems.required(ports) }
        validateType(spec, isHeadless: isHeadless, path, &problems)
        validatePorts(spec, isHeadless: isHeadless, ports, &problems)
        Labels.validate(spec.json["selector"], path.child("selector"), &problems)
        validateAffinity(spec, path, &problems)
        for (index, address) in spec.externalIPs.enumerated() {
            Addresses.validateEndpoint(address, family: nil, path.child("externalIPs").index(index), &problems)
        }
        validateAddresses(spec, path, &problems)
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

    private static func validateAddresses(_ spec: View<ServiceSpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("clusterIPs")
        let all: [String] = spec.clusterIPs
        if all.isEmpty {
            if !spec.clusterIP.isEmpty, spec.clusterIP != "None" {
                Addresses.validate(spec.clusterIP, path.child("clusterIP"), &problems)
            }
        } else if all[0] != spec.clusterIP {
            problems.invalid(here, .array(all.map { .string($0) }), "first value must match `clusterIP`")
        }
        if all.count > 2 {
            problems.invalid(here, .array(all.map { .string($0) }), "may only hold up to 2 values")
        }
        for (index, address) in all.enumerated() {
            if address == "None" {
                if all.count > 1 {
                    problems.invalid(here.index(index), "None", "'None' must be the first and only value")
                }
            } else {
                Addresses.validate(address, here.index(index), &problems)
            }
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
