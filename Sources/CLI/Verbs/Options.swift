package import ArgumentParser

/// `options`: the flags that every verb takes.
package struct Options: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "options", abstract: "Show the flags that every verb takes.", usage: "swkube options")

    package init() {}

    package func runLocally(in shell: Shell) throws {
        let dialect: FlagDialect = try FlagDialect(dump: ConnectionOptions._dumpHelp(), verb: "options")
        shell.output.line("The following options can be passed to any command:\n")
        for flag in dialect.flags.filter({ $0.key == $0.value.long }).values.sorted(by: { $0.long < $1.long }) {
            let short: String = dialect.short(of: flag.long).map { "-\($0), " } ?? ""
            shell.output.line("    \(short)--\(flag.long)\(flag.takesValue ? "=" + flag.valueType.uppercased() : ""):\n\t\(flag.doc)\n")
        }
    }
}
