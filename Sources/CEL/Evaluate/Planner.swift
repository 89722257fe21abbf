import Machinery

/// Makes a program of a checked expression.
enum Planner {
    static func step(_ expression: Expression) -> Step {
        switch expression.form {
        case .literal(let value): return ConstantStep(value)
        case .name: return reference(expression)
        case .select(let operand, let field, let isOptional):
            if expression.reference != nil { return reference(expression) }
            return SelectStep(step(operand), field, isOptional: isOptional, operand.type)
        case .presence(let operand, let field): return PresenceStep(step(operand), field)
        case .call(let function, let target, let arguments):
            return call(function, expression, (target.map { [$0] } ?? []) + arguments)
        case .list(let elements):
            let steps: [(step: Step, isOptional: Bool)] = elements.map { (step($0.element), $0.isOptional) }
            if let values = constants(steps) { return ConstantStep(.list(values)) }
            return ListStep(steps)
        case .map(let entries): return MapStep(entries.map { (step($0.key), step($0.value), $0.isOptional) })
        case .object(let name, let fields): return ObjectStep(name, fields.map { ($0.field, step($0.value), $0.isOptional) })
        case .comprehension(let comprehension):
            return ComprehensionStep(
                comprehension, slot: slot(expression), range: step(comprehension.range), condition: comprehension.condition.map(step),
                body: comprehension.body.map(step))
        case .bind(_, let value, let body): return BindStep(slot(expression), step(value), step(body))
        }
    }

    private static func slot(_ expression: Expression) -> Int {
        if case .local(let slot)? = expression.reference { return slot }
        preconditionFailure("a macro that was not checked")
    }

    private static func reference(_ expression: Expression) -> Step {
        switch expression.reference {
        case .input(let index)?: InputStep(index)
        case .local(let slot)?: LocalStep(slot)
        case .constant(let value)?: ConstantStep(value)
        case nil: preconditionFailure("a name that was not checked")
        }
    }

    private static func constants(_ steps: [(step: Step, isOptional: Bool)]) -> [Value]? {
        var values: [Value] = []
        for (step, isOptional) in steps {
            guard !isOptional, let constant = step as? ConstantStep else { return nil }
            values.append(constant.value)
        }
        return values
    }

    private static func texts(_ step: Step) -> Set<String>? {
        guard case .list(let values)? = (step as? ConstantStep)?.value else { return nil }
        var texts: Set<String> = []
        for value in values {
            // Texts that are equal by Unicode and not by their bytes are looked at one by one.
            guard case .string(let text) = value, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
            texts.insert(text)
        }
        return texts
    }

    private static func call(_ function: String, _ expression: Expression, _ operands: [Expression]) -> Step {
        let steps: [Step] = operands.map(step)
        switch function {
        case "_&&_": return LogicalStep(steps[0], steps[1], decisive: false)
        case "_||_": return LogicalStep(steps[0], steps[1], decisive: true)
        case "_?_:_": return ConditionalStep(steps[0], steps[1], steps[2])
        case "!_": return NotStep(steps[0])
        case "_==_": return EqualityStep(steps[0], steps[1], isNegated: false)
        case "_!=_": return EqualityStep(steps[0], steps[1], isNegated: true)
        case "@in": return ContainmentStep(steps[0], steps[1], texts: texts(steps[1]))
        case "_[_]": return IndexStep(steps[0], steps[1], isOptional: false)
        case "_[?_]": return IndexStep(steps[0], steps[1], isOptional: true)
        case "matches":
            if case .string(let text)? = (steps[1] as? ConstantStep)?.value, let pattern = try? RegularExpression(text) {
                return PatternStep(steps[0], pattern)
            }
            return MatchStep(steps[0], steps[1])
        default: break
        }
        if let relation = OrderStep.Relation(rawValue: function) { return OrderStep(steps[0], steps[1], relation) }
        if let operation = Arithmetic(rawValue: function) { return ArithmeticStep(steps[0], steps[1], operation) }
        return folded(CallStep(function, expression.overloads, steps), steps, expression)
    }

    /// A conversion of a constant is made once.
    private static func folded(_ call: CallStep, _ steps: [Step], _ expression: Expression) -> Step {
        guard steps.allSatisfy({ $0 is ConstantStep }), case .call(let function, _, _) = expression.form,
            ["duration", "timestamp", "quantity", "-_", "semver", "ip", "cidr"].contains(function)
        else { return call }
        let frame = Frame(inputs: [], localCount: 0, limit: 10_000)
        guard let value = try? call.evaluate(frame) else { return call }
        return ConstantStep(value)
    }
}
