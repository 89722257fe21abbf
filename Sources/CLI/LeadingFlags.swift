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
        let dialect: FlagDialect = try FlagDialect(dump: ConnectionOptions._dumpHelp(), verb: "help")
        var taken: [String] = []
        while let word = words.first, word.hasPrefix("-") {
            words.removeFirst()
            taken.append(word)
            guard !word.contains("=") else { continue }
            let flag: FlagDialect.Flag? =
                word.hasPrefix("--")
                ? dialect.flags[String(word.dropFirst(2))] : word.dropFirst().first.flatMap { dialect.flag(short: $0) }
            guard let flag else { throw Failure("unknown flag: \(word)\nSee '\(CLI.program) --help' for usage.") }
            let hasValue: Bool = !word.hasPrefix("--") && word.count > 2
            if flag.takesValue, !hasValue {
                guard let value = words.first else { throw Failure("flag needs an argument: \(word)") }
                words.removeFirst()
                taken.append(value)
            }
        }
        return taken
    }
}
