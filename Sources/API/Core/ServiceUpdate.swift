import Machinery

/// What an update of a service keeps, drops and refuses. Source: pkg/registry/core/service (`patchAllocatedValues`,
/// `dropTypeDependentFields`) and `ValidateServiceUpdate`.
enum ServiceUpdate {
    /// Addresses and ports that the server gave stay where the client leaves them out.
    static func keepAllocated(_ spec: inout View<ServiceSpec>, from old: View<ServiceSpec>) {
        // A client that knows `clusterIP` only changes both with it.
        if spec.clusterIP != old.clusterIP, spec.clusterIPs == old.clusterIPs, !(spec.clusterIP.isEmpty && needsAddress(spec)) {
            spec.clusterIPs = spec.clusterIP.isEmpty ? [] : [spec.clusterIP]
        }
        if needsAddress(spec), needsAddress(old) {
            if spec.clusterIP.isEmpty { spec.clusterIP = old.clusterIP }
            if spec.clusterIPs.isEmpty, spec.clusterIP == old.clusterIP { spec.clusterIPs = old.clusterIPs }
            if spec.ipFamilies.isEmpty { spec.ipFamilies = old.ipFamilies }
            if spec.ipFamilyPolicy == nil { spec.ipFamilyPolicy = old.ipFamilyPolicy }
        }
        if spec.needsNodePorts, old.needsNodePorts {
            var taken: Set<String> = Set(spec.ports.filter { $0.nodePort != 0 }.map { "\($0.nodePort)/\($0.protocol)" })
            for (index, port) in spec.ports.enumerated() where port.nodePort == 0 {
                guard let before = old.ports.first(where: { $0.port == port.port && $0.protocol == port.protocol }), before.nodePort != 0,
                    taken.insert("\(before.nodePort)/\(before.protocol)").inserted
                else { continue }
                spec.ports[index].nodePort = before.nodePort
            }
        }
        if needsHealthCheckPort(spec), needsHealthCheckPort(old), spec.healthCheckNodePort == 0 {
            spec.healthCheckNodePort = old.healthCheckNodePort
        }
    }

    /// What belonged to the former type goes with it, as long as the client left it as it was.
    static func dropForeign(_ spec: inout View<ServiceSpec>, from old: View<ServiceSpec>) {
        if needsAddress(old), !needsAddress(spec) {
            if spec.clusterIPs == old.clusterIPs {
                spec.remove(\.clusterIP)
                spec.remove(\.clusterIPs)
            }
            if spec.ipFamilies == old.ipFamilies { spec.remove(\.ipFamilies) }
            if spec.ipFamilyPolicy == old.ipFamilyPolicy { spec.remove(\.ipFamilyPolicy) }
        }
        if old.needsNodePorts, !spec.needsNodePorts, spec.ports.map({ $0.nodePort }) == old.ports.map({ $0.nodePort }) {
            for index in spec.ports.indices { spec.ports[index].remove(\.nodePort) }
        }
        if needsHealthCheckPort(old), !needsHealthCheckPort(spec), spec.healthCheckNodePort == old.healthCheckNodePort {
            spec.remove(\.healthCheckNodePort)
        }
        if !isExternal(spec), isExternal(old), spec.externalTrafficPolicy == old.externalTrafficPolicy {
            spec.remove(\.externalTrafficPolicy)
        }
        guard spec.type != old.type else { return }
        if old.type == "LoadBalancer" {
            if spec.allocateLoadBalancerNodePorts == old.allocateLoadBalancerNodePorts { spec.remove(\.allocateLoadBalancerNodePorts) }
            if spec.loadBalancerClass == old.loadBalancerClass { spec.remove(\.loadBalancerClass) }
        }
        if old.type == "ExternalName", spec.externalName == old.externalName { spec.remove(\.externalName) }
    }

    static func validate(_ spec: View<ServiceSpec>, from old: View<ServiceSpec>, _ path: Path, _ problems: inout Problems) {
        // Addresses may be given up or taken up together with the type ExternalName only; a second one comes and goes by the policy.
        if needsAddress(spec), needsAddress(old) {
            validateList(spec, "clusterIPs", spec.clusterIPs, old.clusterIPs, "clusterIP", path, &problems)
            if old.clusterIP != "None" {
                validateList(spec, "ipFamilies", spec.ipFamilies, old.ipFamilies, "ipFamily", path, &problems)
            }
        }
        if spec.type == "LoadBalancer", old.type == "LoadBalancer", spec.loadBalancerClass != old.loadBalancerClass {
            problems.invalid(
                path.child("loadBalancerClass"), spec.loadBalancerClass.map { .string($0) } ?? .null, "may not change once set")
        }
    }

    /// Source: `validateUpgradeDowngradeClusterIPs` and `validateUpgradeDowngradeIPFamilies`.
    private static func validateList(
        _ spec: View<ServiceSpec>, _ field: String, _ new: [String], _ old: [String], _ one: String, _ path: Path,
        _ problems: inout Problems
    ) {
        let here: Path = path.child(field)
        let value: JSON = .array(new.map { .string($0) })
        if new.isEmpty, !old.isEmpty { problems.invalid(here.index(0), value, "primary \(one) can not be unset") }
        for (index, (after, before)) in zip(new, old).enumerated() where after != before {
            problems.invalid(here.index(index), value, "may not change once set")
        }
        if new.count == 1, old.count > 1, spec.ipFamilyPolicy != "SingleStack" {
            problems.invalid(
                path.child("ipFamilyPolicy"), spec.ipFamilyPolicy.map { .string($0) } ?? .null,
                "must be set to 'SingleStack' when releasing the secondary \(one)")
        }
    }

    private static func needsAddress(_ spec: View<ServiceSpec>) -> Bool {
        ["ClusterIP", "NodePort", "LoadBalancer"].contains(spec.type)
    }

    private static func needsHealthCheckPort(_ spec: View<ServiceSpec>) -> Bool {
        spec.type == "LoadBalancer" && spec.externalTrafficPolicy == "Local"
    }

    private static func isExternal(_ spec: View<ServiceSpec>) -> Bool {
        spec.type == "NodePort" || spec.type == "LoadBalancer" || !spec.externalIPs.isEmpty
    }
}
