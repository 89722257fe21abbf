/// Calls that stand for more than a function: `has`, and those that give a name to something.
///
/// Source: the macros of the CEL language definition, and the extensions for optionals, lists and two-variable comprehensions of cel-go.
enum Macro {
    typealias Failure = Parser.Failure

    /// A call without target, expanded if it is a macro.
    static func expanded(_ name: String, _ arguments: [Expression], at offset: Int, macroAt: Int) throws(Failure) -> Expression {
        guard name == "has", arguments.count == 1 else { return Expression(.call(name, target: nil, arguments), at: offset) }
        guard case .select(let operand, let field, isOptional: false) = arguments[0].form else {
            throw Failure(message: "invalid argument to has() macro", offset: arguments[0].offset)
        }
        return Expression(.presence(operand, field: field), at: offset)
    }

    /// A call of a member, expanded if it is a macro.
    static func expanded(
        _ name: String, target: Expression, _ arguments: [Expression], at offset: Int, macroAt: Int
    ) throws(Failure) -> Expression {
        switch (name, arguments.count) {
        case ("optMap", 2), ("optFlatMap", 2):
            let variable: String = try self.variable(arguments[0], "\(name)() variable name must be a simple identifier")
            return Expression(optional(name, target, variable, arguments[1], offset).form, at: offset)
        case ("sortBy", 2): return try sorted(target, arguments, offset)
        case ("all", 2), ("exists", 2), ("exists_one", 2), ("existsOne", 2), ("filter", 2), ("map", 2), ("map", 3):
            return Expression(.comprehension(try one(name, target, arguments)), at: offset)
        case ("all", 3), ("exists", 3), ("existsOne", 3), ("exists_one", 3), ("transformList", 3), ("transformList", 4),
            ("transformMap", 3), ("transformMap", 4), ("transformMapEntry", 3), ("transformMapEntry", 4):
            return Expression(.comprehension(try two(name, target, arguments)), at: offset)
        default:
            return Expression(.call(name, target: target, arguments), at: offset)
        }
    }

    private static func variable(_ expression: Expression, _ complaint: String) throws(Failure) -> String {
        guard case .name(let name) = expression.form, !name.hasPrefix(".") else {
            throw Failure(message: complaint, offset: expression.offset)
        }
        guard name != "__result__", name != "@result" else {
            throw Failure(message: "iteration variable overwrites accumulator variable", offset: expression.offset)
        }
        return name
    }

    private static func one(_ name: String, _ range: Expression, _ arguments: [Expression]) throws(Failure) -> Expression.Comprehension {
        let variable: String = try self.variable(arguments[0], "argument must be a simple name")
        let kind: Expression.Comprehension.Kind
        var condition: Expression?
        var body: Expression? = arguments.last
        switch name {
        case "all": kind = .all
        case "exists": kind = .exists
        case "exists_one", "existsOne": kind = .existsOne
        case "filter":
            kind = .filter
            condition = arguments[1]
            body = nil
        default:
            kind = .map
            if arguments.count == 3 { condition = arguments[1] }
        }
        return Expression.Comprehension(kind: kind, range: range, name: variable, secondName: nil, condition: condition, body: body)
    }

    private static func two(_ name: String, _ range: Expression, _ arguments: [Expression]) throws(Failure) -> Expression.Comprehension {
        let first: String = try variable(arguments[0], "argument must be a simple name")
        let second: String = try variable(arguments[1], "argument must be a simple name")
        guard first != second else {
            throw Failure(message: "duplicate variable name: \(first)", offset: arguments[1].offset)
        }
        let kind: Expression.Comprehension.Kind
        switch name {
        case "all": kind = .all
        case "exists": kind = .exists
        case "existsOne", "exists_one": kind = .existsOne
        case "transformList": kind = .map
        case "transformMap": kind = .transformMap
        default: kind = .transformMapEntry
        }
        return Expression.Comprehension(
            kind: kind, range: range, name: first, secondName: second, condition: arguments.count == 4 ? arguments[2] : nil,
            body: arguments.last)
    }

    /// `target.@sortByAssociatedKeys(target.map(x, key))`, with the target evaluated once.
    private static func sorted(_ target: Expression, _ arguments: [Expression], _ offset: Int) throws(Failure) -> Expression {
        switch target.form {
        case .list, .select, .name, .comprehension, .call, .bind: break
        default:
            throw Failure(
                message: "sortBy can only be applied to a list, identifier, comprehension, call or select expression", offset: target.offset
            )
        }
        func node(_ form: Expression.Form) -> Expression { Expression(form, at: offset) }
        let held = "@__sortBy_input__"
        let keys: Expression = node(.comprehension(try one("map", node(.name(held)), arguments)))
        return node(.bind(held, target, node(.call("@sortByAssociatedKeys", target: node(.name(held)), [keys]))))
    }

    /// `target.hasValue() ? optional.of(body) : optional.none()`, with the target evaluated once and its value bound to the variable.
    private static func optional(
        _ name: String, _ target: Expression, _ variable: String, _ body: Expression, _ offset: Int
    ) -> Expression {
        func node(_ form: Expression.Form) -> Expression { Expression(form, at: offset) }
        let held = "@optional"
        let bound: Expression = node(.bind(variable, node(.call("value", target: node(.name(held)), [])), body))
        let some: Expression = name == "optFlatMap" ? bound : node(.call("optional.of", target: nil, [bound]))
        let choice: Expression = node(
            .call(
                "_?_:_", target: nil,
                [node(.call("hasValue", target: node(.name(held)), [])), some, node(.call("optional.none", target: nil, []))]))
        return node(.bind(held, target, choice))
    }
}
