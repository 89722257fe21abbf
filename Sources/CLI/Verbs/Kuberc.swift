import Client
import Machinery

/// `kuberc` alone: says which verbs it has.
package struct Kuberc: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "kuberc", abstract: "Show and change preferences: aliases, and defaults of flags.", usage: "swkube kuberc VERB [flags]"
    )

    @Argument(help: "set, view.", value: "verb")
    package var words: [String] = []

    package init() {}
}

/// `kuberc view`
package struct KubercView: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "kuberc view", abstract: "Show the preferences.", usage: "swkube kuberc view [flags]")

    @Option("kuberc", help: "The file; without it $KUBERC or ~/.kube/kuberc.", value: "file")
    var kuberc: String?

    @OptionGroup var printing: PrintOptions

    package init() {}

    package func runLocally(in shell: Shell) throws {
        let file = PreferencesFile(flag: kuberc, shell.environment)
        guard let json = try file.read() else { throw Failure("kuberc file not found at \(file.path)") }
        var printer = ObjectPrinter(try printing.format(unlessSaid: "yaml"), shell.output)
        try printer.print(json, nil)
    }
}

/// `kuberc set`: changes one entry of the preferences.
package struct KubercSet: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "kuberc set", abstract: "Set an alias or a command's default flags.",
        usage: "swkube kuberc set --section defaults|aliases|credentialplugin --command=COMMAND [flags]")

    @Option("section", help: "defaults, aliases or credentialplugin.", value: "section")
    var section: String?

    @Option("command", help: "The command: get, \"set env\".", value: "command")
    var command = ""

    @Option("name", help: "The alias.", value: "name")
    var name = ""

    @Option("option", help: "A flag and its value; may be repeated.", value: "flag=value")
    var options: [String] = []

    @Option("prependarg", help: "A word before the user's, for aliases.", value: "word")
    var prepended: [String] = []

    @Option("appendarg", help: "A word behind the user's, for aliases.", value: "word")
    var appended: [String] = []

    @Option("policy", help: "Of credential plugins: AllowAll, DenyAll or Allowlist.", value: "policy")
    var policy = ""

    @Option("allowlist-entry", help: "A plugin that may run: command=NAME.", value: "field=value")
    var allowed: [String] = []

    @Flag("overwrite", help: "Replace an entry that is there.")
    var overwrite = false

    @Option("kuberc", help: "The file; without it $KUBERC or ~/.kube/kuberc.", value: "file")
    var kuberc: String?

    package init() {}

    package func runLocally(in shell: Shell) throws {
        guard let section else { throw Failure("required flag(s) \"section\" not set") }
        let file = PreferencesFile(flag: kuberc, shell.environment)
        let found: JSON? = LocalFile.exists(file.path) ? try file.read() : nil
        var json: JSON = found ?? ["apiVersion": .string(Preferences.apiVersion), "kind": "Preference", "aliases": [], "defaults": []]
        switch section {
        case "defaults": try put(try entry(), in: "defaults", of: &json, same: "command", named: "defaults for command")
        case "aliases":
            if name.isEmpty { throw Failure("--name is required when --section=aliases") }
            var entry: JSON = try entry()
            entry["name"] = .string(name)
            entry["prependArgs"] = prepended.isEmpty ? nil : .array(prepended.map { .string($0) })
            entry["appendArgs"] = appended.isEmpty ? nil : .array(appended.map { .string($0) })
            try put(entry, in: "aliases", of: &json, same: "name", named: "alias")
        case "credentialplugin":
            json["credentialPluginPolicy"] = .string(policy)
            json["credentialPluginAllowlist"] =
                allowed.isEmpty ? nil : .array(try allowed.map { try pair($0, "allowlist entry") }.map { [$0.name: .string($0.value)] })
        default: throw Failure("--section must be \"defaults\", \"aliases\", or \"credentialplugin\", got: \(section)")
        }
        _ = try Preferences(json)
        try file.write(json)
        shell.output.line("Updated \(file.path)")
    }

    private func entry() throws -> JSON {
        if command.isEmpty { throw Failure("--command is required when --section=\(section ?? "")") }
        let values: [JSON] = try options.map { try pair($0, "option") }.map {
            ["name": .string($0.name), "default": .string($0.value)]
        }
        return ["command": .string(command), "options": .array(values)]
    }

    private func pair(_ text: String, _ what: String) throws -> (name: String, value: String) {
        guard let equals = text.firstIndex(of: "=") else {
            throw Failure("invalid \(what) format \(JSON.quoted(text)), expected \(what == "option" ? "flag" : "field")=value")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    private func put(_ entry: JSON, in member: String, of json: inout JSON, same key: String, named what: String) throws {
        var entries: [JSON] = json[member]?.array ?? []
        if let index = entries.firstIndex(where: { $0[key] == entry[key] }) {
            guard overwrite else {
                throw Failure(
                    "\(what) \(JSON.quoted(entry.text(at: key))) already exist\(what == "alias" ? "s" : ""), use --overwrite to replace")
            }
            entries[index] = entry
        } else {
            entries.append(entry)
        }
        json[member] = .array(entries)
    }
}
