import API
import Machinery
import Sandbox

/// Linux capabilities as a bit set by the kernel's numbers.
enum CapabilitySet {
    static let all: UInt64 = (1 << UInt64(names.count)) - 1

    /// The default set with `drop` taken off and `add` put on; ALL stands for every one. Throws ``ConfigError`` for a name that is none.
    static func make(_ wanted: View<Capabilities>, container: String) throws(ConfigError) -> UInt64 {
        var set: UInt64 = ContainerProcess.defaultCapabilities
        func bits(_ name: String, _ field: String) throws(ConfigError) -> UInt64 {
            if name.uppercased() == "ALL" { return all }
            guard let bit = bit(name) else {
                throw ConfigError("container \"\(container)\": securityContext.capabilities.\(field): unknown capability \"\(name)\"")
            }
            return bit
        }
        let add: [String] = wanted.add
        if add.contains(where: { $0.uppercased() == "ALL" }) { set = all }
        for name in wanted.drop { set &= try ~bits(name, "drop") }
        for name in add where name.uppercased() != "ALL" { set |= try bits(name, "add") }
        return set
    }

    /// The bit of `NET_ADMIN` or `CAP_NET_ADMIN`, in letters of any size; nil for a name that is none.
    static func bit(_ name: String) -> UInt64? {
        let upper: String = name.uppercased()
        return names.firstIndex(of: upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper).map { 1 << UInt64($0) }
    }

    /// By Linux's numbers. Source: linux/capability.h.
    private static let names: [String] = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
        "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ]
}
