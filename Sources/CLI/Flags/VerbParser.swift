/// Parses the words behind a verb, as kubectl does, with the flags that the verb declares.
enum VerbParser {
    /// nil when help was asked for and has been given.
    static func parse<V: Verb>(_ type: V.Type, _ words: [String], _ shell: inout Shell) throws -> (any Verb)? {
        var dialect: FlagDialect = V.dialect
        dialect.passOver(Declaration.parameters(of: GoProfileOptions.self))
        if V.isFamily || indifferent.contains(V.commandName.prefix { $0 != " " }) {
            dialect.passOver(Declaration.parameters(of: ConnectionOptions.self))
        }
        let records: Bool = ChangeCause.Option.verbs.contains(V.commandName)
        if records { dialect.passOver(Declaration.parameters(of: ChangeCause.Option.self)) }
        let reading: FlagDialect.Reading = try dialect.read(words)
        guard !reading.asksForHelp else {
            shell.output.write(VerbHelp(type, dialect.parameters, columns: shell.columns.map { min($0, 120) } ?? 100).text)
            return nil
        }
        if let dryRun = reading.given.flags["dry-run"]?.last, let deprecation = DryRun.deprecation(of: dryRun) {
            shell.output.warn(deprecation)
        }
        if records, reading.given.flags[ChangeCause.Option.name] != nil {
            shell.output.note(ChangeCause.Option.deprecation)
            shell.changeCause = ChangeCause(V.commandName, reading)
        }
        return Declaration.make(type, reading.given)
    }

    /// Verbs that ask no server and take the flags for one all the same, as each command of kubectl does.
    private static let indifferent: [Substring] = ["completion", "config", "kuberc", "kustomize", "options", "plugin"]
}
