import API
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
    /// Flags that may stand before the verb.
    private static let leading = FlagDialect(Declaration.parameters(of: ConnectionOptions.self), verb: "")

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
            if let value = await flagValue(Self.leading, words) { return value }
            return VerbList.groups.flatMap(\.verbs).map { Candidate(word: $0.commandName, meaning: $0.configuration.abstract) }
        }
        var rest: [String] = Array(words[(index + 1)...])
        let verb: String = words[index]
        if let family = familyWords(verb, rest) { return family }
        guard let type = try? VerbList.type(of: verb, &rest), case let dialect = type.dialect else { return [] }
        let flags: [String] = Array(words[..<index]) + rest
        if let value = await flagValue(dialect, rest) { return value }
        if last.hasPrefix("-") { return flagNames(dialect) }
        return await CandidateObjects(connection: connection(flags, dialect), shell: shell, last: last)
            .positional(type.commandName, positionals(rest, dialect))
    }

    /// The first word that is no flag and no flag's value.
    private var verbIndex: Int? {
        var index: Int = 0
        let dialect: FlagDialect = Self.leading
        while index < words.count {
            let word: String = words[index]
            guard word.hasPrefix("-") else { return index }
            index += dialect.hasValueBehind(word) ? 2 : 1
        }
        return nil
    }

    /// The words behind a family's word, when the last word stands there.
    private func familyWords(_ family: String, _ rest: [String]) -> [Candidate]? {
        guard !last.hasPrefix("-") else { return nil }
        let verbs: [any Verb.Type] = VerbList.family(family)
        let typed: String = rest.joined(separator: " ")
        var seen: Set<String> = []
        let next: [Candidate] = verbs.compactMap { verb in
            let parts: [Substring] = verb.commandName.split(separator: " ").dropFirst().map { $0 }
            guard parts.count > rest.count, parts[..<rest.count].joined(separator: " ") == typed else { return nil }
            let word = String(parts[rest.count])
            guard seen.insert(word).inserted else { return nil }
            return Candidate(word: word, meaning: parts.count == rest.count + 1 ? verb.configuration.abstract : "")
        }
        return next.isEmpty ? nil : next
    }

    private func flagNames(_ dialect: FlagDialect) -> [Candidate] {
        dialect.parameters.filter { !$0.isHidden && $0.place == nil }.sorted { $0.name < $1.name }
            .map { Candidate(word: "--" + $0.name + ($0.takesValue ? "=" : ""), meaning: $0.doc) }
    }

    /// Values of the flag that stands before the last word, or in it (`--output=`); nil when there is none.
    private func flagValue(_ dialect: FlagDialect, _ rest: [String]) async -> [Candidate]? {
        var prefix: String = ""
        var flag: Parameter?
        if last.hasPrefix("--"), let equals = last.firstIndex(of: "=") {
            prefix = String(last[...equals])
            flag = dialect.flag(word: last)
        } else if let before = rest.last, before.hasPrefix("-"), !before.contains("=") {
            flag = dialect.flag(word: before)
        }
        guard let flag, flag.takesValue else { return nil }
        let values: [Candidate]
        switch flag.name {
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
            if ["file", "path", "[key=]path"].contains(flag.value) { return [Candidate(word: ":files")] }
            let objects = CandidateObjects(connection: connection(words, dialect), shell: shell, last: last)
            switch flag.name {
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
                isValue = dialect.hasValueBehind(word)
            } else {
                result.append(word)
            }
        }
        return result
    }

    /// The connection flags among the words.
    private func connection(_ words: [String], _ dialect: FlagDialect) -> ConnectionOptions {
        // The value of the last flag may be what is looked for.
        let reading: FlagDialect.Reading? = (try? dialect.readFlags(words)) ?? (try? dialect.readFlags(words.dropLast()))
        guard let reading else { return ConnectionOptions() }
        return Declaration.make(ConnectionOptions.self, reading.given)
    }
}
