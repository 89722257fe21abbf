import API
import ArgumentParser
import Client
import Machinery

/// A word that could be meant, and what it means.
struct Candidate: Sendable, Equatable {
    let word: String
    var meaning: String = ""
}

/// Finds what could stand in place of the last word of a command line.
///
/// Names of objects are asked from the cluster; when it cannot be reached there are none, and no error.
struct Candidates {
    private let shell: Shell
    /// Before the last one.
    private let words: [String]
    private let last: String

    init(_ words: [String], _ shell: Shell) {
        self.shell = shell
        self.words = Array(words.dropLast())
        last = words.last ?? ""
    }

    /// Sorted as the shell will show them; each begins with the last word.
    func all() async -> [Candidate] {
        let found: [Candidate] = await candidates()
        return found.filter { $0.word.hasPrefix(last) || $0.word == ":files" }
    }

    private func candidates() async -> [Candidate] {
        guard let index = verbIndex else {
            if let dialect = try? FlagDialect(dump: ConnectionOptions._dumpHelp(), verb: ""), let value = await flagValue(dialect, words) {
                return value
            }
            return VerbList.groups.flatMap(\.verbs).map { Candidate(word: $0._commandName, meaning: $0.configuration.abstract) }
        }
        var rest: [String] = Array(words[(index + 1)...])
        let verb: String = words[index]
        if VerbList.families[verb] != nil, let family = familyWords(verb, rest) { return family }
        guard let type = try? VerbList.type(of: verb, &rest), let dialect = try? FlagDialect(type) else { return [] }
        let flags: [String] = Array(words[..<index]) + rest
        if let value = await flagValue(dialect, rest) { return value }
        if last.hasPrefix("-") { return flagNames(dialect) }
        return await CandidateObjects(connection: connection(flags, dialect), shell: shell, last: last)
            .positional(type._commandName, positionals(rest, dialect))
    }

    /// The first word that is no flag and no flag's value.
    private var verbIndex: Int? {
        var index: Int = 0
        let dialect: FlagDialect? = try? FlagDialect(dump: ConnectionOptions._dumpHelp(), verb: "")
        while index < words.count {
            let word: String = words[index]
            guard word.hasPrefix("-") else { return index }
            let flag: FlagDialect.Flag? = dialect.flatMap { self.flag(word, $0) }
            index += flag?.takesValue == true && !word.contains("=") ? 2 : 1
        }
        return nil
    }

    /// The words behind a family's word, when the last word stands there.
    private func familyWords(_ family: String, _ rest: [String]) -> [Candidate]? {
        guard !last.hasPrefix("-") else { return nil }
        let verbs: [any Verb.Type] = VerbList.families[family] ?? []
        let typed: String = rest.joined(separator: " ")
        var seen: Set<String> = []
        let next: [Candidate] = verbs.compactMap { verb in
            let parts: [Substring] = verb._commandName.split(separator: " ").dropFirst().map { $0 }
            guard parts.count > rest.count, parts[..<rest.count].joined(separator: " ") == typed else { return nil }
            let word = String(parts[rest.count])
            guard seen.insert(word).inserted else { return nil }
            return Candidate(word: word, meaning: parts.count == rest.count + 1 ? verb.configuration.abstract : "")
        }
        return next.isEmpty ? nil : next
    }

    private func flag(_ word: String, _ dialect: FlagDialect) -> FlagDialect.Flag? {
        let name: String = String(word.prefix { $0 != "=" })
        if name.hasPrefix("--") { return dialect.flags[String(name.dropFirst(2))] }
        return name.count == 2 ? name.last.flatMap { dialect.flag(short: $0) } : nil
    }

    private func flagNames(_ dialect: FlagDialect) -> [Candidate] {
        dialect.flags.filter { $0.key == $0.value.long }.values.sorted { $0.long < $1.long }
            .map { Candidate(word: "--" + $0.long + ($0.takesValue ? "=" : ""), meaning: $0.doc) }
    }

    /// Values of the flag that stands before the last word, or in it (`--output=`); nil when there is none.
    private func flagValue(_ dialect: FlagDialect, _ rest: [String]) async -> [Candidate]? {
        var prefix: String = ""
        var flag: FlagDialect.Flag?
        if last.hasPrefix("--"), let equals = last.firstIndex(of: "=") {
            prefix = String(last[...equals])
            flag = self.flag(last, dialect)
        } else if let before = rest.last, before.hasPrefix("-"), !before.contains("=") {
            flag = self.flag(before, dialect)
        }
        guard let flag, flag.takesValue else { return nil }
        let values: [Candidate]
        switch flag.long {
        case "output":
            let typed = String(last.dropFirst(prefix.count))
            let fields: [Candidate] = typed.contains("=") ? await fields(typed, rest, dialect) : []
            values = fields + Self.forms.map { Candidate(word: $0) }
        case "sort-by": values = await fields(String(last.dropFirst(prefix.count)), rest, dialect)
        case "dry-run": values = ["none", "client", "server"].map { Candidate(word: $0) }
        case "cascade": values = ["background", "foreground", "orphan"].map { Candidate(word: $0) }
        case "validate": values = ["strict", "warn", "ignore"].map { Candidate(word: $0) }
        case "context": values = kubeconfigNames(.contexts)
        case "cluster": values = kubeconfigNames(.clusters)
        case "user": values = kubeconfigNames(.users)
        default:
            if ["file", "path", "[key=]path"].contains(flag.valueType) { return [Candidate(word: ":files")] }
            let objects = CandidateObjects(connection: connection(words, dialect), shell: shell, last: last)
            switch flag.long {
            case "namespace": values = await objects.names(of: "namespaces")
            case "container": values = await objects.containers(of: positionals(rest, dialect).first ?? "")
            default: values = []
            }
        }
        return values.map { Candidate(word: prefix + $0.word, meaning: $0.meaning) }
    }

    private static let forms: [String] = [
        "json", "yaml", "kyaml", "wide", "name", "jsonpath=", "jsonpath-as-json=", "jsonpath-file=", "custom-columns=",
        "custom-columns-file=", "go-template=", "go-template-file=",
    ]

    /// Fields that go on with a path in `-o jsonpath=`, `-o custom-columns=` and `--sort-by`.
    private func fields(_ typed: String, _ rest: [String], _ dialect: FlagDialect) async -> [Candidate] {
        await CandidateObjects(connection: connection(words, dialect), shell: shell, last: last)
            .fields(typed, of: positionals(rest, dialect).first ?? "")
    }

    private func kubeconfigNames(_ section: Kubeconfig.Section) -> [Candidate] {
        let files = KubeconfigFiles(flag: nil, environment: shell.environment)
        return ((try? files.load().names(section)) ?? []).sorted().map { Candidate(word: $0) }
    }

    /// The words that are neither flags nor their values.
    private func positionals(_ rest: [String], _ dialect: FlagDialect) -> [String] {
        var result: [String] = []
        var isValue: Bool = false
        for word in rest {
            if isValue {
                isValue = false
            } else if word.hasPrefix("-") {
                isValue = !word.contains("=") && flag(word, dialect)?.takesValue == true
            } else {
                result.append(word)
            }
        }
        return result
    }

    /// The connection flags among the words.
    private func connection(_ words: [String], _ dialect: FlagDialect) -> ConnectionOptions {
        let known: FlagDialect? = try? FlagDialect(dump: ConnectionOptions._dumpHelp(), verb: "")
        var kept: [String] = []
        for word in (try? dialect.rewritten(words)) ?? [] where word.hasPrefix("--") {
            if let known, flag(word, known) != nil { kept.append(word) }
        }
        return (try? ConnectionOptions.parse(kept)) ?? ConnectionOptions()
    }
}
