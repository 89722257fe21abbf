package import Machinery

extension StructuralSchema {
    /// Collects what is wrong with a value, in Kubernetes' words.
    ///
    /// What an update left as it was is not held against it, however wrong it is: a definition may become stricter than its objects.
    ///
    /// Source: k8s.io/kube-openapi/pkg/validation and `ValidateCustomResource` of k8s.io/apiextensions-apiserver/pkg/apiserver/validation;
    /// KEP-4008.
    ///
    /// - Parameter old: the value that stood there before; nil for one that is new or can't be told from its neighbours.
    package func validate(_ value: JSON, from old: JSON? = nil, _ path: Path, _ problems: inout Problems) {
        if let old, old == value { return }
        if value.isNull {
            if !type.isEmpty, !isNullable { problems.mistyped(path, "null", type) }
            checkValues(value, path, &problems)
            return
        }
        checkType(value, path, &problems)
        if checks.isNeeded { checkAlternatives(value, path, &problems) }
        switch value {
        case .string(let text):
            if checks.isNeeded { checkText(text, value, path, &problems) }
            checkFormat(text, value, path, &problems)
        case .int, .number: if checks.isNeeded { checkNumber(value, path, &problems) }
        case .array(let elements): checkElements(elements, from: old?.array, value, path, &problems)
        case .bool, .null, .object: break
        }
        checkValues(value, path, &problems)
        if case .object(let object) = value { checkMembers(object, from: old?.object, value, path, &problems) }
    }

    private func checkType(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        if isIntOrString, value.isWhole || value.string != nil { return }
        guard !type.isEmpty || isIntOrString else { return }
        let found: String = value.openAPIType
        if type == found || type == "number" && found == "integer" || type == "integer" && value.isWhole { return }
        // As upstream, a number's format stands for its type.
        let isNumeric: Bool = type == "integer" || type == "number"
        if isNumeric, !format.isEmpty, value.string == nil, value.array == nil { return problems.mistyped(path, "", format) }
        problems.mistyped(path, found, isIntOrString && type.isEmpty ? "integer,string" : type)
    }

    // MARK: - Plain values

    private func checkValues(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        guard let values = checks.values, !(value.isNull && isNullable), !values.contains(where: { $0.isSame(as: value) }) else { return }
        problems.notSupported(path, value, supported: values.map { $0.string ?? $0.text() })
    }

    private func checkText(_ text: String, _ value: JSON, _ path: Path, _ problems: inout Problems) {
        let count: Int = text.unicodeScalars.count
        if let most = checks.maxLength, count > most { problems.tooLong(path, "may not be more than \(most) bytes") }
        if let least = checks.minLength, count < least {
            problems.invalid(path, value, "\(path) in body should be at least \(least) chars long")
        }
        if let pattern = checks.pattern, !pattern.matches(text) {
            problems.invalid(path, value, "\(path) in body should match '\(pattern.pattern)'")
        }
    }

    private func checkFormat(_ text: String, _ value: JSON, _ path: Path, _ problems: inout Problems) {
        guard !format.isEmpty, type == "string", !TextFormat.holds(format, text) else { return }
        problems.typeInvalid(path, value, "\(path) in body must be of type \(format): \(JSON.quoted(text))")
    }

    private func checkNumber(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        guard let number = value.double else { return }
        if let factor = checks.multipleOf, let by = factor.double, by > 0, !Self.isMultiple(value, of: factor) {
            problems.invalid(path, value, "\(path) in body should be a multiple of \(factor.goNumber)")
        }
        if let limit = checks.maximum, let most = limit.double, checks.isMaximumExclusive ? number >= most : number > most {
            let words: String = checks.isMaximumExclusive ? "less than" : "less than or equal to"
            problems.invalid(path, value, "\(path) in body should be \(words) \(limit.goNumber)")
        }
        if let limit = checks.minimum, let least = limit.double, checks.isMinimumExclusive ? number <= least : number < least {
            let words: String = checks.isMinimumExclusive ? "greater than" : "greater than or equal to"
            problems.invalid(path, value, "\(path) in body should be \(words) \(limit.goNumber)")
        }
    }

    private static func isMultiple(_ value: JSON, of factor: JSON) -> Bool {
        if let whole = value.int, let by = factor.int { return whole % by == 0 }
        guard let number = value.double, let by = factor.double else { return true }
        let quotient: Double = number / by
        return abs(quotient - quotient.rounded()) < 1e-9
    }

    // MARK: - Lists

    private func checkElements(_ elements: [JSON], from old: [JSON]?, _ value: JSON, _ path: Path, _ problems: inout Problems) {
        if let items {
            let before: [JSON: JSON] = listType == .map ? byKey(old ?? []) : [:]
            for (index, element) in elements.enumerated() {
                items.validate(element, from: key(of: element).flatMap { before[$0] }, path.index(index), &problems)
            }
        }
        if let least = checks.minItems, elements.count < least {
            problems.invalid(path, .int(Int64(elements.count)), "\(path) in body should have at least \(least) items")
        }
        if let most = checks.maxItems, elements.count > most { problems.tooMany(path, elements.count, atMost: most) }
        if checks.hasUniqueItems, Set(elements).count != elements.count {
            problems.invalid(path, "", "\(path) in body shouldn't contain duplicates")
        }
    }

    /// What tells an element of a map from others: its keys, with their defaults.
    private func key(of element: JSON) -> JSON? {
        guard listType == .map, case .object = element else { return nil }
        return .object(
            JSONObject(
                members: listMapKeys.compactMap { key in
                    (element[key] ?? items?[key]?.defaultValue).map { JSONObject.Member(key: key, value: $0) }
                }))
    }

    /// Elements of a map that stand once.
    private func byKey(_ elements: [JSON]) -> [JSON: JSON] {
        var found: [JSON: [JSON]] = [:]
        for element in elements {
            if let key: JSON = key(of: element) { found[key, default: []].append(element) }
        }
        return found.compactMapValues { $0.count == 1 ? $0[0] : nil }
    }

    /// Elements that stand twice in sets and maps. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype.
    package func validateListTypes(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        switch value {
        case .array(let elements):
            if listType == .set || listType == .map { checkDuplicates(elements, path, &problems) }
            guard let items else { return }
            for (index, element) in elements.enumerated() { items.validateListTypes(element, path.index(index), &problems) }
        case .object(let object):
            for member in object.members {
                guard let schema: StructuralSchema = schema(ofMember: member.key) else { continue }
                schema.validateListTypes(member.value, self[member.key] == nil ? path.key(member.key) : path.child(member.key), &problems)
            }
        default: break
        }
    }

    /// Whether no set or map has an element twice.
    func hasGoodListTypes(_ value: JSON) -> Bool {
        var problems = Problems()
        validateListTypes(value, .root, &problems)
        return problems.isEmpty
    }

    private func checkDuplicates(_ elements: [JSON], _ path: Path, _ problems: inout Problems) {
        var seen: Set<JSON> = []
        for (index, element) in elements.enumerated() {
            var identity: JSON = element
            if listType == .map {
                guard let key: JSON = key(of: element) else { continue }
                identity = key
            }
            if !seen.insert(identity).inserted { problems.duplicate(path.index(index), identity) }
        }
    }

    // MARK: - Objects

    private func checkMembers(_ object: JSONObject, from old: JSONObject?, _ value: JSON, _ path: Path, _ problems: inout Problems) {
        if let least = checks.minProperties, object.count < least {
            problems.invalid(path, .int(Int64(object.count)), "\(path) in body should have at least \(least) properties")
        }
        if let most = checks.maxProperties, object.count > most { problems.tooMany(path, object.count, atMost: most) }
        for member in object.members {
            guard let schema: StructuralSchema = schema(ofMember: member.key) else { continue }
            schema.validate(member.value, from: old?[member.key], path.child(member.key), &problems)
        }
        for name in required where object[name] == nil { problems.required(path.child(name)) }
    }

    // MARK: - Schemas of which some must hold

    private func checkAlternatives(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        func tries(_ schemas: [StructuralSchema]) -> [Problems] {
            schemas.map { schema in
                var found = Problems()
                schema.validate(value, path, &found)
                return found
            }
        }
        func best(_ tries: [Problems]) -> Problems { tries.min { $0.all.count < $1.all.count } ?? Problems() }
        let place: String = JSON.quoted(path.description)
        if !checks.anyOf.isEmpty {
            let found: [Problems] = tries(checks.anyOf)
            if !found.contains(where: \.isEmpty) {
                problems.composite("\(place) must validate at least one schema (anyOf)")
                problems.append(contentsOf: best(found))
            }
        }
        if !checks.oneOf.isEmpty {
            let found: [Problems] = tries(checks.oneOf)
            let count: Int = found.count { $0.isEmpty }
            if count != 1 {
                let why: String = count == 0 ? "Found none valid" : "Found \(count) valid alternatives"
                problems.composite("\(place) must validate one and only one schema (oneOf). \(why)")
                if count == 0 { problems.append(contentsOf: best(found)) }
            }
        }
        if !checks.allOf.isEmpty {
            let found: [Problems] = tries(checks.allOf)
            for one in found { problems.append(contentsOf: one) }
            let count: Int = found.count { $0.isEmpty }
            if count < found.count {
                problems.composite("\(place) must validate all the schemas (allOf)" + (count == 0 ? ". None validated" : ""))
            }
        }
        for found in tries(checks.not) where found.isEmpty { problems.composite("\(place) must not validate the schema (not)") }
    }
}

extension Problems {
    fileprivate mutating func mistyped(_ path: Path, _ found: String, _ wanted: String) {
        typeInvalid(path, .string(found), "\(path) in body must be of type \(wanted): \(JSON.quoted(found))")
    }

    /// As upstream, what schemas say together has no path of its own.
    fileprivate mutating func composite(_ text: String) { invalid(Path("<nil>"), "", text) }
}

extension JSON {
    /// A number without fraction, however it is written.
    fileprivate var isWhole: Bool {
        switch self {
        case .int: true
        case .number(let text): Double(text).map { $0.rounded() == $0 } ?? false
        default: false
        }
    }

    /// The name of the type in OpenAPI.
    fileprivate var openAPIType: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// Numbers are the same when their values are.
    fileprivate func isSame(as other: JSON) -> Bool {
        if self == other { return true }
        guard let one = double, let two = other.double else { return false }
        return one == two
    }

    /// As Go's `%v` prints a float64.
    fileprivate var goNumber: String { double.map { GoFloat.printed($0) } ?? text() }
}
