import Client
import Machinery

/// `config view`: the kubeconfig as all files together make it, without secrets.
package struct ConfigView: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config view", abstract: "Show the kubeconfig.", usage: "swkube config view [flags]")

    @Flag("raw", help: "Show secrets and certificates, too.")
    var raw = false

    @Flag("minify", help: "Show only what the current context uses.")
    var minify = false

    @Flag("flatten", help: "Show certificates in place of the names of their files.")
    var flatten = false

    @Option("context", help: "With --minify: the context in place of the current one.", value: "name")
    var context: String?

    @Flag("merge", help: "Show all files of the kubeconfig as one; without it the file of --kubeconfig alone.")
    var merge = true

    @Argument(isHidden: true)
    var words: [String] = []

    @OptionGroup var printing: PrintOptions
    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        if !words.isEmpty {
            throw Failure(
                "unexpected arguments: [\(words.joined(separator: " "))]\nSee '\(CLI.program) config view -h' for help and examples")
        }
        if !merge, options.kubeconfig == nil { throw Failure("if merge==false a precise file must be specified") }
        var config: Kubeconfig = try options.files(shell).load(resolvesPaths: flatten)
        // By name, as Go writes its maps.
        for section in Kubeconfig.Section.allCases {
            guard let entries = config.json[section.rawValue]?.array else { continue }
            config.json[section.rawValue] = .array(entries.sorted { $0.text(at: "name") < $1.text(at: "name") })
        }
        if minify, let context { config.currentContext = context }
        if minify { try keepUsed(&config) }
        if flatten { try embedFiles(&config) }
        // As in kubectl, what is to be whole shows all.
        if !raw, !flatten { Self.hideSecrets(&config) }
        var printer = ObjectPrinter(try printing.format(unlessSaid: "yaml"), shell.output)
        try printer.print(config.json, nil)
    }

    private func keepUsed(_ config: inout Kubeconfig) throws {
        let name: String = config.currentContext
        guard !name.isEmpty else { throw Failure("current-context must exist in order to minify") }
        guard let context = config[.contexts, name] else { throw Failure("cannot locate context \(name)") }
        for (section, kept) in [
            (Kubeconfig.Section.contexts, name), (.clusters, context["cluster"]?.string ?? ""), (.users, context["user"]?.string ?? ""),
        ] {
            for other in config.names(section) where other != kept { config[section, other] = nil }
        }
    }

    private func embedFiles(_ config: inout Kubeconfig) throws {
        for section in [Kubeconfig.Section.clusters, .users] {
            for name in config.names(section) {
                for member in ["certificate-authority", "client-certificate", "client-key"] {
                    guard let path = config[section, name]?[member]?.string, !path.isEmpty else { continue }
                    config[section, name]?[member + "-data"] = .string(Base64Text.encode(try LocalFile.read(path)))
                    config[section, name]?[member] = nil
                }
            }
        }
    }

    /// As kubectl hides them.
    static func hideSecrets(_ config: inout Kubeconfig) {
        let hidden: [(member: String, text: JSON)] = [
            ("certificate-authority-data", "DATA+OMITTED"), ("client-certificate-data", "DATA+OMITTED"),
            ("client-key-data", "DATA+OMITTED"),
            ("token", "REDACTED"), ("password", "REDACTED"),
        ]
        for section in [Kubeconfig.Section.clusters, .users] {
            for name in config.names(section) {
                guard var entry = config[section, name] else { continue }
                for (member, text) in hidden where entry[member] != nil { entry[member] = text }
                config[section, name] = entry
            }
        }
    }
}
