import Machinery

/// `image` alone: says which verbs it has.
package struct Image: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Load, pull, show and remove images.", usage: "swkube image VERB [flags]",
        discussion: """
            Images lie in the cluster's folder, and the verbs work on them there, whether the cluster runs or not. A container that waits for \
            its image gets it at the next attempt. What programs of this machine stand for which images says the catalogue: \
            swkube get hostimages.
            """)

    @Argument(help: "inspect, load, ls, pull or rm", value: "verb")
    var words: [String] = []

    package init() {}

    package func runLocally(in shell: Shell) throws {
        if let word = words.first {
            throw Failure("unknown command \(JSON.quoted(word)) for \"\(CLI.program) image\"\nRun '\(CLI.program) image' for usage.")
        }
        shell.output.line("Load, pull, show and remove images.\n\nVerbs:")
        for verb in VerbList.family("image") {
            let name: String = verb.commandName
            shell.output.line("  \(name)\(String(repeating: " ", count: max(1, 16 - name.count)))\(verb.configuration.abstract)")
        }
        shell.output.line("\nUse \"\(CLI.program) image VERB --help\" for more about a verb.")
    }
}
