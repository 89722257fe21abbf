import Machinery

/// The flags of one verb as spf13/pflag reads them, which is how kubectl's users write them.
struct FlagDialect {
    /// What stood behind a verb.
    struct Reading {
        var given = Declaration.Given()
        /// The flags as they came, one after the other.
        var sequence: [(name: String, value: String)] = []
        var asksForHelp: Bool = false
        /// Words without a dash, those behind `--` too unless a property takes these alone.
        var words: [String] = []
        var behindDashes: [String] = []
    }

    /// Of the verb.
    let parameters: [Parameter]
    /// Those that are read and that no property gets.
    private var passedOver: [Parameter] = []
    private let verb: String

    init(_ parameters: [Parameter], verb: String) {
        self.parameters = parameters
        self.verb = verb
    }

    /// Adds flags that each command of kubectl takes and this verb has no use for.
    mutating func passOver(_ others: [Parameter]) { passedOver += others }

    /// The flag of a long name without dashes.
    func flag(_ name: some StringProtocol) -> Parameter? { flag { $0.names.contains { $0 == name } } }

    /// The flag that a short letter stands for.
    func flag(letter: Character) -> Parameter? { flag { $0.letter == letter } }

    /// A few words are looked for among a hundred flags: a table would cost more than it saves.
    private func flag(where isIt: (Parameter) -> Bool) -> Parameter? {
        parameters.first(where: isIt) ?? passedOver.first(where: isIt)
    }

    /// The flag that a word with dashes begins with: `--output=x`, `-n`.
    func flag(word: String) -> Parameter? {
        word.hasPrefix("--") ? flag(word.dropFirst(2).prefix { $0 != "=" }) : word.dropFirst().first.flatMap { flag(letter: $0) }
    }

    /// True for `-n x`, `--namespace x`; not for `-nx`, `--namespace=x`, `-v=6`.
    func hasValueBehind(_ word: String) -> Bool {
        guard !word.contains("="), let flag = flag(word: word), flag.bare == nil else { return false }
        return word.hasPrefix("--") || word.count == 2
    }

    /// Long names of the flags that the words give, as far as they can be read.
    func names(in words: [String]) -> Set<String> {
        var names: Set<String> = []
        for word in words {
            if word == "--" { break }
            if word.hasPrefix("--") {
                if let flag = flag(word: word) { names.insert(flag.name) }
            } else if word.hasPrefix("-") {
                for letter in word.dropFirst() {
                    guard let flag = flag(letter: letter) else { break }
                    names.insert(flag.name)
                    if flag.takesValue { break }
                }
            }
        }
        return names
    }

    /// Reads all words. Throws ``Failure`` in kubectl's words.
    func read(_ words: [String]) throws -> Reading {
        var reading: Reading = try readFlags(words)
        if !reading.asksForHelp { reading.given.words = try placed(reading) }
        return reading
    }

    /// The flags alone, wherever the words belong.
    func readFlags(_ words: [String]) throws -> Reading {
        var reading = Reading()
        let takesEverything: Bool = parameters.contains { if case .everything? = $0.place { true } else { false } }
        let takesBehindDashes: Bool = parameters.contains { if case .behindDashes? = $0.place { true } else { false } }
        var rest: ArraySlice<String> = words[...]
        while let word = rest.popFirst() {
            let isFlag: Bool = word.hasPrefix("-") && word.count > 1
            if takesEverything, !(isFlag && (isHelp(word) || flag(word: word) != nil)) {
                reading.words += [word] + rest
                break
            }
            if word == "--" {
                if takesBehindDashes { reading.behindDashes = Array(rest) } else { reading.words += rest }
                break
            }
            if isHelp(word) {
                reading.asksForHelp = true
            } else if word.hasPrefix("--") {
                try long(word.dropFirst(2), &rest, &reading)
            } else if isFlag {
                try short(word.dropFirst(), &rest, &reading)
            } else {
                reading.words.append(word)
            }
        }
        return reading
    }

    private func isHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

    private func long(_ text: Substring, _ rest: inout ArraySlice<String>, _ reading: inout Reading) throws {
        let equals: Substring.Index = text.firstIndex(of: "=") ?? text.endIndex
        let name: Substring = text[..<equals]
        guard let flag = flag(name) else {
            let near: [String] =
                CLI.isKubectl ? [] : Spelling.near(String(name), among: (parameters + passedOver).flatMap(\.names).sorted())
            let hint: String = near.isEmpty ? "" : "\nDid you mean \(near.map { "--" + $0 }.joined(separator: ", "))?"
            throw mistake("unknown flag: --\(name)\(hint)")
        }
        if equals != text.endIndex { return try give(flag, String(text[text.index(after: equals)...]), &reading) }
        guard let value = flag.bare ?? rest.popFirst() else { throw mistake("flag needs an argument: --\(name)") }
        try give(flag, value, &reading)
    }

    /// One letter or several, the last perhaps with its value: `-Aw`, `-ojson`, `-o=json`.
    private func short(_ text: Substring, _ rest: inout ArraySlice<String>, _ reading: inout Reading) throws {
        var letters: Substring = text
        while let letter = letters.popFirst() {
            if letter == "h", flag(letter: letter) == nil {
                reading.asksForHelp = true
                continue
            }
            guard let flag = flag(letter: letter) else { throw mistake("unknown shorthand flag: '\(letter)' in -\(text)") }
            if letters.first == "=" { return try give(flag, String(letters.dropFirst()), &reading) }
            if let bare = flag.bare {
                try give(flag, bare, &reading)
                continue
            }
            if !letters.isEmpty { return try give(flag, String(letters), &reading) }
            guard let value = rest.popFirst() else { throw mistake("flag needs an argument: '\(letter)' in -\(text)") }
            return try give(flag, value, &reading)
        }
    }

    private func give(_ flag: Parameter, _ value: String, _ reading: inout Reading) throws {
        do { try flag.check(value) } catch let failure as Failure { throw failure } catch {
            let name: String = flag.letter.map { "-\($0), --\(flag.name)" } ?? "--\(flag.name)"
            throw mistake("invalid argument \(JSON.quoted(value)) for \(JSON.quoted(name)) flag: \(error)")
        }
        reading.given.flags[flag.name, default: []].append(value)
        reading.sequence.append((flag.name, value))
    }

    /// The words of each property that takes some.
    private func placed(_ reading: Reading) throws -> [[String]] {
        var rest: ArraySlice<String> = reading.words[...]
        let placed: [[String]] = try parameters.compactMap { parameter in
            switch parameter.place {
            case nil: return nil
            case .one? where rest.isEmpty, .several? where rest.isEmpty: throw mistake("<\(parameter.value)> is missing")
            case .one?, .next?: return rest.popFirst().map { [$0] } ?? []
            case .several?, .rest?, .everything?:
                defer { rest = [] }
                return Array(rest)
            case .behindDashes?: return reading.behindDashes
            }
        }
        if let word = rest.first { throw mistake("unexpected argument \(JSON.quoted(word))") }
        return placed
    }

    /// An exit code of 1 says of `diff` that there are differences.
    private func mistake(_ text: String) -> Failure {
        verb == "diff"
            ? Failure("\(text)\nSee '\(CLI.program) diff -h' for help and examples", exitCode: 2)
            : Failure("\(text)\nSee '\(CLI.program) \(verb) --help' for usage.")
    }
}

extension Verb {
    /// The flags of the verb.
    static var dialect: FlagDialect { FlagDialect(Declaration.parameters(of: Self.self), verb: commandName) }
}
