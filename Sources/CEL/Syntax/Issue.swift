/// Something wrong with an expression, and where.
package struct Issue: Sendable, Equatable {
    package let message: String
    /// From 1.
    package let line: Int
    /// From 1, in Unicode scalars.
    package let column: Int
    let lineText: String

    init(_ message: String, at offset: Int, in scalars: [Unicode.Scalar]) {
        self.message = message
        var line: Int = 1
        var start: Int = 0
        let place: Int = min(max(offset, 0), scalars.count)
        for index in 0..<place where scalars[index] == "\n" {
            line += 1
            start = index + 1
        }
        self.line = line
        column = place - start + 1
        var text = String.UnicodeScalarView()
        for scalar in scalars[start...] {
            if scalar == "\n" { break }
            text.append(scalar)
            if text.count > 500 { break }
        }
        lineText = String(text)
    }

    /// Source: `Error.ToDisplayString` of github.com/google/cel-go/common.
    package var text: String {
        let dots = String(repeating: ".", count: min(column - 1, 500))
        return "ERROR: <input>:\(line):\(column): \(message)\n | \(lineText)\n | \(dots)^"
    }
}

/// All that is wrong with an expression.
package struct CompilationError: Error, Sendable, CustomStringConvertible {
    package let issues: [Issue]

    /// The issues one after the other, each with the line and a mark below it.
    package var description: String { issues.map(\.text).joined(separator: "\n") }
}
