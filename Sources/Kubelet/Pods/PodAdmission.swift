import API
import Machinery

/// Why a node refuses a pod that was given to it, before anything of it runs. Pure.
///
/// Source: pkg/kubelet/lifecycle/predicate.go and pkg/kubelet/sysctl/allowlist.go.
struct PodAdmission {
    struct Refusal: Error, Equatable {
        let reason: String
        let message: String
    }

    let allocatable: [String: Quantity]
    /// Whether pods have a network of their own.
    let hasOwnNetwork: Bool
    let hasAppArmor: Bool

    /// nil for a pod that may run. `others` are the node's further pods; one that is not older and was not taken or begun does not count.
    func refusal(of pod: View<Pod>, beside others: [View<Pod>], taken: Set<String>) -> Refusal? {
        if let os: View<PodOS> = pod.spec.os, os.name != "linux" {
            return Refusal(reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS")
        }
        if !hasAppArmor, Self.namesAppArmorProfile(pod.spec) {
            return Refusal(reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host")
        }
        if let message = forbiddenSysctl(pod.spec) { return Refusal(reason: "SysctlForbidden", message: message) }
        let earlier: [View<Pod>] = others.filter {
            $0.metadata.uid != pod.metadata.uid && (taken.contains($0.metadata.uid) || comesFirst($0, before: pod))
        }
        return shortage(for: pod, beside: earlier, isAdded: true) ?? collision(of: pod, with: earlier)
    }

    private func collision(of pod: View<Pod>, with others: [View<Pod>]) -> Refusal? {
        let wanted: [HostPort] = pod.spec.hostPorts
        guard !wanted.isEmpty else { return nil }
        let taken: [HostPort] = others.flatMap { $0.spec.hostPorts }
        guard wanted.contains(where: { port in taken.contains { port.collides(with: $0) } }) else { return nil }
        return Refusal(
            reason: "NodePorts", message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports")
    }

    /// A profile of the user's own; the runtime's is told as a shortcoming. Source: pkg/security/apparmor/validate.go.
    private static func namesAppArmorProfile(_ spec: View<PodSpec>) -> Bool {
        if spec.securityContext?.appArmorProfile?.type == "Localhost" { return true }
        return (spec.containers + spec.initContainers).contains { $0.securityContext?.appArmorProfile?.type == "Localhost" }
    }

    private func comesFirst(_ other: View<Pod>, before pod: View<Pod>) -> Bool {
        if other.status.startTime != nil { return true }
        return other.metadata.creationTimestamp ?? .epoch < pod.metadata.creationTimestamp ?? .epoch
    }

    // MARK: - Room

    /// The first resource of which the node has too little; nil when all is enough. `isAdded` counts the pod as one more.
    func shortage(for pod: View<Pod>, beside others: [View<Pod>], isAdded: Bool) -> Refusal? {
        func check(_ name: String, _ wanted: Int64, _ used: Int64, _ all: Int64) -> Refusal? {
            guard used + wanted > all else { return nil }
            return Refusal(
                reason: "OutOf" + name,
                message: "Node didn't have enough resource: \(name), requested: \(wanted), used: \(used), capacity: \(all)")
        }
        if isAdded, let all = allocatable["pods"]?.value, let found = check("pods", 1, Int64(others.count), all) { return found }
        let wanted: [String: Quantity] = pod.requests.amounts.filter { $0.value.sign > 0 && allocatable[$0.key] != nil }
        guard !wanted.isEmpty else { return nil }
        var used = PodResources()
        for other in others { used.add(Self.allocated(other).amounts) }
        for name in wanted.keys.sorted(by: { Self.rank($0) < Self.rank($1) }) {
            guard let amount = wanted[name], let all = allocatable[name] else { continue }
            let isProcessor: Bool = name == "cpu"
            func number(_ quantity: Quantity) -> Int64 { isProcessor ? quantity.milliValue : quantity.value }
            if let found = check(name, number(amount), number(used[name]), number(all)) { return found }
        }
        return nil
    }

    private static func rank(_ name: String) -> String {
        switch name {
        case "cpu": "0"
        case "memory": "1"
        case "ephemeral-storage": "2"
        default: "3" + name
        }
    }

    /// What the node has set aside for a pod: less than the pod asks for while it waits for more.
    private static func allocated(_ pod: View<Pod>) -> PodResources {
        guard pod.condition("PodResizePending")?.status == "True" else { return pod.requests }
        var spec: View<PodSpec> = pod.spec
        func kept(_ container: View<Container>) -> View<Container> {
            guard let status = pod.containerStatus(container.name), !status.allocatedResources.isEmpty else { return container }
            var container: View<Container> = container
            container.resources.requests = status.allocatedResources
            return container
        }
        spec.containers = spec.containers.map(kept)
        if !spec.initContainers.isEmpty { spec.initContainers = spec.initContainers.map(kept) }
        return spec.requests
    }

    // MARK: - Kernel parameters

    private func forbiddenSysctl(_ spec: View<PodSpec>) -> String? {
        for sysctl in spec.securityContext?.sysctls ?? [] {
            let name: String = String(sysctl.name.map { $0 == "/" ? "." : $0 })
            guard Self.safeSysctls.contains(name) else { return "forbidden sysctl: \"\(sysctl.name)\" not allowlisted" }
            if name.hasPrefix("net."), spec.hostNetwork || !hasOwnNetwork {
                return "forbidden sysctl: \"\(sysctl.name)\" not allowed with host net enabled"
            }
            if name.hasPrefix("kernel."), spec.hostIPC {
                return "forbidden sysctl: \"\(sysctl.name)\" not allowed with host ipc enabled"
            }
        }
        return nil
    }

    /// Those that are a pod's own and can harm no other. Source: pkg/kubelet/sysctl/safe_sysctls.go.
    private static let safeSysctls: Set<String> = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
    ]
}
