/// `options`: the flags that every verb takes.
package struct Options: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "options", abstract: "Show the flags that every verb takes.", usage: "swkube options")

    package init() {}

    package func runLocally(in shell: Shell) throws {
        shell.output.line("The following options can be passed to any command:\n")
        for flag in Declaration.parameters(of: ConnectionOptions.self).sorted(by: { $0.name < $1.name }) {
            let short: String = flag.letter.map { "-\($0), " } ?? ""
            shell.output.line("    \(short)--\(flag.name)\(flag.takesValue ? "=" + flag.value.uppercased() : ""):\n\t\(flag.doc)\n")
        }
    }
}
