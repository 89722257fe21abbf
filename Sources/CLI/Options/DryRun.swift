import Machinery

/// `--dry-run`, a flag of every verb that changes something.
struct DryRunOptions: FlagGroup {
    @Option(
        "dry-run", bare: "unchanged", help: "Change nothing: client only says what would be done, server tries it.",
        value: "none|client|server")
    var dryRun = "none"

    /// Throws kubectl's text for a value that it does not know.
    func value() throws -> DryRun { try DryRun(dryRun) }
}

/// The value of `--dry-run`.
enum DryRun: Sendable {
    case none
    case client
    case server

    /// Throws kubectl's text for anything else.
    init(_ text: String) throws {
        switch text {
        case "none": self = .none
        // The flag alone, as it was once.
        case "client", "unchanged": self = .client
        case "server": self = .server
        default:
            if let isOn = try? Bool(flag: text) {
                self = isOn ? .client : .none
                return
            }
            throw Failure("Invalid dry-run value (\(text)). Must be \"none\", \"server\", or \"client\".")
        }
    }

    /// What kubectl says of a value that it takes for old times' sake; nil for the others.
    static func deprecation(of text: String) -> String? {
        if text == "unchanged" { return "--dry-run is deprecated and can be replaced with --dry-run=client." }
        guard let isOn = try? Bool(flag: text) else { return nil }
        return "--dry-run=\(text) is deprecated (boolean value) and can be replaced with --dry-run=\(isOn ? "client" : "none")."
    }

    /// False when only words are made.
    var reachesServer: Bool { if case .client = self { false } else { true } }

    /// Behind what was done: ` (dry run)`.
    var suffix: String {
        switch self {
        case .none: ""
        case .client: " (dry run)"
        case .server: " (server dry run)"
        }
    }
}

/// The value of `--validate`: how the server treats fields that it does not know.
enum FieldValidation {
    /// The word of the API. Throws kubectl's text for anything else.
    static func word(_ text: String) throws -> String {
        switch text {
        case "strict", "true": return "Strict"
        case "warn": return "Warn"
        case "ignore", "false": return "Ignore"
        default:
            throw Failure("invalid - validate option \(JSON.quoted(text)); must be one of: strict (or true), warn, ignore (or false)")
        }
    }
}

/// How long: `30s`, `1h30m`; a bare number is refused but for 0.
struct Span: FlagValue {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init(flag text: String) throws { duration = try GoDuration.parse(text) }

    var flagText: String { GoDuration.text(duration) }
}
