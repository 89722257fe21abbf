import Client
import Machinery

/// `config` alone: says which verbs it has.
package struct Config: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show and change the kubeconfig.", usage: "swkube config VERB [flags]")

    @Argument(help: "current-context, get-contexts, use-context, view, set-context, …", value: "verb")
    package var words: [String] = []

    package init() {}
}

/// Which kubeconfig the `config` verbs work on.
package struct ConfigFileOptions: FlagGroup {
    @Option("kubeconfig", help: "The kubeconfig file to use.", value: "file")
    var kubeconfig: String?

    package init() {}

    /// Here a file that is not there is an empty one.
    func files(_ shell: Shell) -> KubeconfigFiles {
        KubeconfigFiles(flag: kubeconfig, environment: shell.environment, mayBeMissing: true)
    }
}

/// The words that a verb of `config` needs behind it.
enum ConfigWords {
    /// Throws kubectl's text unless there are so many.
    static func checked(_ words: [String], _ count: Int, _ verb: String) throws -> [String] {
        guard words.count == count else {
            throw Failure("Unexpected args: [\(words.joined(separator: " "))]\nSee '\(CLI.program) \(verb) -h' for help and examples")
        }
        return words
    }
}
