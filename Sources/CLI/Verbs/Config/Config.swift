package import ArgumentParser
import Client
import Machinery

/// `config` alone: says which verbs it has.
package struct Config: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show and change the kubeconfig.", usage: "swkube config VERB [flags]")

    @Argument(help: ArgumentHelp("current-context, get-contexts, use-context, view, set-context, …", valueName: "verb"))
    var words: [String] = []

    package init() {}

    package func runLocally(in shell: Shell) throws {
        if let word = words.first {
            throw Failure("unknown command \(JSON.quoted(word)) for \"\(CLI.program) config\"\nRun '\(CLI.program) config' for usage.")
        }
        shell.output.line("Show and change the kubeconfig.\n\nVerbs:")
        for verb in VerbList.families["config"] ?? [] {
            let name: String = verb._commandName
            shell.output.line("  \(name)\(String(repeating: " ", count: max(1, 26 - name.count)))\(verb.configuration.abstract)")
        }
        shell.output.line("\nUse \"\(CLI.program) config VERB --help\" for more about a verb.")
    }
}

/// Which kubeconfig the `config` verbs work on.
package struct ConfigFileOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The kubeconfig file to use.", valueName: "file"))
    var kubeconfig: String?

    package init() {}

    func files(_ shell: Shell) -> KubeconfigFiles { KubeconfigFiles(flag: kubeconfig, environment: shell.environment) }
}
