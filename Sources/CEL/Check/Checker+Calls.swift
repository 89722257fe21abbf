import Machinery

/// Calls of functions and operators: the overloads that take what is given.
extension Checker {
    mutating func checkCall(_ function: String, _ target: Expression?, _ arguments: [Expression], _ expression: Expression) {
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
}
