import Machinery

/// Finds the type of every part of an expression, and what is wrong with it.
///
/// Source: the type rules of the CEL language definition; messages as cel-go words them.
struct Checker {
    private struct Local {
        let name: String
        let type: ValueType
        let declaration: Declaration?
        let slot: Int
    }

    let environment: Environment
    private(set) var issues: [(message: String, offset: Int)] = []
    private(set) var unification = Unification()
    /// How many local variables are alive at once, at most.
    private(set) var localCount: Int = 0
    private var locals: [Local] = []
    /// Inside of `format()`, whose arguments need not be of one type.
    private var mixesTypes: Int = 0
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

    private mutating func push(_ name: String, _ type: ValueType, _ declaration: Declaration?) -> Int {
        let slot: Int = locals.count
        locals.append(Local(name: name, type: type, declaration: declaration, slot: slot))
        localCount = max(localCount, locals.count)
        return slot
    }

    private mutating func pop() { locals.removeLast() }

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

    // MARK: - Calls

    private mutating func checkCall(_ function: String, _ target: Expression?, _ arguments: [Expression], _ expression: Expression) {
        if let target, let prefix = target.qualifiedName, environment.functions[prefix + "." + function] != nil,
            !locals.contains(where: { $0.name == prefix })
        {
            expression.form = .call(prefix + "." + function, target: nil, arguments)
            return checkCall(prefix + "." + function, nil, arguments, expression)
        }
        if let target { check(target) }
        if function == "format" { mixesTypes += 1 }
        for argument in arguments { check(argument) }
        if function == "format" { mixesTypes -= 1 }
        guard let candidates = environment.functions[function] else {
            report("undeclared reference to '\(function)' (in container '')", expression)
            expression.type = .error
            return
        }
        let given: [Expression] = (target.map { [$0] } ?? []) + arguments
        let types: [ValueType] = given.map { unification.resolved($0.type) }
        var result: ValueType?
        for overload in candidates where overload.isMember == (target != nil) && overload.parameters.count == types.count {
            let instance: [ValueType] = unification.instantiate(overload.parameters + [overload.result])
            guard unification.fit(types, Array(instance.dropLast())) else { continue }
            expression.overloads.append(overload)
            let type: ValueType = unification.resolved(instance[instance.count - 1])
            if let other = result { result = other == type ? other : .dyn } else { result = type }
        }
        guard let result else {
            let list: String = types.dropFirst(target == nil ? 0 : 1).map { unification.resolved($0, freeAs: .dyn).description }
                .joined(separator: ", ")
            let shown: String = target == nil ? "(\(list))" : "\(types[0].description).(\(list))"
            report("found no matching overload for '\(function)' applied to '\(shown)'", expression)
            expression.type = .error
            return
        }
        expression.type = result
        if function == "_[_]" || function == "_[?_]" {
            expression.declaration = given[0].declaration?.element
        } else if function == "dyn" {
            expression.declaration = given[0].declaration
        } else if function == "_?_:_", given[1].declaration === given[2].declaration {
            expression.declaration = given[1].declaration
        } else if ["value", "orValue", "or"].contains(function) {
            expression.declaration = given[0].declaration
        }
        checkLiterals(function, given)
    }

    /// Texts that can be read now need not fail later. Source: the AST validators of cel-go.
    private mutating func checkLiterals(_ function: String, _ given: [Expression]) {
        guard let last = given.last, case .literal(.string(let text)) = last.form else { return }
        switch function {
        case "duration" where given.count == 1 && (try? GoDuration.parse(text)) == nil,
            "timestamp" where given.count == 1 && TimestampText.read(text) == nil,
            "matches" where given.count == 2 && (try? RegularExpression(text)) == nil:
            report("invalid \(function) argument", last)
        default: break
        }
    }

    // MARK: - Literals

    private mutating func checkList(_ elements: [(element: Expression, isOptional: Bool)], _ expression: Expression) {
        let element: ValueType = unification.fresh()
        var isMixed: Bool = false
        for (inner, isOptional) in elements {
            check(inner)
            if !join(held(inner, isOptional), element, inner) { isMixed = true }
        }
        expression.type = .list(isMixed ? .dyn : unification.resolved(element))
    }

    /// What an element adds to its list or map.
    private mutating func held(_ expression: Expression, _ isOptional: Bool) -> ValueType {
        guard isOptional else { return expression.type }
        let type: ValueType = unification.resolved(expression.type)
        if case .optional(let inner) = type { return inner }
        if !type.isDynamic { report("expected type 'optional_type(\(type.description))' but found '\(type.description)'", expression) }
        return .dyn
    }

    /// False for a type that the others are not, where that is allowed.
    private mutating func join(_ type: ValueType, _ common: ValueType, _ expression: Expression) -> Bool {
        guard !unification.fits(type, common) else { return true }
        guard mixesTypes == 0 else { return false }
        let known: String = unification.resolved(common, freeAs: .dyn).description
        report("expected type '\(known)' but found '\(unification.resolved(type, freeAs: .dyn).description)'", expression)
        return true
    }

    private mutating func checkMap(_ entries: [(key: Expression, value: Expression, isOptional: Bool)], _ expression: Expression) {
        let key: ValueType = unification.fresh()
        let value: ValueType = unification.fresh()
        var (isKeyMixed, isValueMixed): (Bool, Bool) = (false, false)
        for entry in entries {
            check(entry.key)
            if !join(entry.key.type, key, entry.key) { isKeyMixed = true }
            check(entry.value)
            if !join(held(entry.value, entry.isOptional), value, entry.value) { isValueMixed = true }
        }
        expression.type = .map(isKeyMixed ? .dyn : unification.resolved(key), isValueMixed ? .dyn : unification.resolved(value))
    }

    private mutating func checkObject(
        _ name: String, _ fields: [(field: String, value: Expression, isOptional: Bool)], _ expression: Expression
    ) {
        for field in fields { check(field.value) }
        guard let known = environment.constructed(name) else {
            report("undeclared reference to '\(name)' (in container '')", expression)
            expression.type = .error
            return
        }
        expression.type = .opaque(name)
        var seen: Set<String> = []
        for field in fields {
            if !seen.insert(field.field).inserted { report("duplicate field '\(field.field)'", field.value) }
            let type: ValueType = held(field.value, field.isOptional)
            guard case .fields(let types) = known else { continue }
            guard let wanted = types[field.field] else {
                report("undefined field '\(field.field)'", field.value)
                continue
            }
            if !unification.fits(type, wanted) {
                let shown: String = unification.resolved(type, freeAs: .dyn).description
                report("expected type of field '\(field.field)' is '\(wanted.description)' but provided type is '\(shown)'", field.value)
            }
        }
    }

    // MARK: - Macros

    private mutating func checkComprehension(_ comprehension: Expression.Comprehension, _ expression: Expression) {
        check(comprehension.range)
        let (key, value): (ValueType, ValueType)
        let range: ValueType = unification.resolved(comprehension.range.type)
        let isList: Bool
        switch range {
        case .list(let element): (key, value, isList) = (.int, element, true)
        case .map(let name, let inner): (key, value, isList) = (name, inner, false)
        case .dyn, .error: (key, value, isList) = (.dyn, .dyn, true)
        case .parameter:
            (key, value, isList) = (.dyn, .dyn, true)
        default:
            report(
                "expression of type '\(range.description)' cannot be range of a comprehension (must be list, map, or dynamic)",
                comprehension.range)
            (key, value, isList) = (.error, .error, true)
        }
        let element: Declaration? = comprehension.range.declaration?.element
        let slot: Int
        if let second = comprehension.secondName {
            slot = push(comprehension.name, key, isList ? nil : .string)
            _ = push(second, value, element)
        } else if isList {
            slot = push(comprehension.name, value, element)
        } else {
            slot = push(comprehension.name, key, element == nil ? nil : .string)
        }
        expression.reference = .local(slot)
        if let condition = comprehension.condition {
            check(condition)
            require(condition, "_?_:_", "list(dyn), list(dyn)")
        }
        if let body = comprehension.body { check(body) }
        pop()
        if comprehension.secondName != nil { pop() }
        expression.type = type(of: comprehension, key: key, value: value, isList: isList)
    }

    private mutating func type(of comprehension: Expression.Comprehension, key: ValueType, value: ValueType, isList: Bool) -> ValueType {
        let body: ValueType = comprehension.body.map { unification.resolved($0.type) } ?? .dyn
        switch comprehension.kind {
        case .all, .exists:
            if let body = comprehension.body { require(body, comprehension.kind == .all ? "_&&_" : "_||_", nil) }
            return .bool
        case .existsOne:
            if let body = comprehension.body { require(body, "_?_:_", "int, int") }
            return .bool
        case .filter: return .list(isList ? value : key)
        case .map: return .list(body)
        case .transformMap: return .map(key, body)
        case .transformMapEntry:
            if case .map = body { return body }
            if !body.isDynamic, let inner = comprehension.body {
                report(
                    "found no matching overload for 'cel.@mapInsert' applied to '(map(dyn, dyn), \(body.description))'", inner)
            }
            return .map(.dyn, .dyn)
        }
    }

    private mutating func require(_ condition: Expression, _ function: String, _ others: String?) {
        let type: ValueType = unification.resolved(condition.type)
        guard !unification.fits(type, .bool) else { return }
        let list: String = others.map { "\(type.description), \($0)" } ?? "bool, \(type.description)"
        report("found no matching overload for '\(function)' applied to '(\(list))'", condition)
    }
}
