import Machinery
import Sandbox

/// A profile of system calls from a file: `seccompProfile: {type: Localhost, localhostProfile: NAME}`.
///
/// The file is JSON as the runtime specification has it (`LinuxSeccomp`) or as docker and podman write it, whose entries may depend on
/// capabilities, architectures and kernels. Source: config-linux.md of the runtime specification, profiles/seccomp of moby.
struct SeccompProfile {
    /// What entries may depend on.
    struct Circumstances {
        let capabilities: UInt64
        /// As Go writes it.
        let architecture: String
        /// `6.1.0-18-amd64`
        let kernel: String
    }

    let filter: SystemCallFilter

    /// Throws ``ConfigError`` with the member that can't be honoured.
    init(_ json: JSON, for circumstances: Circumstances) throws(ConfigError) {
        guard let text = json["defaultAction"]?.string else { throw ConfigError("defaultAction is missing") }
        let fallback: SystemCallFilter.Action = try Self.action(text, errno: json["defaultErrnoRet"]?.int, "defaultAction")
        var rules: [SystemCallFilter.Rule] = []
        for (index, entry) in (json["syscalls"]?.array ?? []).enumerated() {
            guard Self.applies(entry, circumstances) else { continue }
            rules += try Self.rules(entry, "syscalls[\(index)]")
        }
        var flags = 0
        for flag in json["flags"]?.array ?? [] {
            switch flag.string {
            case "SECCOMP_FILTER_FLAG_TSYNC": break  // of a process with one thread
            case "SECCOMP_FILTER_FLAG_LOG": flags |= 2
            case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": flags |= 4
            default: throw ConfigError("flags: this version does not know \(flag.text())")
            }
        }
        guard let filter = SystemCallFilter(default: fallback, rules: rules, flags: flags) else {
            throw ConfigError("syscalls: more rules than the kernel takes")
        }
        self.filter = filter
    }

    private static func rules(_ entry: JSON, _ place: String) throws(ConfigError) -> [SystemCallFilter.Rule] {
        let names: [String] = (entry["names"]?.array ?? []).compactMap(\.string) + [entry["name"]?.string].compactMap { $0 }
        guard !names.isEmpty else { throw ConfigError("\(place).names is empty") }
        let action: SystemCallFilter.Action = try action(
            entry["action"]?.string ?? "", errno: entry["errnoRet"]?.int, "\(place).action")
        var conditions: [SystemCallFilter.Condition] = []
        for (index, argument) in (entry["args"]?.array ?? []).enumerated() {
            conditions.append(try condition(argument, "\(place).args[\(index)]"))
        }
        // As runc: conditions on different arguments must all hold, of several on one argument any does.
        if Set(conditions.map(\.argument)).count < conditions.count {
            return conditions.map { SystemCallFilter.Rule(calls: names, action: action, conditions: [$0]) }
        }
        return [SystemCallFilter.Rule(calls: names, action: action, conditions: conditions)]
    }

    private static func action(_ name: String, errno: Int64?, _ place: String) throws(ConfigError) -> SystemCallFilter.Action {
        switch name {
        case "SCMP_ACT_ALLOW": .allow
        case "SCMP_ACT_LOG": .log
        case "SCMP_ACT_ERRNO": .fail(errno: Int(errno ?? 1))
        case "SCMP_ACT_TRACE": .trace(Int(errno ?? 1))
        case "SCMP_ACT_TRAP": .trap
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": .killThread
        case "SCMP_ACT_KILL_PROCESS": .killProcess
        default:
            throw ConfigError(
                "\(place): \(JSON.quoted(name)) is no action that this version knows: it knows ALLOW, LOG, ERRNO, TRACE, "
                    + "TRAP, KILL, KILL_THREAD and KILL_PROCESS, each after SCMP_ACT_")
        }
    }

    private static func condition(_ json: JSON, _ place: String) throws(ConfigError) -> SystemCallFilter.Condition {
        let index: Int64 = json["index"]?.int ?? 0
        guard (0...5).contains(index) else { throw ConfigError("\(place).index is \(index): a call has arguments 0 to 5") }
        let comparison: SystemCallFilter.Condition.Comparison
        switch json["op"]?.string {
        case "SCMP_CMP_EQ": comparison = .equal
        case "SCMP_CMP_NE": comparison = .notEqual
        case "SCMP_CMP_LT": comparison = .less
        case "SCMP_CMP_LE": comparison = .lessOrEqual
        case "SCMP_CMP_GT": comparison = .greater
        case "SCMP_CMP_GE": comparison = .greaterOrEqual
        case "SCMP_CMP_MASKED_EQ": comparison = .maskedEqual
        case let other: throw ConfigError("\(place).op: \(JSON.quoted(other ?? "")) is no comparison")
        }
        return SystemCallFilter.Condition(
            argument: Int(index), comparison: comparison, value: number(json["value"]), second: number(json["valueTwo"]))
    }

    /// Numbers of 64 bits without a sign; those past the middle are read as floating ones.
    private static func number(_ json: JSON?) -> UInt64 {
        if let int = json?.int { return UInt64(bitPattern: int) }
        return json.flatMap { UInt64($0.text()) } ?? 0
    }

    // MARK: - What an entry depends on

    private static func applies(_ entry: JSON, _ circumstances: Circumstances) -> Bool {
        func texts(_ path: String, _ name: String) -> [String] { (entry[path]?[name]?.array ?? []).compactMap(\.string) }
        func has(_ capability: String) -> Bool {
            CapabilitySet.bit(capability).map { circumstances.capabilities & $0 != 0 } ?? false
        }
        let architectures: [String] = texts("includes", "arches")
        if !architectures.isEmpty, !architectures.contains(circumstances.architecture) { return false }
        if texts("excludes", "arches").contains(circumstances.architecture) { return false }
        if !texts("includes", "caps").allSatisfy(has) || texts("excludes", "caps").contains(where: has) { return false }
        if let least = entry["includes"]?["minKernel"]?.string, isOlder(circumstances.kernel, least) { return false }
        if let least = entry["excludes"]?["minKernel"]?.string, !isOlder(circumstances.kernel, least) { return false }
        return true
    }

    private static func isOlder(_ kernel: String, _ other: String) -> Bool {
        func numbers(_ text: String) -> [Int] { text.split(separator: "-")[0].split(separator: ".").prefix(2).map { Int($0) ?? 0 } }
        return numbers(kernel).lexicographicallyPrecedes(numbers(other))
    }
}
