import Machinery

/// `find` and `findAll`. Source: k8s.io/apiserver/pkg/cel/library/regex.go.
enum RegularExpressionFunctions {
    static let all: [Overload] = [
        .two("<string>find(string) -> string", .find) { value, pattern throws(EvaluationError) in
            guard case .string(let text) = value, case .string(let source) = pattern else { return nil }
            return .string(try matches(source, text, atMost: 1).first ?? "")
        },
        .two("<string>findAll(string) -> list(string)", .find) { value, pattern throws(EvaluationError) in
            guard case .string(let text) = value, case .string(let source) = pattern else { return nil }
            return .list(try matches(source, text, atMost: .max).map { .string($0) })
        },
        .many("<string>findAll(string, int) -> list(string)", .find) { values throws(EvaluationError) in
            guard case .string(let text) = values[0], case .string(let source) = values[1], case .int(let limit) = values[2] else {
                return nil
            }
            return .list(try matches(source, text, atMost: limit < 0 ? .max : Int(limit)).map { .string($0) })
        },
    ]

    private static func matches(_ source: String, _ text: String, atMost most: Int) throws(EvaluationError) -> [String] {
        let pattern: RegularExpression
        do throws(RegularExpressionError) {
            pattern = try RegularExpression(source)
        } catch {
            throw EvaluationError("Illegal regex: " + error.description)
        }
        guard most > 0 else { return [] }
        guard let found = pattern.findAll(in: text, atMost: most) else { throw .tooExpensive }
        return found
    }
}
