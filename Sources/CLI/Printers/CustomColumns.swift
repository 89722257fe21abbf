import Machinery

/// The columns of `-o custom-columns=NAME:.metadata.name,…`.
/// Source: k8s.io/kubectl/pkg/cmd/get/customcolumn.go.
struct CustomColumns: Sendable {
    private struct Column: Sendable {
        let header: String
        let path: JSONPath
    }

    private let columns: [Column]
    private let noHeaders: Bool

    /// - Parameter spec: `HEADER:PATH,HEADER:PATH`
    init(_ spec: String, noHeaders: Bool) throws {
        columns = try Self.parts(spec).map { part in
            guard let colon = part.firstIndex(of: ":") else {
                throw Failure("unexpected custom-columns spec: \(part), expected <header>:<json-path-expr>")
            }
            return Column(header: String(part[..<colon]), path: try Self.path(String(part[part.index(after: colon)...])))
        }
        self.noHeaders = noHeaders
    }

    /// - Parameter file: a line of headers and a line of paths, with spaces between.
    init(file: String, noHeaders: Bool) throws {
        let lines: [[Substring]] = file.split(separator: "\n").map { $0.split { $0 == " " || $0 == "\t" } }
        guard lines.count >= 2 else { throw Failure("invalid custom columns file: it needs a line of headers and a line of paths") }
        guard lines[0].count == lines[1].count else {
            throw Failure("number of headers (\(lines[0].count)) does not match number of specs (\(lines[1].count))")
        }
        columns = try zip(lines[0], lines[1]).map { Column(header: String($0), path: try Self.path(String($1))) }
        self.noHeaders = noHeaders
    }

    func text(_ objects: [JSON]) throws -> String {
        var writer = TabWriter.table
        if !noHeaders { writer.line(columns.map(\.header)) }
        for object in objects {
            writer.line(
                try columns.map { column in
                    let values: [JSON] = try column.path.values(object)
                    return values.isEmpty ? "<none>" : values.map(GoText.of).joined(separator: ",")
                })
        }
        return writer.rendered()
    }

    private static func path(_ text: String) throws -> JSONPath {
        do { return try JSONPath(relaxed: text) } catch { throw Failure("\(error)") }
    }

    /// Splits at commas outside of brackets: `A:.x[?(@.a=="b,c")],B:.y`.
    private static func parts(_ spec: String) -> [String] {
        var parts: [String] = []
        var part: String = ""
        var depth: Int = 0
        for character in spec {
            if character == "[" || character == "(" { depth += 1 }
            if character == "]" || character == ")" { depth -= 1 }
            if character == ",", depth == 0 {
                parts.append(part)
                part = ""
            } else {
                part.append(character)
            }
        }
        return parts + [part]
    }
}
