import CEL
import Machinery

/// What an expression comes to, as text: its value as a literal would be written, or `error: ` and why.
func outcome(_ source: String, _ variables: [(String, Declaration, JSON)] = [], limit: UInt64 = Program.callLimit) -> String {
    let environment = Environment(variables.map { Environment.Variable($0.0, $0.1) })
    do throws(CompilationError) {
        let program = try Program(source, in: environment)
        switch program.evaluate(variables.map { Value($0.2, $0.1) }, limit: limit).result {
        case .success(let value): return shown(value)
        case .failure(let error): return "error: \(error.description)"
        }
    } catch {
        return "error: " + (error.issues.first?.message ?? "")
    }
}

func shown(_ value: Value) -> String {
    switch value {
    case .string(let text): return "'\(text)'"
    case .uint(let number): return "\(number)u"
    case .double(let number): return "\(number)"
    case .bytes(let bytes): return "b" + bytes.map { String($0) }.joined(separator: ",")
    case .timestamp, .duration: return value.plainText
    case .list(let values): return "[" + values.map(shown).joined(separator: ", ") + "]"
    case .jsonList(let elements, let declaration):
        return "[" + elements.map { shown(Value($0, declaration)) }.joined(separator: ", ") + "]"
    case .map(let map): return "{" + map.entries.map { "\(shown($0.key)): \(shown($0.value))" }.joined(separator: ", ") + "}"
    case .optional(.none): return "none"
    case .optional(.some(let inner)): return "some(\(shown(inner)))"
    default: return value.plainText
    }
}
