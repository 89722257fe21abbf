import Client
import Sandbox

/// `kubectl`: the same program under that name, for scripts that want nothing but kubectl.
package struct Kubectl: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "kubectl", abstract: "Behave as kubectl does, texts and exit codes included.",
        usage: "swkube kubectl [--] VERB [flags]",
        discussion: "The same as a link to this program that is called kubectl. It needs no kubectl on this machine.")

    @Argument(.everything, help: "What kubectl is to do.", value: "words")
    var words: [String] = []

    package init() {}

    package func runLocally(in shell: Shell) throws {
        var program = Program(Host.executable, words.first == "--" ? Array(words.dropFirst()) : words)
        program.shownName = "kubectl"
        try shell.become(program)
    }
}
