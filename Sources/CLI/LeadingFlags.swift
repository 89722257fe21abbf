import ArgumentParser

/// Flags that stand before the verb: `swkube -n kube-system get pods`.
enum LeadingFlags {
    /// Takes them off the front, with their values.
    static func take(from words: inout [String]) throws -> [String] {
        guard let first = words.first, first.hasPrefix("-") else { return [] }
        if ["-h", "--help"].contains(first) {
            words = []
            return []
        }
        let dialect: FlagDialect = try dialect()
        var taken: [String] = []
        while let word = words.first, word.hasPrefix("-") {
            words.removeFirst()
            taken.append(word)
            guard let flag = flag(word, dialect) else { throw Failure("unknown flag: \(word)\nSee '\(CLI.program) --help' for usage.") }
            if hasValueBehind(word, flag) {
                guard let value = words.first else { throw Failure("flag needs an argument: \(word)") }
                words.removeFirst()
                taken.append(value)
            }
        }
        return taken
    }

    /// The word behind them, whatever they are; nil when there is none.
    static func verb(of words: [String]) -> String? {
        guard words.first?.hasPrefix("-") == true, let dialect = try? dialect() else { return words.first }
        var rest: ArraySlice<String> = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-") else { return word }
            let isPreferences: Bool = word == "--kuberc"
            if isPreferences || flag(word, dialect).map({ hasValueBehind(word, $0) }) == true { _ = rest.popFirst() }
        }
        return nil
    }

    /// How many of the words in front are such flags and their values.
    static func count(in words: [String]) -> Int {
        guard words.first?.hasPrefix("-") == true, let dialect = try? dialect() else { return 0 }
        var index: Int = 0
        while index < words.count, words[index].hasPrefix("-"), let flag = flag(words[index], dialect) {
            index += hasValueBehind(words[index], flag) ? 2 : 1
        }
        return min(index, words.count)
    }

    private static func dialect() throws -> FlagDialect {
        var dialect: FlagDialect = try ConnectionOptions.dialect()
        dialect.passOver(try GoProfileOptions.dialect())
        return dialect
    }

    private static func flag(_ word: String, _ dialect: FlagDialect) -> FlagDialect.Flag? {
        guard word.hasPrefix("--") else { return word.dropFirst().first.flatMap { dialect.flag(short: $0) } }
        return dialect.flags[String(word.dropFirst(2).prefix { $0 != "=" })]
    }

    /// `-n x`, `--namespace x`; not `-nx`, `--namespace=x`, `-v=6`.
    private static func hasValueBehind(_ word: String, _ flag: FlagDialect.Flag) -> Bool {
        guard flag.takesValue, !word.contains("=") else { return false }
        return word.hasPrefix("--") || word.count == 2
    }
}
