import ArgumentParser
import Machinery

/// The flags of one verb as spf13/pflag reads them, which is how kubectl's users write them.
///
/// The flags come from the verb's own declaration, as ArgumentParser describes it.
struct FlagDialect {
    struct Flag {
        /// Without dashes.
        let long: String
        let takesValue: Bool
        /// `int`, `duration`, or anything else for text.
        let valueType: String
        /// `no-wait` for a flag that is on unless told otherwise.
        let negation: String?
        let doc: String
        let isRepeating: Bool
    }

    private(set) var flags: [String: Flag] = [:]
    private var shorts: [Character: String] = [:]
    /// Long names of flags that are read and checked, and not handed to the verb.
    private var passedOver: Set<String> = []
    private let verb: String

    init<V: Verb>(_ type: V.Type) throws { try self.init(dump: V._dumpHelp(), verb: V._commandName) }

    /// - Parameter dump: ArgumentParser's description of a command, in JSON.
    init(dump: String, verb: String) throws {
        self.verb = verb
        let info: JSON = try JSON(parsing: dump)
        var negations: [String] = []
        for argument in info[["command", "arguments"]]?.array ?? [] where argument["kind"] != "positional" {
            let names: [JSON] = argument["names"]?.array ?? []
            let longs: [String] = names.filter { $0["kind"] == "long" }.compactMap { $0["name"]?.string }
            guard let long = longs.first else { continue }
            if long.hasPrefix("no-"), argument["kind"] == "flag", longs.count == 1, flags[String(long.dropFirst(3))] != nil {
                negations.append(long)
                continue
            }
            let flag = Flag(
                long: long, takesValue: argument["kind"] == "option", valueType: argument["valueName"]?.string ?? "",
                negation: longs.dropFirst().first { $0 == "no-" + long }, doc: argument["abstract"]?.string ?? "",
                isRepeating: argument["isRepeating"]?.bool ?? false)
            for name in longs { flags[name] = flag }
            for short in names where short["kind"] == "short" {
                if let letter = short["name"]?.string?.first { shorts[letter] = long }
            }
        }
        for negation in negations {
            let long = String(negation.dropFirst(3))
            guard let flag = flags[long] else { continue }
            flags[long] = Flag(
                long: long, takesValue: false, valueType: "", negation: negation, doc: flag.doc, isRepeating: false)
        }
    }

    /// Adds flags that each command of kubectl takes and this verb has no use for: they are read, and left out of what it gets.
    mutating func passOver(_ others: FlagDialect) {
        for (name, flag) in others.flags where flags[name] == nil {
            flags[name] = flag
            passedOver.insert(flag.long)
        }
        shorts.merge(others.shorts) { own, _ in own }
    }

    /// The flag that a short letter stands for.
    func flag(short letter: Character) -> Flag? { shorts[letter].flatMap { flags[$0] } }

    /// The letter that stands for a flag; nil when there is none.
    func short(of long: String) -> Character? { shorts.first { $0.value == long }?.key }

    /// Long names of the flags that the words give, as far as they can be read.
    func names(in words: [String]) -> Set<String> {
        var names: Set<String> = []
        for word in words {
            if word == "--" { break }
            if word.hasPrefix("--") {
                let name = String(word.dropFirst(2).prefix { $0 != "=" })
                if let flag = flags[name] { names.insert(flag.long) }
            } else if word.hasPrefix("-") {
                for letter in word.dropFirst() {
                    guard let flag = flag(short: letter) else { break }
                    names.insert(flag.long)
                    if flag.takesValue { break }
                }
            }
        }
        return names
    }

    /// The words with each flag as `--name=value` or `--name`. Throws ``Failure`` in kubectl's words.
    func rewritten(_ words: [String]) throws -> [String] {
        var result: [String] = []
        var rest: ArraySlice<String> = words[...]
        while let word = rest.popFirst() {
            if word == "--" { return result + ["--"] + rest }
            if word.hasPrefix("--") {
                try long(word.dropFirst(2), &rest, &result)
            } else if word.hasPrefix("-"), word.count > 1 {
                try short(word.dropFirst(), &rest, &result)
            } else {
                result.append(word)
            }
        }
        return result
    }

    private func long(_ text: Substring, _ rest: inout ArraySlice<String>, _ result: inout [String]) throws {
        let equals: Substring.Index = text.firstIndex(of: "=") ?? text.endIndex
        let name = String(text[..<equals])
        let given: String? = equals == text.endIndex ? nil : String(text[text.index(after: equals)...])
        guard let flag = flags[name] else {
            let near: [String] = CLI.isKubectl ? [] : Spelling.near(name, among: flags.keys.sorted())
            let hint: String = near.isEmpty ? "" : "\nDid you mean \(near.map { "--" + $0 }.joined(separator: ", "))?"
            throw unknown("unknown flag: --\(name)\(hint)")
        }
        if flag.takesValue {
            guard let value = given ?? rest.popFirst() else { throw unknown("flag needs an argument: --\(name)") }
            try append(flag, value, &result)
        } else {
            try append(flag, isOn: given, &result)
        }
    }

    /// One letter or several, the last perhaps with its value: `-Aw`, `-ojson`, `-o=json`.
    private func short(_ text: Substring, _ rest: inout ArraySlice<String>, _ result: inout [String]) throws {
        var letters: Substring = text
        while let letter = letters.popFirst() {
            guard let flag = flag(short: letter) else {
                throw unknown("unknown shorthand flag: '\(letter)' in -\(text)")
            }
            guard flag.takesValue else {
                let given: String? = letters.first == "=" ? String(letters.dropFirst()) : nil
                try append(flag, isOn: given, &result)
                if given != nil { return }
                continue
            }
            if !letters.isEmpty { return try append(flag, String(letters.first == "=" ? letters.dropFirst() : letters), &result) }
            guard let value = rest.popFirst() else { throw unknown("flag needs an argument: '\(letter)' in -\(text)") }
            return try append(flag, value, &result)
        }
    }

    private func append(_ flag: Flag, _ value: String, _ result: inout [String]) throws {
        switch flag.valueType {
        case "int" where Int(value) == nil:
            throw invalid(flag, value, "strconv.ParseInt: parsing \(JSON.quoted(value)): invalid syntax")
        case "go-profile" where value != "none": throw GoProfileOptions.refusal(value)
        case "duration":
            do { _ = try GoDuration.parse(value) } catch { throw invalid(flag, value, error.description) }
        default: break
        }
        if !passedOver.contains(flag.long) { result.append("--\(flag.long)=\(value)") }
    }

    private func append(_ flag: Flag, isOn given: String?, _ result: inout [String]) throws {
        switch given {
        case nil, "true", "1", "t", "T", "TRUE", "True": if !passedOver.contains(flag.long) { result.append("--" + flag.long) }
        case "false", "0", "f", "F", "FALSE", "False":
            if let negation = flag.negation, !passedOver.contains(flag.long) { result.append("--" + negation) }
        case let value?: throw invalid(flag, value, "strconv.ParseBool: parsing \(JSON.quoted(value)): invalid syntax")
        }
    }

    private func invalid(_ flag: Flag, _ value: String, _ why: String) -> Failure {
        let letter: Character? = shorts.first { $0.value == flag.long }?.key
        let name: String = letter.map { "-\($0), --\(flag.long)" } ?? "--\(flag.long)"
        return unknown("invalid argument \(JSON.quoted(value)) for \(JSON.quoted(name)) flag: \(why)")
    }

    private func unknown(_ text: String) -> Failure {
        Failure("\(text)\nSee '\(CLI.program) \(verb) --help' for usage.")
    }
}
