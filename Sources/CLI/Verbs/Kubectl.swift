package import ArgumentParser
import Client
import Sandbox

/// `kubectl`: the same program under that name, for scripts that want nothing but kubectl.
package struct Kubectl: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "kubectl", abstract: "Behave as kubectl does, texts and exit codes included.",
        usage: "swkube kubectl [--] VERB [flags]",
        discussion: "The same as a link to this program that is called kubectl. It needs no kubectl on this machine.")

    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("What kubectl is to do.", valueName: "words"))
    var words: [String] = []

    package init() {}

    package func runLocally(in shell: Shell) throws {
        var program = Program(Host.executable, words.first == "--" ? Array(words.dropFirst()) : words)
        program.shownName = "kubectl"
        shell.output.flush()
        let code: Int32 = program.replaceThisProcess()
        throw Failure("cannot run \(Host.executable): \(FileError.reason(of: code))")
    }
}
