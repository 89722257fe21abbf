import API
import Machinery

/// What a whole pod asks for that this node can't give.
enum PodRights {
    /// A sentence for the first field that can't be honoured; nil when all can.
    static func refusal(_ spec: View<PodSpec>, hasOwnNetwork: Bool) -> String? {
        if spec.hostPID { return "hostPID: this version cannot show the node's processes to a pod; remove the field" }
        for sysctl in spec.securityContext?.sysctls ?? [] {
            let name: String = String(sysctl.name.map { $0 == "/" ? "." : $0 })
            guard safeSysctls.contains(name) else { return "forbidden sysctl: \"\(sysctl.name)\" not allowlisted" }
            if name.hasPrefix("net."), spec.hostNetwork || !hasOwnNetwork {
                return "forbidden sysctl: \"\(sysctl.name)\" not allowed with host net enabled"
            }
            if name.hasPrefix("kernel."), spec.hostIPC {
                return "forbidden sysctl: \"\(sysctl.name)\" not allowed with host ipc enabled"
            }
        }
        if let os: View<PodOS> = spec.os, os.name != "linux" { return "os.name is \(os.name), and this node runs linux" }
        if !spec.resourceClaims.isEmpty { return "resourceClaims: this version cannot allocate devices; remove the field" }
        if let name = spec.runtimeClassName { return "runtimeClassName: RuntimeClass \"\(name)\" is not known to this node" }
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
