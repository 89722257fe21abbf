import Client
import Machinery

/// A value of the kubeconfig by the path that `config set` and `config unset` take: `current-context`, `contexts.dev.namespace`.
///
/// Source: k8s.io/kubectl/pkg/cmd/config/navigation_step_parser.go.
struct ConfigProperty {
    let path: String
    private let steps: [String]

    init(_ path: String) {
        self.path = path
        steps = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// The place of a value in an entry of a section.
    struct Place {
        let section: Kubeconfig.Section
        let name: String
        /// Empty for the entry itself.
        let members: [String]
    }

    var isCurrentContext: Bool { path == "current-context" }

    /// The whole list of a section.
    var section: Kubeconfig.Section? { Kubeconfig.Section(rawValue: path) }

    /// Members of the document itself that are no section. Throws kubectl's text for a path that leads into a value.
    func member() throws -> [String]? {
        if path.isEmpty { throw Failure("you must specify a property") }
        guard let deepest = ["current-context": 1, "preferences": 2, "extensions": 1][steps[0]] else { return nil }
        if steps.count > deepest { throw inside }
        return steps
    }

    private var unknown: Failure { Failure("unable to parse \(path) after [] at api.Config") }
    private var inside: Failure { Failure("unable to parse one or more field values of \(path)") }
    static let unsettable = Failure("can't set a map to a value: map[]")

    /// Throws kubectl's text for a path into nothing. Names may hold dots: the longest that is there wins, else all but the last step.
    func place(in config: Kubeconfig) throws -> Place {
        guard let section = Kubeconfig.Section(rawValue: steps[0]), steps.count > 1 else { throw unknown }
        let rest: [String] = Array(steps.dropFirst())
        for count in stride(from: rest.count, through: 1, by: -1) {
            let name: String = rest[..<count].joined(separator: ".")
            guard config[section, name] != nil else { continue }
            return try place(section, name, Array(rest[count...]))
        }
        let members: [String] = Self.members[section] ?? []
        let start: Int = rest.dropFirst().firstIndex { members.contains($0) } ?? rest.count
        return try place(section, rest[..<start].joined(separator: "."), Array(rest[start...]))
    }

    private func place(_ section: Kubeconfig.Section, _ name: String, _ members: [String]) throws(Failure) -> Place {
        // Only the extra of a user to be is a map whose keys can be named.
        if members.count > 1, members[0] != "as-user-extra" { throw inside }
        return Place(section: section, name: name, members: members)
    }

    private static let members: [Kubeconfig.Section: [String]] = [
        .clusters: [
            "server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority", "certificate-authority-data", "proxy-url",
            "disable-compression", "extensions",
        ],
        .users: [
            "client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile", "as", "as-uid",
            "as-groups", "as-user-extra", "username", "password", "auth-provider", "exec", "extensions",
        ],
        .contexts: ["cluster", "user", "namespace", "extensions"],
    ]

    /// The value of a text for a member. Throws what Go says of one that does not fit.
    static func value(_ text: String, of place: Place, raw: Bool) throws -> JSON {
        guard let member = place.members.first, members[place.section]?.contains(member) == true else {
            throw unsettable
        }
        switch member {
        case "insecure-skip-tls-verify", "disable-compression": return .bool(try truth(text))
        case "as-groups", "as-user-extra", "auth-provider", "exec", "extensions": throw unsettable
        case _ where member.hasSuffix("-data"):
            if raw { return .string(Base64Text.encode(Array(text.utf8))) }
            guard Base64Text.decode(text) != nil else { throw Failure("error decoding base64 value of \(member): illegal base64 data") }
            return .string(text)
        default: return .string(text)
        }
    }

    static func truth(_ text: String) throws -> Bool {
        guard let value = ["1": true, "t": true, "true": true, "0": false, "f": false, "false": false][text.lowercased()] else {
            throw Failure("strconv.ParseBool: parsing \(JSON.quoted(text)): invalid syntax")
        }
        return value
    }

    /// What a member is without a value: a few are always written.
    static func absence(at place: Place) -> JSON? {
        let written: [Kubeconfig.Section: [String]] = [.clusters: ["server"], .contexts: ["cluster", "user"]]
        return place.members.count == 1 && written[place.section]?.contains(place.members[0]) == true ? "" : nil
    }
}

/// `config set`
package struct ConfigSet: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config set", abstract: "Set a single value.", usage: "swkube config set PATH VALUE [flags]")

    @Argument(help: "current-context, or a value of an entry such as contexts.dev.namespace, and the value.", value: "path value")
    var words: [String] = []

    @Flag("set-raw-bytes", help: "Members that end with -data: the value is not base64 yet.")
    var setRawBytes = false

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        let words: [String] = try ConfigWords.checked(words, 2, Self.commandName)
        let (property, value): (ConfigProperty, String) = (ConfigProperty(words[0]), words[1])
        let files: KubeconfigFiles = options.files(shell)
        if property.isCurrentContext {
            try files.setCurrentContext(value)
        } else if let member = try property.member() {
            guard member == ["preferences", "colors"] else { throw ConfigProperty.unsettable }
            let json: JSON = .bool(try ConfigProperty.truth(value))
            try files.edit(files.fileForNewEntries) { $0.json[member] = json }
        } else {
            let place: ConfigProperty.Place = try property.place(in: try files.load())
            let value: JSON = try ConfigProperty.value(value, of: place, raw: setRawBytes)
            try files.edit(try files.file(of: place.section, place.name) ?? files.fileForNewEntries) { config in
                var entry: JSON = config[place.section, place.name] ?? [:]
                entry[place.members] = value
                config[place.section, place.name] = entry
            }
        }
        shell.output.line("Property \(JSON.quoted(property.path)) set.")
    }
}

/// `config unset`
package struct ConfigUnset: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config unset", abstract: "Remove a value.", usage: "swkube config unset PATH [flags]")

    @Argument(help: "current-context, or an entry such as contexts.dev or contexts.dev.namespace.", value: "path")
    var words: [String] = []

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        let path: String = try ConfigWords.checked(words, 1, Self.commandName)[0]
        let files: KubeconfigFiles = options.files(shell)
        let property = ConfigProperty(path)
        if let member = try property.member() {
            for file in files.paths where LocalFile.exists(file) {
                try files.edit(file) { config in
                    if property.isCurrentContext { config.currentContext = "" }
                    if !property.isCurrentContext, config.json[member] != nil { config.json[member] = nil }
                    if config.json["preferences"] == [:] { config.json["preferences"] = nil }
                }
            }
        } else if let section = property.section {
            for file in files.paths where LocalFile.exists(file) { try files.edit(file) { $0.json[section.rawValue] = .null } }
        } else {
            let place: ConfigProperty.Place = try property.place(in: try files.load())
            // An entry that is not there needs no removal, as in kubectl.
            if let file = try files.file(of: place.section, place.name) {
                try files.edit(file) { config in
                    if place.members.isEmpty {
                        config[place.section, place.name] = nil
                    } else {
                        let absence: JSON? = ConfigProperty.absence(at: place)
                        guard config[place.section, place.name]?[place.members] != absence else { return }
                        config[place.section, place.name]?[place.members] = absence
                    }
                }
            } else if !place.members.isEmpty {
                throw Failure("current map key `\(place.name)` is invalid")
            }
        }
        shell.output.line("Property \(JSON.quoted(path)) unset.")
    }
}
