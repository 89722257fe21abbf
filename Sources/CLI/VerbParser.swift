import ArgumentParser
import Machinery

/// Parses the words behind a verb.
///
/// ArgumentParser reads the common forms. What it does not take (`--watch=true`, `-ojson`, `--tail -1`) or cannot read is gone through
/// once more as kubectl's flags are (spf13/pflag), with the flags that the verb declares: it is written in the common form, or told in
/// kubectl's words.
enum VerbParser {
    /// nil when help was asked for and has been given.
    static func parse(_ type: any Verb.Type, _ words: [String], _ shell: Shell) throws -> (any Verb)? {
        let words: [String] = withBareValues(words)
        do { return try instance(type, words) } catch {
            if let text = help(type, error, shell) {
                shell.output.write(text)
                return nil
            }
            let rewritten: [String] = try dialect(type).rewritten(words)
            guard rewritten != words else { throw Failure(message(type, error)) }
            do { return try instance(type, rewritten) } catch {
                if let text = help(type, error, shell) {
                    shell.output.write(text)
                    return nil
                }
                throw Failure(message(type, error))
            }
        }
    }

    /// Verbs that ask no server and take the flags for one all the same, as each command of kubectl does.
    private static let indifferent: Set<String> = ["completion", "config", "kuberc", "kustomize", "options", "plugin"]

    private static func dialect<V: Verb>(_ type: V.Type) throws -> FlagDialect {
        var dialect = try FlagDialect(type)
        dialect.passOver(try GoProfileOptions.dialect())
        if type is any FamilyVerb.Type || indifferent.contains(String(V._commandName.prefix { $0 != " " })) {
            dialect.passOver(try ConnectionOptions.dialect())
        }
        return dialect
    }

    private static func instance<V: Verb>(_ type: V.Type, _ words: [String]) throws -> (any Verb)? {
        // For `--help` ArgumentParser gives back a command of its own.
        guard let verb = try V.parseAsRoot(words) as? V else { throw CleanExit.helpRequest(V.self) }
        return verb
    }

    private static func help<V: Verb>(_ type: V.Type, _ error: any Error, _ shell: Shell) -> String? {
        guard V.exitCode(for: error) == .success else { return nil }
        return V.helpMessage(columns: shell.columns.map { min($0, 120) } ?? 100) + "\n"
    }

    private static func message<V: Verb>(_ type: V.Type, _ error: any Error) -> String {
        "\(V.message(for: error))\nSee '\(CLI.program) \(V._commandName) --help' for usage."
    }

    /// Flags whose value may be left out, and what that means. Source: `NoOptDefVal` in kubectl.
    private static let bareValues: [String: String] = [
        "--dry-run": "--dry-run=unchanged", "--cascade": "--cascade=background", "--validate": "--validate=strict",
    ]

    private static func withBareValues(_ words: [String]) -> [String] {
        let end: Int = words.firstIndex(of: "--") ?? words.count
        return words.enumerated().map { index, word in index < end ? bareValues[word] ?? word : word }
    }
}
