/// The help of one verb: what it is for, its usage, and what it declares, the verb's own flags first.
struct VerbHelp {
    private let about: CommandConfiguration
    private let name: String
    private let parameters: [Parameter]
    /// Width of the text.
    private let columns: Int

    init<V: Verb>(_ type: V.Type, _ parameters: [Parameter], columns: Int) {
        about = V.configuration
        name = V.commandName
        self.parameters = parameters.filter { !$0.isHidden }
        self.columns = max(columns, 40)
    }

    var text: String {
        var parts: [String] = ["OVERVIEW: " + wrapped(about.abstract, from: 0, at: 10)]
        if !about.discussion.isEmpty {
            parts.append(
                about.discussion.split(separator: "\n", omittingEmptySubsequences: false).map { wrapped(String($0), from: 0, at: 0) }
                    .joined(separator: "\n"))
        }
        parts.append("USAGE: " + (about.usage.isEmpty ? "\(CLI.program) \(name) [flags]" : about.usage))
        parts.append(section("ARGUMENTS", parameters.filter { $0.place != nil }))
        let flags: [Parameter] = parameters.filter { $0.place == nil }
        let help = Parameter(kind: .flag, names: ["help"], letter: "h", doc: "Show this.")
        parts.append(section("OPTIONS", flags.filter(\.section.isEmpty) + [help]))
        var titles: [String] = []
        for flag in flags where !flag.section.isEmpty && !titles.contains(flag.section) { titles.append(flag.section) }
        parts += titles.map { title in section(title.uppercased(), flags.filter { $0.section == title }) }
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private func section(_ title: String, _ parameters: [Parameter]) -> String {
        parameters.isEmpty ? "" : "\(title):\n" + parameters.map(line).joined(separator: "\n")
    }

    /// Where the second column begins.
    private static let margin = 26

    private func line(_ parameter: Parameter) -> String {
        let left: String = "  " + parameter.shown
        let doc: String =
            parameter.doc + (parameter.unlessGiven.isEmpty || parameter.unlessGiven == "0s" ? "" : " (default: \(parameter.unlessGiven))")
        guard !doc.isEmpty else { return left }
        let gap: String =
            left.count + 1 < Self.margin
            ? String(repeating: " ", count: Self.margin - left.count) : "\n" + String(repeating: " ", count: Self.margin)
        return left + gap + wrapped(doc, from: Self.margin, at: Self.margin)
    }

    /// Text in lines that are no longer than the width, the first of which begins in column `at`, the others in `from`.
    private func wrapped(_ text: String, from: Int, at: Int) -> String {
        var result: String = ""
        var column: Int = at
        for word in text.split(separator: " ") {
            if column + word.count + 1 > columns, column > from {
                result += "\n" + String(repeating: " ", count: from)
                column = from
            } else if !result.isEmpty {
                result += " "
                column += 1
            }
            result += word
            column += word.count
        }
        return result
    }
}
