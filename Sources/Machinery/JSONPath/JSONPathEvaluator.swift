/// Carries templates out.
struct JSONPathEvaluator {
    /// A field that none of the values has gives nothing; otherwise it is an error.
    let allowsMissingKeys: Bool

    func text(_ parts: [JSONPath.Part], _ object: JSON) throws -> String {
        var result: String = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .path(let steps): result += try walk(steps, [object]).map(shown).joined(separator: " ")
            case .range(let steps, let body): for element in try walk(steps, [object]) { result += try text(body, element) }
            }
        }
        return result
    }

    func values(_ parts: [JSONPath.Part], _ object: JSON) throws -> [JSON] {
        var result: [JSON] = []
        for part in parts {
            switch part {
            case .text: break
            case .path(let steps): result += try walk(steps, [object])
            case .range(let steps, let body): for element in try walk(steps, [object]) { result += try values(body, element) }
            }
        }
        return result
    }

    private func walk(_ steps: [JSONPath.Step], _ values: [JSON]) throws -> [JSON] {
        var values: [JSON] = values
        for (index, step) in steps.enumerated() {
            // Behind `..` values of any type are met: those that don't fit the step give nothing.
            let isLenient: Bool = index > 0 && steps[index - 1] == .recursive
            // One path after the other, each over all values.
            if case .union(let paths) = step {
                values = try paths.flatMap { try walk($0, values) }
                continue
            }
            let found: [JSON] = try values.flatMap { try take(step, $0, isLenient: isLenient) }
            if !allowsMissingKeys, found.isEmpty, !values.isEmpty, case .field(let name) = step {
                throw JSONPathError("\(name) is not found")
            }
            values = found
        }
        return values
    }

    private func take(_ step: JSONPath.Step, _ value: JSON, isLenient: Bool) throws -> [JSON] {
        switch step {
        case .literal(let literal): return [literal]
        case .field(let name): return value[name].map { [$0] } ?? []
        case .wildcard: return children(value)
        case .recursive: return descendants(value)
        case .union(let paths): return try paths.flatMap { try walk($0, [value]) }
        case .filter(let filter):
            guard let elements = value.array else {
                if value.isNull || isLenient { return [] }
                throw JSONPathError("\(GoText.of(value)) is not array or slice and cannot be filtered")
            }
            return try elements.filter { try holds(filter, $0) }
        case .index(let index):
            guard let elements = try array(value, isLenient) else { return [] }
            let position: Int = index < 0 ? elements.count + index : index
            guard elements.indices.contains(position) else {
                if isLenient { return [] }
                throw JSONPathError("array index out of bounds: index \(index), length \(elements.count)")
            }
            return [elements[position]]
        case .slice(let from, let to, let by):
            guard let elements = try array(value, isLenient) else { return [] }
            return try slice(elements, from, to, by ?? 1)
        }
    }

    private func array(_ value: JSON, _ isLenient: Bool) throws -> [JSON]? {
        if let elements = value.array { return elements }
        if value.isNull || isLenient { return nil }
        throw JSONPathError("\(GoText.of(value)) is not array or slice")
    }

    private func slice(_ elements: [JSON], _ from: Int?, _ to: Int?, _ step: Int) throws -> [JSON] {
        guard step > 0 else { throw JSONPathError("step must be > 0") }
        func position(_ index: Int) -> Int { min(max(index < 0 ? elements.count + index : index, 0), elements.count) }
        let (start, end): (Int, Int) = (position(from ?? 0), position(to ?? elements.count))
        if let from, let to, (from < 0) == (to < 0), from > to {
            throw JSONPathError("starting index \(from) is greater than ending index \(to)")
        }
        guard start < end else { return [] }
        return stride(from: start, to: end, by: step).map { elements[$0] }
    }

    private func children(_ value: JSON) -> [JSON] {
        switch value {
        case .array(let elements): elements
        case .object(let object): object.sorted().map(\.value)
        default: []
        }
    }

    private func descendants(_ value: JSON) -> [JSON] { [value] + children(value).flatMap(descendants) }

    private func holds(_ filter: JSONPath.Filter, _ element: JSON) throws -> Bool {
        let left: [JSON] = try walk(filter.left, [element])
        if filter.comparison == .exists { return !left.isEmpty }
        let right: [JSON] = try walk(filter.right, [element])
        guard let one = left.first, let other = right.first else { return false }
        guard left.count == 1, right.count == 1 else { throw JSONPathError("can only compare one element at a time") }
        switch filter.comparison {
        case .exists: return true
        case .equal: return isEqual(one, other)
        case .notEqual: return !isEqual(one, other)
        case .less: return try isLess(one, other)
        case .atMost: return try isLess(one, other) || isEqual(one, other)
        case .more: return try isLess(other, one)
        case .atLeast: return try isLess(other, one) || isEqual(one, other)
        }
    }

    private func isEqual(_ one: JSON, _ other: JSON) -> Bool {
        if one == other { return true }
        guard let one = one.double, let other = other.double else { return false }
        return one == other
    }

    private func isLess(_ one: JSON, _ other: JSON) throws -> Bool {
        if let one = one.double, let other = other.double { return one < other }
        if let one = one.string, let other = other.string { return one.utf8.lexicographicallyPrecedes(other.utf8) }
        throw JSONPathError("incompatible types for comparison")
    }

    /// Texts as they are, objects and arrays as JSON.
    private func shown(_ value: JSON) -> String {
        switch value {
        case .object, .array: value.sortedByKey.text(JSONStyle(escapeHTML: true))
        default: GoText.of(value)
        }
    }
}
