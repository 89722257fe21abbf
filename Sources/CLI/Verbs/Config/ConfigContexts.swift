import Client
import Machinery

/// `config current-context`
package struct ConfigCurrentContext: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config current-context", abstract: "Show the current context.", usage: "swkube config current-context [flags]")

    @Argument(isHidden: true)
    var ignored: [String] = []

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        let current: String = try options.files(shell).load().currentContext
        guard !current.isEmpty else { throw Failure("current-context is not set") }
        shell.output.line(current)
    }
}

/// `config get-contexts`
package struct ConfigGetContexts: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config get-contexts", abstract: "Show the contexts.", usage: "swkube config get-contexts [NAME …] [flags]")

    @Argument(help: "Only these contexts.", value: "name")
    var names: [String] = []

    @Option("output", "o", help: "name shows names only.", value: "name")
    var output: String?

    @Flag("no-headers", help: "Leave the header of the table out.")
    var noHeaders = false

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        if let output, output != "name" {
            throw Failure("--output \(output) is not available in \(CLI.program) config get-contexts; resetting to default output format")
        }
        let config: Kubeconfig = try options.files(shell).load()
        var failures = Failures()
        var writer = TabWriter.table
        if output == nil, !noHeaders { writer.line(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]) }
        for name in names.isEmpty ? config.names(.contexts).sorted() : names {
            guard let context = config[.contexts, name] else {
                failures.add(Failure("context \(name) not found"))
                continue
            }
            if output != nil {
                shell.output.line(name)
            } else {
                writer.line([
                    name == config.currentContext ? "*" : "", name, context["cluster"]?.string ?? "", context["user"]?.string ?? "",
                    context["namespace"]?.string ?? "",
                ])
            }
        }
        shell.output.write(writer.rendered())
        try failures.throwIfAny()
    }
}

/// `config use-context`
package struct ConfigUseContext: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config use-context", abstract: "Choose the current context.", usage: "swkube config use-context NAME [flags]",
        aliases: ["config use"])

    @Argument(help: "The context.", value: "name")
    var words: [String] = []

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        let name: String = try ConfigWords.checked(words, 1, Self.commandName)[0]
        let files: KubeconfigFiles = options.files(shell)
        guard try files.load()[.contexts, name] != nil else { throw Failure("no context exists with the name: \(JSON.quoted(name))") }
        try files.setCurrentContext(name)
        shell.output.line("Switched to context \(JSON.quoted(name)).")
    }
}

/// `config rename-context`
package struct ConfigRenameContext: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config rename-context", abstract: "Give a context another name.",
        usage: "swkube config rename-context OLD NEW [flags]")

    @Argument(help: "The name now, and the one to give.", value: "old new")
    var words: [String] = []

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        let names: [String] = try ConfigWords.checked(words, 2, Self.commandName)
        let (old, new): (String, String) = (names[0], names[1])
        let files: KubeconfigFiles = options.files(shell)
        let config: Kubeconfig = try files.load()
        guard config[.contexts, old] != nil, let file = try files.file(of: .contexts, old) else {
            throw Failure("cannot rename the context \(JSON.quoted(old)), it's not in \(files.fileForNewEntries)")
        }
        guard config[.contexts, new] == nil else {
            throw Failure("cannot rename the context \(JSON.quoted(old)), the context \(JSON.quoted(new)) already exists in \(file)")
        }
        try files.edit(file) { config in
            let entry: JSON? = config[.contexts, old]
            config[.contexts, new] = entry
            config[.contexts, old] = nil
        }
        if config.currentContext == old { try files.setCurrentContext(new) }
        shell.output.line("Context \(JSON.quoted(old)) renamed to \(JSON.quoted(new)).")
    }
}
