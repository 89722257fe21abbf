/// Flags that stand before the verb: `swkube -n kube-system get pods`.
enum LeadingFlags {
    /// Takes them off the front, with their values.
    static func take(from words: inout [String]) throws -> [String] {
        guard let first = words.first, first.hasPrefix("-") else { return [] }
        if ["-h", "--help"].contains(first) {
            words = []
            return []
        }
        let dialect: FlagDialect = dialect
        var taken: [String] = []
        while let word = words.first, word.hasPrefix("-") {
            words.removeFirst()
            taken.append(word)
            guard dialect.flag(word: word) != nil else { throw Failure("unknown flag: \(word)\nSee '\(CLI.program) --help' for usage.") }
            if dialect.hasValueBehind(word) {
                guard let value = words.first else { throw Failure("flag needs an argument: \(word)") }
                words.removeFirst()
                taken.append(value)
            }
        }
        return taken
    }

    /// The word behind them, whatever they are; nil when there is none.
    static func verb(of words: [String]) -> String? {
        guard words.first?.hasPrefix("-") == true else { return words.first }
        let dialect: FlagDialect = dialect
        var rest: ArraySlice<String> = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-") else { return word }
            if word == "--kuberc" || dialect.hasValueBehind(word) { _ = rest.popFirst() }
        }
        return nil
    }

    /// How many of the words in front are such flags and their values.
    static func count(in words: [String]) -> Int {
        guard words.first?.hasPrefix("-") == true else { return 0 }
        let dialect: FlagDialect = dialect
        var index: Int = 0
        while index < words.count, words[index].hasPrefix("-"), dialect.flag(word: words[index]) != nil {
            index += dialect.hasValueBehind(words[index]) ? 2 : 1
        }
        return min(index, words.count)
    }

    private static var dialect: FlagDialect {
        var dialect = FlagDialect(Declaration.parameters(of: ConnectionOptions.self), verb: "help")
        dialect.passOver(Declaration.parameters(of: GoProfileOptions.self))
        return dialect
    }
}
