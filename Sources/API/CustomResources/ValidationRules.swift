import CEL
package import Machinery

/// The rules in CEL of a schema, compiled, at the places where they stand.
///
/// Source: `Validator` of k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel.
package final class ValidationRules: Sendable {
    private let rules: [CompiledRule]
    private let properties: [ExactText: ValidationRules]
    private let items: ValidationRules?
    private let values: ValidationRules?
    private let declaration: Declaration
    private let type: String
    private let isAtomicMap: Bool
    /// Members that tell the elements of a list apart; nil for a list whose elements can't be told.
    private let keys: [String]?
    private let keyDefaults: [JSON?]

    /// What all rules may cost for one object. Source: `RuntimeCELCostBudget` of k8s.io/apiserver/pkg/apis/cel.
    package static let budget: Int64 = 10_000_000

    /// nil for a schema without rules.
    package convenience init?(_ schema: JSON) {
        guard JSONSchemaProps.contains(schema, "x-kubernetes-validations") else { return nil }
        self.init(schema, SchemaDeclaration.of(schema, isRoot: true), isRoot: true)
    }

    private init?(_ schema: JSON, _ declaration: Declaration?, isRoot: Bool) {
        guard let declaration else { return nil }
        self.declaration = declaration
        type = schema["type"]?.string ?? ""
        rules = (schema["x-kubernetes-validations"]?.array ?? []).map { CompiledRule($0, declaration) }
        func isEmbedded(_ schema: JSON) -> Bool { schema["x-kubernetes-embedded-resource"] == true }
        var properties: [ExactText: ValidationRules] = [:]
        for member in schema["properties"]?.object?.members ?? [] {
            let known: Declaration?
            if let name = PropertyName.escaped(member.key), case .object(let members) = declaration.form {
                known = members[name]?.declaration
            } else {
                known = SchemaDeclaration.of(member.value, isRoot: isEmbedded(member.value))
            }
            properties[ExactText(member.key)] = ValidationRules(member.value, known, isRoot: isEmbedded(member.value))
        }
        self.properties = properties
        func inner(_ keyword: String) -> ValidationRules? {
            guard let schema = schema[keyword], schema.object != nil else { return nil }
            switch declaration.form {
            case .list(let element), .map(let element): return ValidationRules(schema, element, isRoot: isEmbedded(schema))
            default: return nil
            }
        }
        items = inner("items")
        values = inner("additionalProperties")
        isAtomicMap = schema["x-kubernetes-map-type"] == "atomic"
        if schema["x-kubernetes-list-type"] == "map" {
            let names: [String] = (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
            keys = names
            keyDefaults = names.map { schema[["items", "properties", $0, "default"]] }
        } else {
            keys = nil
            keyDefaults = []
        }
        if rules.isEmpty, properties.isEmpty, items == nil, values == nil { return nil }
    }

    // MARK: - Evaluation

    /// Collects the rules that a value breaks.
    ///
    /// - Parameter old: the object as it was; nil for a new one.
    package func validate(_ value: JSON, from old: JSON?, _ problems: inout Problems) {
        var budget: Int64 = Self.budget
        _ = validate(value, old, isUnchanged: old.map { $0 == value } ?? false, .root, &budget, &problems)
    }

    /// False when no further rule is to be looked at.
    ///
    /// - Parameters:
    ///   - old: the value as it was, where it can be told which that is.
    ///   - isUnchanged: what is wrong was so before and is no fault of this request.
    private func validate(
        _ value: JSON, _ old: JSON?, isUnchanged: Bool, _ path: Path, _ budget: inout Int64, _ problems: inout Problems
    ) -> Bool {
        guard !value.isNull else { return true }
        if !rules.isEmpty, !check(value, old, isUnchanged: isUnchanged, path, &budget, &problems) { return false }
        func inner(_ rules: ValidationRules, _ value: JSON, _ old: JSON?, _ path: Path) -> Bool {
            let isSame: Bool = old.map { $0 == value } ?? isUnchanged
            return rules.validate(value, old, isUnchanged: isSame, path, &budget, &problems)
        }
        switch value {
        case .array(let elements):
            guard let items else { break }
            let before: [JSON: JSON] = keys == nil ? [:] : byKey(old?.array ?? [])
            for (index, element) in elements.enumerated() {
                let found: JSON? = before.isEmpty ? nil : key(of: element).flatMap { before[$0] }
                guard inner(items, element, found, path.index(index)) else { return false }
            }
        case .object(let object):
            for member in object.members {
                let found: JSON? = isAtomicMap ? nil : old?[member.key]
                if let values {
                    guard inner(values, member.value, found, path.key(member.key)) else { return false }
                }
                if let rules = properties[ExactText(member.key)] {
                    guard inner(rules, member.value, found, path.child(member.key)) else { return false }
                }
            }
        default: break
        }
        return true
    }

    private func byKey(_ elements: [JSON]) -> [JSON: JSON] {
        [JSON: JSON](elements.compactMap { element in key(of: element).map { ($0, element) } }) { first, _ in first }
    }

    private func key(of element: JSON) -> JSON? {
        guard let keys, case .object = element else { return nil }
        return .array(zip(keys, keyDefaults).map { element[$0] ?? $1 ?? .null })
    }

    private func check(
        _ value: JSON, _ old: JSON?, isUnchanged: Bool, _ path: Path, _ budget: inout Int64, _ problems: inout Problems
    ) -> Bool {
        let shown: JSON = .string(type)
        let exhausted = "validation failed due to running out of cost budget, no further validation rules will be run"
        guard budget > 0 else {
            problems.invalid(path.shown, shown, exhausted)
            return false
        }
        let current = Value(value, declaration)
        let before: JSON? = old?.isNull == true ? nil : old
        for rule in rules {
            guard let program = rule.program else {
                if let why = rule.failure { problems.invalid(path.shown, shown, "rule compile error: " + why) }
                continue
            }
            if rule.usesOldSelf, before == nil, !rule.isOldSelfOptional { continue }
            let inputs: [Value] = rule.inputs(current, before, declaration)
            let outcome: Program.Outcome = program.evaluate(inputs)
            guard outcome.cost <= UInt64(budget) else {
                problems.invalid(path.shown, shown, exhausted)
                return false
            }
            budget -= Int64(outcome.cost)
            switch outcome.result {
            case .success(.bool(true)): continue
            case .failure(let error):
                problems.invalid(path.shown, shown, rule.explanation(error))
                if error.kind == .tooExpensive { return false }
                continue
            case .success: break
            }
            var found = Problems()
            let goesOn: Bool = rule.report(path, type, inputs, &budget, &found)
            if isUnchanged, !rule.usesOldSelf { problems.warn(of: found) } else { problems.append(contentsOf: found) }
            guard goesOn else { return false }
        }
        return true
    }
}
