/// Why a text or object is no selector, in the words of Kubernetes.
public struct SelectorError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}

extension LabelMatch.Requirement {
    /// Checks the key, the values and their number.
    public init(_ key: String, _ operation: LabelMatch.Operation, _ values: [String]) throws(SelectorError) {
        var problems: [String] = []
        func invalid(_ path: String, _ value: String, _ detail: String) {
            problems.append("\(path): Invalid value: \(value): \(detail)")
        }
        let wrongKey: [String] = Names.qualifiedName(key)
        if !wrongKey.isEmpty { invalid("key", JSON.quoted(key), wrongKey.joined(separator: "; ")) }
        let shown: String = "[" + values.map { JSON.quoted($0) }.joined(separator: ",") + "]"
        switch operation {
        case .isIn, .isNotIn:
            if values.isEmpty { invalid("values", shown, "for 'in', 'notin' operators, values set can't be empty") }
        case .equals, .doubleEquals, .notEquals:
            if values.count != 1 { invalid("values", shown, "exact-match compatibility requires one single value") }
        case .exists, .doesNotExist:
            if !values.isEmpty { invalid("values", shown, "values set must be empty for exists and does not exist") }
        case .greaterThan, .lessThan:
            if values.count != 1 { invalid("values", shown, "for 'Gt', 'Lt' operators, exactly one value is required") }
            for (index, value) in values.enumerated() where Int64(value) == nil {
                invalid("values[\(index)]", JSON.quoted(value), "for 'Gt', 'Lt' operators, the value must be an integer")
            }
        }
        for (index, value) in values.enumerated() {
            let wrong: [String] = Names.labelValue(value)
            if !wrong.isEmpty { invalid("values[\(index)][\(key)]", JSON.quoted(value), wrong.joined(separator: "; ")) }
        }
        guard problems.isEmpty else {
            throw SelectorError(description: problems.count == 1 ? problems[0] : "[" + problems.joined(separator: ", ") + "]")
        }
        self.key = key
        self.operation = operation
        self.values = Array(Set(values)).sorted()
    }
}

extension LabelMatch {
    /// Exactly these labels.
    public init(labels: [String: String]) throws(SelectorError) {
        var requirements: [Requirement] = []
        for (key, value) in labels { requirements.append(try Requirement(key, .equals, [value])) }
        self.init(requirements: requirements)
    }

    /// Reads the object form, with `matchLabels` and `matchExpressions`. An absent or null selector chooses nothing, an empty one
    /// everything.
    public init(labelSelector json: JSON?) throws(SelectorError) {
        guard let json, !json.isNull else {
            self = .nothing
            return
        }
        var requirements: [Requirement] = []
        for member in json["matchLabels"]?.object?.members ?? [] {
            requirements.append(try Requirement(member.key, .equals, [member.value.string ?? ""]))
        }
        for expression in json["matchExpressions"]?.array ?? [] {
            let operation: Operation
            let name: String = expression["operator"]?.string ?? ""
            switch name {
            case "In": operation = .isIn
            case "NotIn": operation = .isNotIn
            case "Exists": operation = .exists
            case "DoesNotExist": operation = .doesNotExist
            default: throw SelectorError(description: "\"\(name)\" is not a valid label selector operator")
            }
            let values: [String] = expression["values"]?.array?.compactMap(\.string) ?? []
            requirements.append(try Requirement(expression["key"]?.string ?? "", operation, values))
        }
        self.init(requirements: requirements)
    }
}
