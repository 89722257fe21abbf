/// What an expression may cost at the worst, for data that are as large as their declarations allow.
///
/// Source: github.com/google/cel-go/checker/cost.go and `EstimateCallCost` of k8s.io/apiserver/pkg/cel/library, whose rules these are:
/// definitions that upstream takes are to be taken here, and the others are not.
struct CostEstimator {
    private struct Local {
        let size: CostRange?
        let entries: Entries?
    }

    /// Sizes of what a list or map holds.
    private struct Entries {
        let isList: Bool
        let key: CostRange
        let value: CostRange

        func union(_ other: Entries?) -> Entries? {
            other.map { Entries(isList: isList, key: key.union($0.key), value: value.union($0.value)) }
        }
    }

    private let unification: Unification
    private var sizes: [ObjectIdentifier: CostRange] = [:]
    private var entries: [ObjectIdentifier: Entries] = [:]
    private var locals: [String: [Local]] = [:]

    init(_ unification: Unification) { self.unification = unification }

    mutating func cost(_ expression: Expression) -> CostRange {
        switch expression.form {
        case .literal: return .zero
        case .name: return .one
        case .select(let operand, _, _):
            if expression.reference != nil { return .one }
            let inner: CostRange = cost(operand)
            switch unification.resolved(operand.type) {
            case .map, .object, .parameter, .opaque: return inner + .one
            default: return inner
            }
        case .presence(let operand, _): return cost(operand)
        case .call(let function, let target, let arguments): return callCost(function, target, arguments, expression)
        case .list(let elements):
            var sum: CostRange = .zero
            var item = CostRange(elements.isEmpty ? 0 : .max, 0)
            for (element, _) in elements {
                sum += cost(element)
                item = item.union(sizeOrUnknown(element))
            }
            entries[ObjectIdentifier(expression)] = Entries(isList: true, key: .one, value: item)
            return sum + CostRange(10)
        case .map(let pairs):
            var sum: CostRange = .zero
            var key = CostRange(pairs.isEmpty ? 0 : .max, 0)
            var value: CostRange = key
            for pair in pairs {
                sum += cost(pair.key) + cost(pair.value)
                key = key.union(sizeOrUnknown(pair.key))
                value = value.union(sizeOrUnknown(pair.value))
            }
            entries[ObjectIdentifier(expression)] = Entries(isList: false, key: key, value: value)
            return sum + CostRange(30)
        case .object(_, let fields): return fields.reduce(CostRange(40)) { $0 + cost($1.value) }
        case .comprehension(let comprehension): return comprehensionCost(comprehension, expression)
        case .bind(let name, let value, let body):
            let first: CostRange = cost(value)
            locals[name, default: []].append(Local(size: size(value), entries: entrySizes(value)))
            let second: CostRange = cost(body)
            if let size = size(body) { sizes[ObjectIdentifier(expression)] = size }
            if let inner = entrySizes(body) { entries[ObjectIdentifier(expression)] = inner }
            locals[name]?.removeLast()
            return CostRange(10) + first + second
        }
    }

    // MARK: - Macros

    private mutating func comprehensionCost(_ comprehension: Expression.Comprehension, _ expression: Expression) -> CostRange {
        let range: CostRange = cost(comprehension.range)
        let held: Entries? = entrySizes(comprehension.range)
        let isList: Bool
        if let held {
            isList = held.isList
        } else if case .map = unification.resolved(comprehension.range.type) {
            isList = false
        } else {
            isList = true
        }
        var names: [String] = [comprehension.name]
        if let second = comprehension.secondName {
            names.append(second)
            locals[comprehension.name, default: []].append(Local(size: held?.key, entries: nil))
            locals[second, default: []].append(Local(size: held?.value, entries: nil))
        } else {
            locals[comprehension.name, default: []].append(Local(size: isList ? held?.value : held?.key, entries: nil))
        }
        let condition: CostRange? = comprehension.condition.map { cost($0) }
        let body: CostRange = comprehension.body.map { cost($0) } ?? .zero
        let bodySize: CostRange = comprehension.body.map { sizeOrUnknown($0) } ?? (isList ? held?.value : held?.key) ?? .unknown
        for name in names { locals[name]?.removeLast() }
        let count: CostRange = sizeOrUnknown(comprehension.range)
        let step: CostRange
        var rest: CostRange = .one
        func chosen(_ taken: CostRange) -> CostRange { condition.map { $0 + taken.union(.one) } ?? taken }
        switch comprehension.kind {
        case .all: step = CostRange(3, UInt64(3).capped(adding: body.most))
        case .exists: step = CostRange(4, UInt64(4).capped(adding: body.most))
        case .existsOne:
            step = body + CostRange(1, 2)
            rest = CostRange(2)
        case .map:
            step = chosen(body + CostRange(12))
            rest = CostRange(11)
        case .filter:
            step = chosen(CostRange(13))
            rest = CostRange(11)
        case .transformMap:
            step = chosen(body + CostRange(3))
            rest = CostRange(31)
        case .transformMapEntry:
            step = chosen(body + CostRange(2))
            rest = CostRange(31)
        }
        switch comprehension.kind {
        case .all, .exists, .existsOne: sizes[ObjectIdentifier(expression)] = .one
        default:
            sizes[ObjectIdentifier(expression)] = count
            let isMap: Bool = comprehension.kind == .transformMap || comprehension.kind == .transformMapEntry
            entries[ObjectIdentifier(expression)] = Entries(isList: !isMap, key: .one, value: CostRange(0, bodySize.most))
        }
        return range + rest + count * step
    }

    // MARK: - Calls

    private mutating func callCost(
        _ function: String, _ target: Expression?, _ arguments: [Expression], _ expression: Expression
    ) -> CostRange {
        let given: [Expression] = (target.map { [$0] } ?? []) + arguments
        let costs: [CostRange] = given.map { self.cost($0) }
        let sum: CostRange = costs.reduce(.zero, +)
        func size(_ index: Int, _ estimator: inout CostEstimator) -> CostRange { estimator.sizeOrUnknown(given[index]) }
        switch function {
        case "dyn":
            if let found = self.size(given[0]) { sizes[ObjectIdentifier(expression)] = found }
            if let found = entrySizes(given[0]) { entries[ObjectIdentifier(expression)] = found }
            return sum + .one
        case "_&&_", "_||_": return CostRange(costs[0].least, (costs[0] + costs[1]).most)
        case "_?_:_":
            sizes[ObjectIdentifier(expression)] = size(1, &self).union(size(2, &self))
            entries[ObjectIdentifier(expression)] = entrySizes(given[1])?.union(entrySizes(given[2]))
            return costs[0] + costs[1].union(costs[2])
        case "_==_", "_!=_": return sum + comparison(size(0, &self), size(1, &self))
        case "_<_", "_<=_", "_>_", "_>=_":
            let type: ValueType = unification.resolved(given[0].type)
            guard type == .string || type == .bytes || type.isDynamic else { return sum + .one }
            let texts: CostRange = comparison(size(0, &self), size(1, &self))
            return sum + (type.isDynamic ? texts.union(.one) : texts)
        case "@in":
            guard case .list = unification.resolved(given[1].type) else { return sum + .one }
            return sum + size(1, &self)
        case "_[_]", "_[?_]":
            if let found = entrySizes(given[0])?.value { sizes[ObjectIdentifier(expression)] = found }
            return sum + .one
        case "_+_":
            let type: ValueType = unification.resolved(expression.type)
            guard type == .string || type == .bytes || type.isDynamic || type.isList else { return sum + .one }
            let both: CostRange = size(0, &self) + size(1, &self)
            sizes[ObjectIdentifier(expression)] = both
            if let joined = entrySizes(given[0])?.union(entrySizes(given[1])) { entries[ObjectIdentifier(expression)] = joined }
            return sum + (type.isList ? .one : both * 0.1)
        default: break
        }
        var cost = CostRange(.max, 0)
        for overload in expression.overloads {
            let (one, result): (CostRange, CostRange?) = functionCost(overload.cost, given)
            cost = cost.union(one)
            if let result { sizes[ObjectIdentifier(expression)] = sizes[ObjectIdentifier(expression)].map { $0.union(result) } ?? result }
        }
        return sum + (expression.overloads.isEmpty ? .one : cost)
    }

    private func comparison(_ one: CostRange, _ other: CostRange) -> CostRange {
        let most: UInt64 = min(one.most, other.most)
        return CostRange(most > 0 ? 1 : 0, most) * 0.1
    }

    private mutating func functionCost(_ rule: CallCost, _ given: [Expression]) -> (cost: CostRange, size: CostRange?) {
        func size(_ index: Int, _ estimator: inout CostEstimator) -> CostRange {
            index < given.count ? estimator.sizeOrUnknown(given[index]) : .unknown
        }
        let first: CostRange = given.isEmpty ? .zero : size(0, &self)
        switch rule {
        case .one: return (.one, nil)
        case .check: return (CostRange(350_000), nil)
        case .text(let times): return (first * (0.1 * times), first)
        case .affix: return (size(1, &self) * 0.1, nil)
        case .walk: return (walk(given[0], first), nil)
        case .contains: return ((first * 0.1) * (size(1, &self) * 0.1), nil)
        case .matches: return (((first + .one) * 0.1) * (size(1, &self) * 0.25), nil)
        case .find: return (((first + .one) * 0.1) * (size(1, &self) * 0.25), CostRange(0, first.most))
        case .replace: return (first * 0.2, replaced(first, size(1, &self), size(2, &self)))
        case .split:
            var most: UInt64 = first.most
            if given.count > 2, case .literal(.int(let limit)) = given[2].form { most = UInt64(clamping: limit) }
            return (first * 0.2, CostRange(0, most))
        case .join:
            var result: CostRange = .zero
            if let element = elementSize(given[0]) { result = first * element }
            if given.count > 1 {
                let gaps = CostRange(first.least > 0 ? first.least - 1 : 0, first.most > 0 ? first.most - 1 : 0)
                result += size(1, &self) * gaps
            }
            return (result * 0.1, result)
        case .product: return (.one + first * size(1, &self), nil)
        case .list(let work):
            let (cost, result): (CostRange, CostRange) = listCost(work, given, size(given.count - 1, &self), first)
            return (cost + CostRange(CallCost.madeList), result)
        case .containsIP(let isText):
            let base: CostRange = CostRange(8, 32) * 0.1
            return (isText ? base + size(1, &self) * 0.1 : base, nil)
        case .containsCIDR(let isText):
            let base: CostRange = CostRange(8, 32) * 0.1 + CostRange(4, 16) * 0.1 + .one
            return (isText ? base + size(1, &self) * 0.1 : base, nil)
        case .format: return (first * 0.1 + .one, first + size(1, &self))
        case .walkText: return (((size(1, &self) + .one) * 0.1) * CostRange(15), nil)
        }
    }

    private func listCost(
        _ work: CallCost.ListWork, _ given: [Expression], _ last: CostRange, _ first: CostRange
    ) -> (cost: CostRange, size: CostRange) {
        func number(_ index: Int, else other: UInt64) -> UInt64 {
            guard index < given.count, case .literal(.int(let number)) = given[index].form else { return other }
            return UInt64(clamping: number)
        }
        func square(_ size: CostRange, _ list: Expression) -> (CostRange, CostRange) {
            guard case .list(let element) = unification.resolved(list.type) else { return (size * size * 2, size * size) }
            return (size * size * (element == .string || element == .bytes ? 2.1 : 2), size * size)
        }
        switch work {
        case .slice:
            let count = CostRange(number(2, else: first.most) &- min(number(1, else: 0), number(2, else: first.most)))
            return (count, count)
        case .range:
            let count = CostRange(number(0, else: .max))
            return (count, count)
        case .reverse: return (first, first)
        case .flatten: return (first * CostRange(given.count > 1 ? number(1, else: .max) : 1), first)
        case .distinct: return (first * first * 2, first * first)
        case .sort: return square(last, given[given.count - 1])
        }
    }

    private mutating func walk(_ list: Expression, _ count: CostRange) -> CostRange {
        guard case .list(let element) = unification.resolved(list.type) else { return count * 0.1 }
        guard element == .string || element == .bytes else { return count }
        return count * (.one + (elementSize(list) ?? .unknown) * 0.1)
    }

    private func elementSize(_ list: Expression) -> CostRange? {
        if let declared = list.declaration?.element { return Self.declaredSize(declared) }
        guard case .list = unification.resolved(list.type) else { return nil }
        return entrySizes(list)?.value ?? .unknown
    }

    private func replaced(_ text: CostRange, _ wanted: CostRange, _ by: CostRange) -> CostRange {
        var count: CostRange = .zero
        var kept: CostRange = .zero
        if wanted.least == 0 {
            count.most = text.most.capped(adding: 1)
            kept.most = text.most
        } else if by.most <= wanted.least {
            kept.most = text.most
        } else {
            count.most = text.most.scaled(by: 1 / Double(wanted.least))
        }
        if wanted.most == 0 {
            count.least = text.least.capped(adding: 1)
            kept.least = text.least
        } else if wanted.most <= by.least {
            kept.least = text.least
        } else {
            count.least = text.least.scaled(by: 1 / Double(wanted.most))
        }
        return count * by + kept
    }

    // MARK: - Sizes

    private func entrySizes(_ expression: Expression) -> Entries? {
        if let found = entries[ObjectIdentifier(expression)] { return found }
        if case .name(let name) = expression.form { return locals[name]?.last?.entries }
        return nil
    }

    private func sizeOrUnknown(_ expression: Expression) -> CostRange { size(expression) ?? .unknown }

    private func size(_ expression: Expression) -> CostRange? {
        if let found = sizes[ObjectIdentifier(expression)] { return found }
        switch expression.form {
        case .literal(.string(let text)): return CostRange(UInt64(text.unicodeScalars.count))
        case .literal(.bytes(let bytes)): return CostRange(UInt64(bytes.count))
        case .literal: return .one
        case .list(let elements): return CostRange(UInt64(elements.count))
        case .map(let pairs): return CostRange(UInt64(pairs.count))
        default: break
        }
        let type: ValueType = unification.resolved(expression.type)
        if let declared = expression.declaration, !type.isScalar { return Self.declaredSize(declared) }
        if type.isScalar { return .one }
        if case .name(let name) = expression.form { return locals[name]?.last?.size }
        return nil
    }

    private static func declaredSize(_ declaration: Declaration) -> CostRange { CostRange(0, declaration.maxElements) }
}

extension ValueType {
    fileprivate var isList: Bool { if case .list = self { true } else { false } }
}
