import Machinery

/// Finds the type of every part of an expression, and what is wrong with it.
///
/// Source: the type rules of the CEL language definition; messages as cel-go words them.
struct Checker {
    struct Local {
        let name: String
        let type: ValueType
        let declaration: Declaration?
        let slot: Int
    }

    let environment: Environment
    private(set) var issues: [(message: String, offset: Int)] = []
    var unification = Unification()
    /// How many local variables are alive at once, at most.
    private(set) var localCount: Int = 0
    private(set) var locals: [Local] = []
    /// Inside of `format()`, whose arguments need not be of one type.
    var mixesTypes: Int = 0
    /// Indexes of the variables that the expression uses.
    private(set) var used: Set<Int> = []

    init(_ environment: Environment) { self.environment = environment }

    /// Nothing after so many issues.
    private static let issueLimit = 20

    mutating func report(_ message: String, _ expression: Expression) {
        guard issues.count < Self.issueLimit else { return }
        issues.append((message, expression.offset))
    }

    // MARK: - Expressions

    mutating func check(_ expression: Expression) {
        switch expression.form {
        case .literal(let value): expression.type = Self.type(of: value)
        case .name(let name): checkName(name, expression)
        case .select(let operand, let field, let isOptional): checkSelect(operand, field, isOptional, expression)
        case .presence(let operand, let field):
            check(operand)
            _ = member(field, of: operand, expression)
            expression.type = .bool
        case .call(let function, let target, let arguments): checkCall(function, target, arguments, expression)
        case .list(let elements): checkList(elements, expression)
        case .map(let entries): checkMap(entries, expression)
        case .object(let name, let fields): checkObject(name, fields, expression)
        case .comprehension(let comprehension): checkComprehension(comprehension, expression)
        case .bind(let name, let value, let body):
            check(value)
            let slot: Int = push(name, value.type, value.declaration)
            check(body)
            pop()
            expression.form = .bind(name, value, body)
            expression.reference = .local(slot)
            expression.type = body.type
            expression.declaration = body.declaration
        }
    }

    private static func type(of literal: Value) -> ValueType {
        switch literal {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        default: .dyn
        }
    }

    mutating func push(_ name: String, _ type: ValueType, _ declaration: Declaration?) -> Int {
        let slot: Int = locals.count
        locals.append(Local(name: name, type: type, declaration: declaration, slot: slot))
        localCount = max(localCount, locals.count)
        return slot
    }

    mutating func pop() { locals.removeLast() }

    private mutating func checkName(_ name: String, _ expression: Expression) {
        guard !resolve(name, expression) else { return }
        report("undeclared reference to '\(name.hasPrefix(".") ? String(name.dropFirst()) : name)' (in container '')", expression)
        expression.type = .error
    }

    private mutating func resolve(_ name: String, _ expression: Expression) -> Bool {
        if let local = locals.last(where: { $0.name == name }) {
            expression.reference = .local(local.slot)
            expression.type = local.type
            expression.declaration = local.declaration
            return true
        }
        let plain: String = name.hasPrefix(".") ? String(name.dropFirst()) : name
        if let index = environment.index(of: plain) {
            used.insert(index)
            let variable: Environment.Variable = environment.variables[index]
            expression.reference = .input(index)
            expression.type = variable.type
            expression.declaration = variable.declaration
            return true
        }
        if let type = Environment.types[plain] {
            expression.reference = .constant(.type(Environment.name(of: type)))
            expression.type = .type(type)
            return true
        }
        return false
    }

    private mutating func checkSelect(_ operand: Expression, _ field: String, _ isOptional: Bool, _ expression: Expression) {
        if !isOptional, let name = expression.qualifiedName, Environment.types[name] != nil || environment.index(of: name) != nil,
            resolve(name, expression)
        {
            return
        }
        check(operand)
        let type: ValueType = member(field, of: operand, expression)
        guard isOptional, !type.isDynamic else {
            expression.type = isOptional ? .optional(.dyn) : type
            return
        }
        if case .optional = type { expression.type = type } else { expression.type = .optional(type) }
    }

    /// The type of a field of a value, or of what an optional holds.
    private mutating func member(_ field: String, of operand: Expression, _ expression: Expression) -> ValueType {
        var type: ValueType = unification.resolved(operand.type)
        var isOptional: Bool = false
        if case .optional(let inner) = type {
            type = unification.resolved(inner)
            isOptional = true
        }
        func wrapped(_ type: ValueType) -> ValueType { isOptional ? .optional(type) : type }
        switch type {
        case .dyn, .error: return type
        case .parameter: return wrapped(.dyn)
        case .map(let key, let value):
            _ = unification.fits(.string, key)
            expression.declaration = operand.declaration?.element
            return wrapped(value)
        case .object(let declaration):
            guard let member = declaration.member(field) else {
                report("undefined field '\(field)'", expression)
                return .error
            }
            expression.declaration = member.declaration
            return wrapped(member.declaration.type)
        default:
            report("type '\(type.description)' does not support field selection", expression)
            return .error
        }
    }
}
