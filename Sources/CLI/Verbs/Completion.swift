/// `completion`: prints the script that makes a shell complete this program's words.
package struct Completion: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print the script that completes words in bash, zsh or fish.",
        usage: "swkube completion bash|zsh|fish",
        discussion:
            "In ~/.bashrc:  source <(swkube completion bash)\nIn ~/.zshrc:   source <(swkube completion zsh)\nIn fish:       swkube completion fish > ~/.config/fish/completions/swkube.fish"
    )

    @Argument(help: "bash, zsh or fish.", value: "shell")
    var names: [String] = []

    package init() {}

    package func runLocally(in shell: Shell) throws {
        let hint = "\nSee '\(CLI.program) completion -h' for help and examples"
        if names.count > 1 { throw Failure("Too many arguments. Expected only the shell type." + hint) }
        guard let name = names.first else { throw Failure("Shell not specified." + hint) }
        guard let script = CompletionScript(rawValue: name) else { throw Failure("Unsupported shell type \"\(name)\"." + hint) }
        shell.output.write(script.text)
    }
}
