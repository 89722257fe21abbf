/// Macros over lists and maps, whose variables live as long as their bodies.
extension Checker {
    mutating func checkComprehension(_ comprehension: Expression.Comprehension, _ expression: Expression) {
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
