/// `alpha`: commands of kubectl that are tried out, of which there are none.
package struct Alpha: LocalVerb {
    package static let configuration = CommandConfiguration(commandName: "alpha", abstract: "Commands that are tried out: there are none.")

    package init() {}

    package func runLocally(in shell: Shell) throws {
        shell.output.note("No alpha commands are available in this version of kubectl")
    }
}
