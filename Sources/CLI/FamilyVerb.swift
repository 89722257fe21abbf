import Machinery

/// A word with verbs of its own behind it (`rollout status`): alone it says which.
package protocol FamilyVerb: LocalVerb {
    /// What stands behind the word and is no verb of it.
    var words: [String] { get }
    /// True where kubectl takes the word alone for a mistake.
    static var needsVerb: Bool { get }
}

extension FamilyVerb {
    package static var needsVerb: Bool { true }
    package static var isFamily: Bool { true }

    package func runLocally(in shell: Shell) throws {
        let family: String = Self.commandName
        if !words.isEmpty {
            throw Failure(
                "unknown command \(JSON.quoted(words.joined(separator: " ")))\nSee '\(CLI.program) \(family) -h' for help and examples")
        }
        var text: String = "\(Self.configuration.abstract)\n\nVerbs:\n"
        for verb in VerbList.verbs(under: family) {
            let name: String = verb.commandName
            text += "  \(name)\(String(repeating: " ", count: max(1, 26 - name.count)))\(verb.configuration.abstract)\n"
        }
        text += "\nUse \"\(CLI.program) \(family) VERB --help\" for more about a verb.\n"
        // As kubectl: a word that does nothing by itself is no success.
        defer { shell.output.flush() }
        shell.output.write(text, to: Self.needsVerb ? .error : .out)
        if Self.needsVerb { throw Failure.silent() }
    }
}
