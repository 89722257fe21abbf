/// Lists, maps and objects that are written out.
extension Checker {
    mutating func checkList(_ elements: [(element: Expression, isOptional: Bool)], _ expression: Expression) {
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

    mutating func checkMap(_ entries: [(key: Expression, value: Expression, isOptional: Bool)], _ expression: Expression) {
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

    mutating func checkObject(
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
}
