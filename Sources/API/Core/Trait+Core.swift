package import Machinery

/// Rules for values that stand in many places of the core group, with the texts of pkg/apis/core/validation.
extension Trait {
    /// 1 to 65535; 0 is no port at all.
    package static var portNumber: Trait {
        .check { value, path, problems in
            guard let number: Int64 = value.int, number != 0 else { return }
            if let detail: String = portProblem(number) { problems.invalid(path, value, detail) }
        }
    }

    /// 1 to 65535; 0 counts as missing.
    package static var requiredPortNumber: Trait {
        .check { value, path, problems in
            guard let number: Int64 = value.int else { return }
            if number == 0 { return problems.required(path) }
            if let detail: String = portProblem(number) { problems.invalid(path, value, detail) }
        }
    }

    /// A number from 1 to 65535 or a port's name.
    package static var portNumberOrName: Trait {
        .check { value, path, problems in
            if let number: Int64 = value.int, let detail: String = portProblem(number) { problems.invalid(path, value, detail) }
            if let name: String = value.string { for detail in Names.portName(name) { problems.invalid(path, value, detail) } }
        }
    }

    private static func portProblem(_ number: Int64) -> String? {
        (1...65535).contains(number) ? nil : "must be between 1 and 65535, inclusive"
    }

    /// Permission bits of a file.
    package static var fileMode: Trait {
        .check { value, path, problems in
            if let mode: Int64 = value.int, !(0...0o777).contains(mode) {
                problems.invalid(path, value, "must be a number between 0 and 0777 (octal), both inclusive")
            }
        }
    }

    /// 1 to 100.
    package static var weight: Trait {
        .check { value, path, problems in
            if let weight: Int64 = value.int, !(1...100).contains(weight) {
                problems.invalid(path, value, "must be in the range 1-100")
            }
        }
    }

    package static var aboveZero: Trait {
        .check { value, path, problems in
            if let number: Int64 = value.int, number <= 0 { problems.invalid(path, value, "must be greater than zero") }
        }
    }

    package static func above(_ limit: Int64) -> Trait {
        .check { value, path, problems in
            if let number: Int64 = value.int, number <= limit { problems.invalid(path, value, "must be greater than \(limit)") }
        }
    }

    /// A user or group number.
    package static var userID: Trait { .between(0, Int64(Int32.max)) }

    /// User or group numbers.
    package static var userIDs: Trait { .between(0, Int64(Int32.max)) }

    /// A path below some directory: neither absolute nor upwards.
    package static var relativePath: Trait {
        .check { value, path, problems in
            guard let text: String = value.string, !text.isEmpty else { return }
            if text.hasPrefix("/") { problems.invalid(path, value, "must be a relative path") }
            if goesUp(text) { problems.invalid(path, value, "must not contain '..'") }
        }
    }

    package static var noBacksteps: Trait {
        .check { value, path, problems in
            if let text: String = value.string, goesUp(text) { problems.invalid(path, value, "must not contain '..'") }
        }
    }

    private static func goesUp(_ path: String) -> Bool { path.split(separator: "/").contains("..") }

    package static var absolutePath: Trait {
        .check { value, path, problems in
            if let text: String = value.string, !text.hasPrefix("/") { problems.invalid(path, value, "must be an absolute path") }
        }
    }

    package static var ipAddress: Trait { .format(Names.ipAddress) }

    package static var nonNegativeQuantity: Trait {
        .check { value, path, problems in
            if Quantity.read(value).sign < 0 { problems.invalid(path, value, "must be greater than or equal to 0") }
        }
    }

    /// 10 minutes to 2^32 seconds.
    package static var tokenLifetime: Trait {
        .check { value, path, problems in
            guard let seconds: Int64 = value.int else { return }
            if seconds < 600 { problems.invalid(path, value, "may not specify a duration less than 10 minutes") }
            if seconds > 1 << 32 { problems.invalid(path, value, "may not specify a duration larger than 2^32 seconds") }
        }
    }

    /// `iqn`, `eui` or `naa` and a dot.
    package static var iscsiName: Trait {
        .check { value, path, problems in
            guard let name: String = value.string, !name.isEmpty else { return }
            if !["iqn.", "eui.", "naa."].contains(where: name.hasPrefix) {
                problems.invalid(path, value, "must be valid format starting with 'iqn.', 'eui.', or 'naa.'")
            }
        }
    }

    /// Segments of lower-case letters, digits, dashes and underscores, with dots or slashes between.
    package static var sysctlName: Trait {
        .check { value, path, problems in
            guard let name: String = value.string, !name.isEmpty else { return }
            let isGood: Bool =
                name.utf8.count <= 253
                && name.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "/" }).allSatisfy(isSysctlSegment)
            if !isGood {
                problems.invalid(
                    path, value,
                    "must have at most 253 characters and match regex "
                        + "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$")
            }
        }
    }

    private static func isSysctlSegment(_ segment: Substring) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard let first: UInt8 = segment.utf8.first, let last: UInt8 = segment.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && segment.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    /// The signals that Linux knows.
    package static var stopSignal: Trait {
        let numbered: [String] = (1...15).flatMap { ["SIGRTMIN+\($0)"] + ($0 < 15 ? ["SIGRTMAX-\($0)"] : []) }
        let named: [String] = [
            "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGIOT",
            "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM",
            "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ",
            "SIGRTMIN", "SIGRTMAX",
        ]
        return .rule(.oneOf((named + numbered).sorted()))
    }
}
