import API
import Machinery
import Sandbox

/// What a container may do, from its own security context and the pod's. Throws what this node can't honour instead of ignoring it.
struct ContainerRights: Sendable {
    var user: ContainerProcess.User?
    /// Folder of the user, for HOME.
    var home = "/root"
    var capabilities: UInt64 = ContainerProcess.defaultCapabilities
    var noNewPrivileges = false
    /// The runtime's default profile of system calls.
    var filtersSystemCalls = false
    var readOnlyRoot = false
    /// All devices that the node's user has, and all rights in the pod's namespaces: on the host, if root runs the node.
    var isPrivileged = false
    /// Nothing in /proc and /sys is hidden.
    var isUnmasked = false
    /// What holds less than the manifest asks for, as sentences for a warning.
    var shortcomings: [String] = []

    /// Throws ``ConfigError``.
    init(_ container: View<Container>, of pod: View<Pod>, hasOneIdentity: Bool, image: ResolvedImage) throws(ConfigError) {
        let own: View<SecurityContext> = container.securityContext ?? View<SecurityContext>()
        let shared: View<PodSecurityContext> = pod.spec.securityContext ?? View<PodSecurityContext>()
        let name: String = container.name
        func refuse(_ field: String, _ why: String) -> ConfigError {
            ConfigError("container \"\(name)\": \(field): \(why)")
        }
        isPrivileged = own.privileged == true
        isUnmasked = own.procMount == "Unmasked"
        if let profile = own.seccompProfile ?? shared.seccompProfile {
            if profile.type == "Localhost" {
                throw refuse(
                    "securityContext.seccompProfile", "this version cannot load profiles from files; use RuntimeDefault or Unconfined")
            }
            if profile.type == "RuntimeDefault", !isPrivileged {
                filtersSystemCalls = true
            }
        }
        if let profile = own.appArmorProfile ?? shared.appArmorProfile, profile.type != "Unconfined" {
            shortcomings.append("container \"\(name)\": appArmorProfile: this version applies no AppArmor profile")
        }
        if own.seLinuxOptions != nil || shared.seLinuxOptions != nil {
            shortcomings.append("container \"\(name)\": seLinuxOptions: this version sets no SELinux label")
        }
        if !container.volumeDevices.isEmpty { throw refuse("volumeDevices", "this version cannot give block devices to containers") }
        readOnlyRoot = own.readOnlyRootFilesystem ?? false
        noNewPrivileges = own.allowPrivilegeEscalation == false
        try setUser(own, shared, pod, name, hasOneIdentity, image)
        if isPrivileged {
            capabilities = Self.all
        } else if let wanted = own.capabilities {
            capabilities = try Self.capabilities(wanted, container: name)
        }
    }

    /// The user of the specification, else that of the image. Source: `verifyRunAsNonRoot` of pkg/kubelet/kuberuntime.
    private mutating func setUser(
        _ own: View<SecurityContext>, _ shared: View<PodSecurityContext>, _ pod: View<Pod>, _ name: String, _ hasOneIdentity: Bool,
        _ image: ResolvedImage
    ) throws(ConfigError) {
        let wanted: Int? = own.runAsUser ?? shared.runAsUser
        let group: Int? = own.runAsGroup ?? shared.runAsGroup
        let place = "(pod: \"\(pod.name)_\(pod.namespace)(\(pod.metadata.uid))\", container: \(name))"
        let imageName: Substring = image.user.prefix { $0 != ":" }
        if own.runAsNonRoot ?? shared.runAsNonRoot ?? false {
            switch wanted {
            case 0?: throw ConfigError("container's runAsUser breaks non-root policy \(place)")
            case nil where imageName.isEmpty || UInt32(imageName) == 0:
                throw ConfigError("container has runAsNonRoot and image will run as root \(place)")
            case nil where UInt32(imageName) == nil:
                throw ConfigError(
                    "container has runAsNonRoot and image has non-numeric user (\(imageName)), cannot verify user is non-root \(place)")
            default: break
            }
        }
        let text: String = wanted.map { String($0) } ?? image.user
        var groups: [UInt32] = shared.supplementalGroups.map { UInt32(clamping: $0) }
        if let fsGroup = shared.fsGroup { groups.append(UInt32(clamping: fsGroup)) }
        guard !text.isEmpty || group != nil || !groups.isEmpty else { return }
        let accounts: Accounts = try image.accounts()
        let (found, primary) = try accounts.find(text.isEmpty ? "0" : text)
        if shared.supplementalGroupsPolicy != "Strict", !found.name.isEmpty {
            groups += accounts.groups(of: found.name).filter { !groups.contains($0) }
        }
        home = found.uid == 0 ? "/root" : found.home.isEmpty ? "/" : found.home
        // One identity under any number: its files are its own whatever group they name, so further groups would change nothing.
        user = ContainerProcess.User(
            uid: found.uid, gid: group.map { UInt32(clamping: $0) } ?? primary, supplementaryGroups: hasOneIdentity ? [] : groups)
    }

    /// The default set with `drop` taken off and `add` put on; ALL stands for every one.
    private static func capabilities(_ wanted: View<Capabilities>, container: String) throws(ConfigError) -> UInt64 {
        var set: UInt64 = ContainerProcess.defaultCapabilities
        func bit(_ name: String, _ field: String) throws(ConfigError) -> UInt64 {
            let upper: String = name.uppercased()
            if upper == "ALL" { return all }
            let short: String = upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
            guard let index = names.firstIndex(of: short) else {
                throw ConfigError("container \"\(container)\": securityContext.capabilities.\(field): unknown capability \"\(name)\"")
            }
            return 1 << UInt64(index)
        }
        let add: [String] = wanted.add
        let drop: [String] = wanted.drop
        if add.contains(where: { $0.uppercased() == "ALL" }) { set = all }
        for name in drop { set &= try ~bit(name, "drop") }
        for name in add where name.uppercased() != "ALL" { set |= try bit(name, "add") }
        return set
    }

    private static let all: UInt64 = (1 << UInt64(names.count)) - 1

    /// By Linux's numbers. Source: linux/capability.h.
    private static let names: [String] = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
        "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ]
}
