package import Client
import Machinery

/// The user's preferences for verbs: aliases, and defaults of flags. kubectl's file kuberc.
///
/// Source: kubectl.config.k8s.io/v1beta1, k8s.io/kubectl/pkg/kuberc.
package struct Preferences: Sendable {
    struct Alias: Sendable {
        let name: String
        let command: [String]
        let options: [FlagDefault]
        let prepended: [String]
        let appended: [String]
    }

    struct FlagDefault: Sendable {
        let flag: String
        let value: String
    }

    static let apiVersion = "kubectl.config.k8s.io/v1beta1"

    private(set) var aliases: [Alias] = []
    private(set) var defaults: [(command: String, options: [FlagDefault])] = []
    /// Which programs may hand out credentials.
    package private(set) var plugins: ExecCredential.Policy = .all

    package init() {}

    /// What a file says. Throws ``Failure`` that names what is wrong.
    init(_ json: JSON) throws {
        aliases = json.list("aliases").map { entry in
            Alias(
                name: entry.text(at: "name"), command: entry.text(at: "command").split(separator: " ").map(String.init),
                options: Self.options(entry), prepended: entry.list("prependArgs").compactMap(\.string),
                appended: entry.list("appendArgs").compactMap(\.string))
        }
        var names: Set<String> = []
        for alias in aliases {
            guard !alias.name.isEmpty, alias.name.allSatisfy({ $0.isASCII && $0.isLetter }) else {
                throw Failure("invalid alias name, can only include alphabetical characters")
            }
            guard names.insert(alias.name).inserted else { throw Failure("duplicate alias name \(alias.name)") }
        }
        defaults = json.list("defaults").map { ($0.text(at: "command"), Self.options($0)) }
        let allowed: JSON? = json["credentialPluginAllowlist"].flatMap { $0.isNull ? nil : $0 }
        switch json.text(at: "credentialPluginPolicy") {
        case let policy where ["", "AllowAll", "DenyAll"].contains(policy):
            if allowed != nil {
                throw Failure(
                    "misconfigured credential plugin allowlist: plugin policy is \(JSON.quoted(policy)) but allowlist is non-nil")
            }
            plugins = policy == "DenyAll" ? .none : .all
        case "Allowlist":
            plugins = .these((allowed?.array ?? []).map { $0["command"]?.string ?? $0.text(at: "name") })
        case let other: throw Failure("unknown plugin policy: \(JSON.quoted(other))")
        }
    }

    private static func options(_ entry: JSON) -> [FlagDefault] {
        entry.list("options").map { FlagDefault(flag: $0.text(at: "name"), value: $0.text(at: "default")) }
    }

    /// The words with an alias in front written out. The verbs of this program go before aliases.
    func expanded(_ words: [String]) throws -> [String] {
        guard let alias = aliases.first(where: { $0.name == words.first }), !VerbList.all.contains(where: { $0.commandName == alias.name })
        else { return words }
        var rest: [String] = Array(alias.command.dropFirst())
        guard let first = alias.command.first, let type = try? VerbList.type(of: first, &rest), rest.isEmpty else {
            let command: String = alias.command.joined(separator: " ")
            throw Failure("command \(JSON.quoted(command)) not found to set alias \(JSON.quoted(alias.name)): [\(command)]")
        }
        let given: [String] = Array(words.dropFirst())
        let dialect: FlagDialect = type.dialect
        let options: [String] = try Self.missing(alias.options, in: given, dialect) { "invalid alias flag \($0) in alias \(alias.name)" }
        return alias.command + alias.prepended + options + given + alias.appended
    }

    /// The words behind a verb with the defaults of flags that they leave out.
    func withDefaults(_ type: any Verb.Type, _ words: [String]) throws -> [String] {
        let name: String = type.commandName
        guard let options = defaults.first(where: { $0.command == name })?.options else { return words }
        return try Self.missing(options, in: words, type.dialect) { "invalid flag \($0) for command \(name)" } + words
    }

    /// Those options as words that `words` do not give.
    private static func missing(
        _ options: [FlagDefault], in words: [String], _ dialect: FlagDialect, unknown: (String) -> String
    ) throws -> [String] {
        let given: Set<String> = dialect.names(in: words)
        return try options.compactMap { option in
            guard let flag = dialect.flag(option.flag) else { throw Failure(unknown(option.flag)) }
            return given.contains(flag.name) ? nil : "--\(option.flag)=\(option.value)"
        }
    }
}
