/// Why a text is no YAML that Kubernetes can read, and where.
public struct YAMLError: Error, Hashable, Sendable {
    /// Path of the file; nil for standard input and the like.
    public let file: String?
    /// From 1.
    public let line: Int
    /// In characters, from 1.
    public let column: Int
    /// Without the place, in libyaml's words, which are those of kubectl too.
    public let problem: String
    /// What was being read, in libyaml's words: `while scanning a simple key`.
    public let context: String?
    /// The line that Go's YAML reader would name, which for some errors is the line before; nil when it names none.
    public let goLine: Int?
    /// What to do, where that is plain.
    public let hint: String?

    init(
        file: String?, line: Int, column: Int, problem: String, context: String? = nil, goLine: Int? = nil, hint: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
        self.context = context
        self.goLine = goLine
        self.hint = hint
    }

    /// The same in a text that begins some lines further down.
    public func moved(down lines: Int) -> YAMLError {
        YAMLError(
            file: file, line: line + lines, column: column, problem: problem, context: context, goLine: goLine.map { $0 + lines },
            hint: hint)
    }

    /// The well-known text: `error converting YAML to JSON: yaml: line 3: mapping values are not allowed in this context`.
    public var kubectlText: String {
        "error converting YAML to JSON: yaml: " + (goLine.map { "line \($0): " } ?? "") + problem
    }
}

extension YAMLError: CustomStringConvertible {
    /// `samples/web.yaml:3:1: while scanning for the next token: found character that cannot start any token`
    public var description: String {
        "\(file.map { $0 + ":" } ?? "line ")\(line):\(column): " + (context.map { $0 + ": " } ?? "") + problem
            + (hint.map { " (\($0))" } ?? "")
    }
}
