/// One signature of a function, with what it does.
struct Overload: Sendable {
    /// `nil` from any of them: the arguments are not of the types that the signature names.
    enum Body: Sendable {
        case one(@Sendable (Value) throws(EvaluationError) -> Value?)
        case two(@Sendable (Value, Value) throws(EvaluationError) -> Value?)
        case many(@Sendable ([Value]) throws(EvaluationError) -> Value?)
    }

    let function: String
    /// The first parameter is the target then.
    let isMember: Bool
    let parameters: [ValueType]
    let result: ValueType
    let cost: CallCost
    let body: Body

    /// - Parameter signature: `name(T, list(T)) -> bool`, or `<string>name(int) -> bool` for a member.
    init(_ signature: StaticString, _ cost: CallCost = .one, _ body: Body) {
        var reader = SignatureReader(signature.description)
        (function, isMember, parameters, result) = reader.read()
        self.cost = cost
        self.body = body
    }

    static func one(
        _ signature: StaticString, _ cost: CallCost = .one, _ body: @escaping @Sendable (Value) throws(EvaluationError) -> Value?
    ) -> Overload { Overload(signature, cost, .one(body)) }

    static func two(
        _ signature: StaticString, _ cost: CallCost = .one, _ body: @escaping @Sendable (Value, Value) throws(EvaluationError) -> Value?
    ) -> Overload { Overload(signature, cost, .two(body)) }

    static func many(
        _ signature: StaticString, _ cost: CallCost = .one, _ body: @escaping @Sendable ([Value]) throws(EvaluationError) -> Value?
    ) -> Overload { Overload(signature, cost, .many(body)) }

    func run(_ arguments: [Value]) throws(EvaluationError) -> Value? {
        switch body {
        case .one(let body): try body(arguments[0])
        case .two(let body): try body(arguments[0], arguments[1])
        case .many(let body): try body(arguments)
        }
    }
}

/// Reads the signatures of this target's own tables; a mistake in one is a mistake in the program.
private struct SignatureReader {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    mutating func read() -> (String, Bool, [ValueType], ValueType) {
        var parameters: [ValueType] = []
        let isMember: Bool = take("<")
        if isMember {
            parameters.append(type())
            expect(">")
        }
        let name: Substring = rest.prefix { $0 != "(" }
        rest = rest.dropFirst(name.count)
        expect("(")
        while !take(")") {
            parameters.append(type())
            if take(", ") { continue }
        }
        expect(" -> ")
        return (String(name), isMember, parameters, type())
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    private mutating func expect(_ text: String) {
        guard take(text) else { preconditionFailure("signature: \(text) is missing before \(rest)") }
    }

    private mutating func type() -> ValueType {
        let name: Substring = rest.prefix { $0.isLetter || $0 == "." || $0 == "_" || $0.isNumber }
        rest = rest.dropFirst(name.count)
        switch name {
        case "dyn": return .dyn
        case "null": return .null
        case "bool": return .bool
        case "int": return .int
        case "uint": return .uint
        case "double": return .double
        case "string": return .string
        case "bytes": return .bytes
        case "timestamp": return .timestamp
        case "duration": return .duration
        case "list", "type", "optional":
            expect("(")
            let inner: ValueType = type()
            expect(")")
            return name == "list" ? .list(inner) : name == "type" ? .type(inner) : .optional(inner)
        case "map":
            expect("(")
            let key: ValueType = type()
            expect(", ")
            let value: ValueType = type()
            expect(")")
            return .map(key, value)
        default:
            precondition(!name.isEmpty, "signature: a type is missing before \(rest)")
            return name.count == 1 ? .parameter(String(name)) : .opaque(String(name))
        }
    }
}
