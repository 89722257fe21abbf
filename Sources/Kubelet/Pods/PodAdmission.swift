import API
import Machinery

/// Why a node refuses a pod that was given to it, before anything of it runs. Pure.
///
/// Source: pkg/kubelet/lifecycle/predicate.go, pkg/kubelet/sysctl/allowlist.go and `Admit` of pkg/kubelet/eviction.
struct PodAdmission {
    struct Refusal: Error, Equatable {
        let reason: String
        let message: String
    }

    /// As the API has it.
    let node: View<Node>
    let allocatable: [String: Quantity]
    /// Whether pods have a network of their own.
    let hasOwnNetwork: Bool
    let hasAppArmor: Bool

    /// What becomes of a pod that was given to the node.
    enum Verdict: Equatable {
        case taken
        /// The node takes it when these, by uid, have gone for it.
        case takenInsteadOf([String])
        case refused(Refusal)
    }

    /// `others` are the node's further pods; one that is not older and was not taken or begun does not count.
    func verdict(on pod: View<Pod>, beside others: [View<Pod>], taken: Set<String>) -> Verdict {
        if let refusal = pressure(on: pod) { return .refused(refusal) }
        if let message = forbiddenSysctl(pod.spec) { return .refused(Refusal(reason: "SysctlForbidden", message: message)) }
        if let refusal = foreignSystem(of: pod) { return .refused(refusal) }
        let earlier: [View<Pod>] = others.filter {
            $0.metadata.uid != pod.metadata.uid && (taken.contains($0.metadata.uid) || comesFirst($0, before: pod))
        }
        let shortages: [Shortage] = shortages(for: pod, beside: earlier, isAdded: true)
        if let shortage = shortages.first, !pod.isCritical { return .refused(shortage.refusal) }
        let further: Refusal? = strangeness(of: pod) ?? collision(of: pod, with: earlier) ?? taint(against: pod)
        if let refusal = further ?? missingAppArmor(for: pod) { return .refused(refusal) }
        guard !shortages.isEmpty else { return .taken }
        do throws(Refusal) {
            return .takenInsteadOf(try PodPreemption(for: pod, lacking: shortages).victims(among: earlier).map(\.metadata.uid))
        } catch {
            return .refused(error)
        }
    }

    private func collision(of pod: View<Pod>, with others: [View<Pod>]) -> Refusal? {
        let wanted: [HostPort] = pod.spec.hostPorts
        guard !wanted.isEmpty else { return nil }
        let taken: [HostPort] = others.flatMap { $0.spec.hostPorts }
        guard wanted.contains(where: { port in taken.contains { port.collides(with: $0) } }) else { return nil }
        return Refusal(
            reason: "NodePorts", message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports")
    }

    private func missingAppArmor(for pod: View<Pod>) -> Refusal? {
        guard !hasAppArmor, Self.namesAppArmorProfile(pod.spec) else { return nil }
        return Refusal(reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host")
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

    /// A resource of which the node has too little; of processors in thousandths.
    struct Shortage: Equatable {
        let resource: String
        let requested: Int64
        let used: Int64
        let capacity: Int64

        var refusal: Refusal {
            Refusal(
                reason: "OutOf" + resource,
                message: "Node didn't have enough resource: \(resource), requested: \(requested), used: \(used), capacity: \(capacity)")
        }
    }

    /// None when all is enough. `isAdded` counts the pod as one more.
    func shortages(for pod: View<Pod>, beside others: [View<Pod>], isAdded: Bool) -> [Shortage] {
        var found: [Shortage] = []
        func check(_ name: String, _ wanted: Int64, _ used: Int64, _ all: Int64) {
            if used + wanted > all { found.append(Shortage(resource: name, requested: wanted, used: used, capacity: all)) }
        }
        if isAdded, let all = allocatable["pods"]?.value { check("pods", 1, Int64(others.count), all) }
        let wanted: [String: Quantity] = pod.requests.amounts.filter { $0.value.sign > 0 && allocatable[$0.key] != nil }
        guard !wanted.isEmpty else { return found }
        var used = PodResources()
        for other in others { used.add(Self.allocated(other).amounts) }
        for name in wanted.keys.sorted(by: { Self.rank($0) < Self.rank($1) }) {
            guard let amount = wanted[name], let all = allocatable[name] else { continue }
            check(name, Self.number(amount, name), Self.number(used[name], name), Self.number(all, name))
        }
        return found
    }

    static func number(_ amount: Quantity, _ resource: String) -> Int64 { resource == "cpu" ? amount.milliValue : amount.value }

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
