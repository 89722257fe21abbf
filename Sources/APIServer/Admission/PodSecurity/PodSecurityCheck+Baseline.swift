import Machinery

/// The rules that keep a pod from reaching beyond itself.
extension PodSecurityCheck {
    static let baseline: [PodSecurityCheck] = [
        PodSecurityCheck(id: "appArmorProfile", level: .baseline) { pod, _ in appArmor(pod) },
        PodSecurityCheck(id: "capabilities_baseline", level: .baseline) { pod, _ in
            addedCapabilities(pod, allowed: defaultCapabilities).map {
                Violation(
                    reason: "non-default capabilities",
                    detail:
                        "\(Words.containers($0.names)) must not include \(Words.quoted($0.capabilities)) in securityContext.capabilities.add"
                )
            }
        },
        PodSecurityCheck(id: "hostNamespaces", level: .baseline) { pod, _ in
            let set: [String] = ["hostNetwork", "hostPID", "hostIPC"].filter { pod.spec[$0] == true }.map { $0 + "=true" }
            return set.isEmpty ? nil : Violation(reason: "host namespaces", detail: set.joined(separator: ", "))
        },
        PodSecurityCheck(id: "hostPathVolumes", level: .baseline) { pod, _ in
            let names: [String] = (pod.spec["volumes"]?.array ?? []).filter { $0["hostPath"] != nil }.compactMap { $0["name"]?.string }
            guard !names.isEmpty else { return nil }
            return Violation(reason: "hostPath volumes", detail: Words.plural("volume", "volumes", names.count) + " " + Words.quoted(names))
        },
        PodSecurityCheck(id: "hostPorts", level: .baseline) { pod, _ in hostPorts(pod) },
        PodSecurityCheck(id: "hostProbesAndHostLifecycle", level: .baseline) { pod, minor in minor < 34 ? nil : hostsOfHandlers(pod) },
        PodSecurityCheck(id: "privileged", level: .baseline) { pod, _ in
            let names: [String] = pod.containers { $0["privileged"] == true }
            guard !names.isEmpty else { return nil }
            return Violation(reason: "privileged", detail: Words.containers(names) + " must not set securityContext.privileged=true")
        },
        PodSecurityCheck(id: "procMount_baseline", level: .baseline) { pod, minor in
            minor >= 35 && pod.hasOwnUsers ? nil : procMount(pod)
        },
        PodSecurityCheck(id: "seLinuxOptions", level: .baseline) { pod, _ in seLinux(pod) },
        PodSecurityCheck(id: "seccompProfile_baseline", level: .baseline) { pod, minor in
            minor < 19 ? seccompAnnotations(pod) : seccompFields(pod)
        },
        PodSecurityCheck(id: "sysctls", level: .baseline) { pod, minor in
            let names: [String] = (pod.context?["sysctls"]?.array ?? []).compactMap { $0["name"]?.string }
            let forbidden: [String] = names.filter { name in safeSysctls[name].map { $0 > minor } ?? true }
            return forbidden.isEmpty ? nil : Violation(reason: "forbidden sysctls", detail: forbidden.joined(separator: ", "))
        },
        PodSecurityCheck(id: "windowsHostProcess", level: .baseline) { pod, _ in
            let isPod: Bool = pod.context?[["windowsOptions", "hostProcess"]] == true
            let names: [String] = pod.containers { $0[["windowsOptions", "hostProcess"]] == true }
            guard isPod || !names.isEmpty else { return nil }
            return Violation(
                reason: "hostProcess",
                detail: pod.setters(isPod: isPod, names) + " must not set securityContext.windowsOptions.hostProcess=true")
        },
    ]

    private static let defaultCapabilities: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
        "SETUID", "SYS_CHROOT",
    ]

    /// Kernel settings that stay within the pod, and the minor version that allowed them first.
    private static let safeSysctls: [String: Int] = [
        "kernel.shm_rmid_forced": 0, "net.ipv4.ip_local_port_range": 0, "net.ipv4.tcp_syncookies": 0, "net.ipv4.ping_group_range": 0,
        "net.ipv4.ip_unprivileged_port_start": 0, "net.ipv4.ip_local_reserved_ports": 27, "net.ipv4.tcp_keepalive_time": 29,
        "net.ipv4.tcp_fin_timeout": 29, "net.ipv4.tcp_keepalive_intvl": 29, "net.ipv4.tcp_keepalive_probes": 29,
        "net.ipv4.tcp_rmem": 32, "net.ipv4.tcp_wmem": 32,
    ]

    private static func appArmor(_ pod: PodSecuritySubject) -> Violation? {
        func isBad(_ context: JSON?) -> String? {
            guard let type = context?[["appArmorProfile", "type"]]?.string, !["RuntimeDefault", "Localhost"].contains(type) else {
                return nil
            }
            return type
        }
        let names: [String] = pod.containers { isBad($0) != nil }
        let values: Set<String> = Set(([pod.context] + pod.containers.map { $0.json["securityContext"] }).compactMap(isBad))
        let annotations: [String] = (pod.annotations?.object?.members ?? []).compactMap { member in
            let value: String = member.value.string ?? ""
            guard member.key.hasPrefix("container.apparmor.security.beta.kubernetes.io/"), !value.isEmpty, value != "runtime/default",
                !value.hasPrefix("localhost/")
            else { return nil }
            return "\(member.key)=\"\(value)\""
        }.sorted()
        var setters: [String] = (isBad(pod.context) == nil ? [] : ["pod"]) + (names.isEmpty ? [] : [Words.containers(names)])
        if !annotations.isEmpty { setters.append(Words.plural("annotation", "annotations", annotations.count)) }
        guard !setters.isEmpty else { return nil }
        let all: [String] = values.sorted() + annotations
        return Violation(
            reason: Words.plural("forbidden AppArmor profile", "forbidden AppArmor profiles", all.count),
            detail: "\(setters.joined(separator: " and ")) must not set AppArmor profile type to "
                + all.map { JSON.quoted($0) }.joined(separator: ", "))
    }

    /// Containers that add capabilities beside those that are allowed, and these; nil when none does.
    static func addedCapabilities(
        _ pod: PodSecuritySubject, allowed: Set<String>
    ) -> (names: [String], capabilities: [String])? {
        func added(_ context: JSON) -> [String] {
            (context[["capabilities", "add"]]?.array ?? []).compactMap { $0.string }.filter { !allowed.contains($0) }
        }
        let names: [String] = pod.containers { !added($0).isEmpty }
        guard !names.isEmpty else { return nil }
        return (names, Set(pod.containers.flatMap { added($0.json["securityContext"] ?? [:]) }).sorted())
    }

    private static func hostPorts(_ pod: PodSecuritySubject) -> Violation? {
        var names: [String] = []
        var ports: Set<String> = []
        for container in pod.containers {
            let used: [Int64] = (container.json["ports"]?.array ?? []).compactMap { $0["hostPort"]?.int }.filter { $0 != 0 }
            guard !used.isEmpty else { continue }
            names.append(container.name)
            ports.formUnion(used.map { String($0) })
        }
        guard !names.isEmpty else { return nil }
        return Violation(
            reason: "hostPort",
            detail: "\(Words.containers(names)) \(Words.plural("uses", "use", names.count)) "
                + "\(Words.plural("hostPort", "hostPorts", ports.count)) \(ports.sorted().joined(separator: ", "))")
    }

    private static func hostsOfHandlers(_ pod: PodSecuritySubject) -> Violation? {
        let handlers: [[String]] = [
            ["livenessProbe"], ["readinessProbe"], ["startupProbe"], ["lifecycle", "postStart"], ["lifecycle", "preStop"],
        ]
        var names: Set<String> = []
        var hosts: Set<String> = []
        for container in pod.containers {
            for path in handlers {
                for action in ["httpGet", "tcpSocket"] {
                    guard let host = container.json[path + [action, "host"]]?.string, !host.isEmpty else { continue }
                    names.insert(container.name)
                    hosts.insert(host)
                }
            }
        }
        guard !names.isEmpty else { return nil }
        return Violation(
            reason: "probe or lifecycle host",
            detail: "\(Words.containers(names.sorted())) \(Words.plural("uses", "use", names.count)) "
                + "\(Words.plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.count)) \(Words.quoted(hosts.sorted()))")
    }

    static func procMount(_ pod: PodSecuritySubject) -> Violation? {
        func isBad(_ context: JSON?) -> String? {
            context?["procMount"]?.string.flatMap { $0 == "Default" || $0.isEmpty ? nil : $0 }
        }
        let names: [String] = pod.containers { isBad($0) != nil }
        guard !names.isEmpty else { return nil }
        let values: Set<String> = Set(pod.containers.compactMap { isBad($0.json["securityContext"]) })
        return Violation(
            reason: "procMount",
            detail: "\(Words.containers(names)) must not set securityContext.procMount to \(Words.quoted(values.sorted()))")
    }

    private static func seLinux(_ pod: PodSecuritySubject) -> Violation? {
        let allowed: Set<String> = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]
        func options(_ context: JSON?) -> JSON? { context?["seLinuxOptions"] }
        func isBad(_ context: JSON?) -> Bool {
            guard let options = options(context) else { return false }
            return !allowed.contains(options["type"]?.string ?? "") || !(options["user"]?.isEmpty ?? true)
                || !(options["role"]?.isEmpty ?? true)
        }
        let isPod: Bool = isBad(pod.context)
        let names: [String] = pod.containers(where: isBad)
        guard isPod || !names.isEmpty else { return nil }
        let all: [JSON] = ([pod.context] + pod.containers.map { $0.json["securityContext"] }).compactMap(options)
        let types: [String] = Set(all.compactMap { $0["type"]?.string }).subtracting(allowed).sorted()
        var data: [String] = types.isEmpty ? [] : [Words.plural("type", "types", types.count) + " " + Words.quoted(types)]
        for member in ["user", "role"] where all.contains(where: { !($0[member]?.isEmpty ?? true) }) {
            data.append(member + " may not be set")
        }
        return Violation(
            reason: "seLinuxOptions",
            detail: "\(pod.setters(isPod: isPod, names)) set forbidden securityContext.seLinuxOptions: \(data.joined(separator: "; "))")
    }

    /// The type of a profile that is neither the runtime's nor a file of the node; nil for a good one or none.
    static func badSeccomp(_ context: JSON?) -> String? {
        guard let type = context?[["seccompProfile", "type"]]?.string, !["RuntimeDefault", "Localhost"].contains(type) else { return nil }
        return type
    }

    static func seccompFields(_ pod: PodSecuritySubject) -> Violation? {
        let names: [String] = pod.containers { badSeccomp($0) != nil }
        let isPod: Bool = badSeccomp(pod.context) != nil
        guard isPod || !names.isEmpty else { return nil }
        let values: Set<String> = Set(([pod.context] + pod.containers.map { $0.json["securityContext"] }).compactMap(badSeccomp))
        return Violation(
            reason: "seccompProfile",
            detail:
                "\(pod.setters(isPod: isPod, names)) must not set securityContext.seccompProfile.type to \(Words.quoted(values.sorted()))")
    }

    private static func seccompAnnotations(_ pod: PodSecuritySubject) -> Violation? {
        let bad: [String] = (pod.annotations?.object?.members ?? []).compactMap { member in
            let value: String = member.value.string ?? ""
            let isSeccomp: Bool =
                member.key == "seccomp.security.alpha.kubernetes.io/pod"
                || member.key.hasPrefix("container.seccomp.security.alpha.kubernetes.io/")
            guard isSeccomp, !["runtime/default", "docker/default"].contains(value), !value.hasPrefix("localhost/") else { return nil }
            return "\(member.key)=\"\(value)\""
        }
        guard !bad.isEmpty else { return nil }
        return Violation(
            reason: "seccompProfile",
            detail: "forbidden \(Words.plural("annotation", "annotations", bad.count)) \(bad.sorted().joined(separator: ", "))")
    }
}
