import CEL
import Machinery

/// Whether the rules of a definition compile, and whether they may be afforded.
///
/// Source: the part on CEL of `ValidateCustomResourceDefinitionOpenAPISchema` of pkg/apis/apiextensions/validation.
struct RuleCosts {
    /// For one expression, and for all of a schema. Source: `StaticEstimatedCostLimit` and `StaticEstimatedCRDCostLimit`.
    private static let limit: UInt64 = 10_000_000
    private static let totalLimit: UInt64 = 100_000_000

    private var total: UInt64 = 0
    /// The dearest of all, with their places.
    private var dearest: [(cost: UInt64, path: Path)] = []

    /// Walks over a structural schema.
    static func validate(_ schema: JSON, _ path: Path, _ problems: inout Problems) {
        guard JSONSchemaProps.contains(schema, "x-kubernetes-validations") else { return }
        var costs = RuleCosts()
        costs.walk(schema, SchemaDeclaration.of(schema, isRoot: true), Place(), path, &problems)
        guard costs.total > totalLimit else { return }
        for expensive in costs.dearest {
            problems.forbidden(
                expensive.path, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema")
        }
        problems.forbidden(
            path,
            message("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", costs.total, totalLimit))
    }

    private struct Place {
        /// How often a value can stand here; nil where there is no end to it.
        var cardinality: UInt64? = 1
        /// The list or map above whose parts can't be told apart from one version to the next.
        var uncorrelatable: Path?

        func inside(_ count: Int64?) -> Place {
            var place: Place = self
            place.cardinality = cardinality.flatMap { outer in count.map { outer.capped(times: UInt64(max(0, $0))) } }
            return place
        }
    }

    private mutating func walk(_ schema: JSON, _ declaration: Declaration?, _ place: Place, _ path: Path, _ problems: inout Problems) {
        func isEmbedded(_ schema: JSON) -> Bool { schema["x-kubernetes-embedded-resource"] == true }
        func declared(_ schema: JSON) -> Declaration? { SchemaDeclaration.of(schema, isRoot: isEmbedded(schema)) }
        var inner: Place = place
        if schema["x-kubernetes-map-type"] == "atomic" { inner.uncorrelatable = inner.uncorrelatable ?? path }
        if let values = schema["additionalProperties"], values.object != nil {
            walk(values, declared(values), inner.inside(schema["maxProperties"]?.int), path.child("additionalProperties"), &problems)
        }
        for member in schema["properties"]?.object?.members ?? [] {
            walk(member.value, declared(member.value), inner, path.child("properties").key(member.key), &problems)
        }
        if let items = schema["items"], items.object != nil {
            var element: Place = inner.inside(schema["maxItems"]?.int)
            if schema["x-kubernetes-list-type"] != "map" { element.uncorrelatable = element.uncorrelatable ?? path }
            walk(items, declared(items), element, path.child("items"), &problems)
        }
        let rules: [JSON] = schema["x-kubernetes-validations"]?.array ?? []
        guard !rules.isEmpty else { return }
        let list: Path = path.child("x-kubernetes-validations")
        guard let declaration else {
            let isOpen: Bool = schema["x-kubernetes-preserve-unknown-fields"] == true
            problems.invalid(
                list, .array(rules),
                "rule declared on schema that does not support validation rules type: '\(schema["type"]?.string ?? "")' "
                    + "x-kubernetes-preserve-unknown-fields: '\(isOpen)'")
            return
        }
        for (index, rule) in rules.enumerated() { check(rule, declaration, schema, place, list.index(index), &problems) }
    }

    private mutating func check(
        _ json: JSON, _ declaration: Declaration, _ schema: JSON, _ place: Place, _ path: Path, _ problems: inout Problems
    ) {
        let rule = CompiledRule(json, declaration)
        let shown: JSON = Self.shown(json)
        if let failure = rule.failure { problems.invalid(path.child("rule"), shown, failure) }
        if let failure = rule.messageFailure { problems.invalid(path.child("messageExpression"), shown, failure) }
        if let fieldPath = json["fieldPath"]?.string, !fieldPath.isEmpty, let complaint = RuleFieldPath.complaint(fieldPath, schema) {
            problems.invalid(path.child("fieldPath"), .string(fieldPath), "fieldPath must be a valid path: " + complaint)
        }
        if let program = rule.program {
            if rule.usesOldSelf, let above = place.uncorrelatable {
                problems.invalid(
                    path.child("rule"), .string(rule.text),
                    "oldSelf cannot be used on the uncorrelatable portion of the schema within \(above)")
            }
            if let flag = json["optionalOldSelf"], !flag.isNull, !rule.usesOldSelf {
                problems.invalid(path.child("optionalOldSelf"), flag, "may not be set if oldSelf is not used in rule")
            }
            count(program, "rule", declaration, place, path, &problems)
        }
        if let program = rule.messageProgram { count(program, "messageExpression", declaration, place, path, &problems) }
    }

    private mutating func count(
        _ program: Program, _ field: String, _ declaration: Declaration, _ place: Place, _ path: Path, _ problems: inout Problems
    ) {
        // Where nothing bounds the number of values, the size of a request does.
        let often: UInt64 = place.cardinality ?? UInt64(Declaration.maxRequestSize / (declaration.minSize + 1))
        let cost: UInt64 = program.estimatedCost.capped(times: often)
        let here: Path = path.child(field)
        if cost > Self.limit { problems.forbidden(here, Self.message("estimated \(field) cost", cost, Self.limit)) }
        total = total.capped(adding: cost)
        dearest.append((cost, here))
        dearest.sort { $0.cost > $1.cost }
        if dearest.count > 4 { dearest.removeLast() }
    }

    /// Source: `getCostErrorMessage`.
    private static func message(_ name: String, _ cost: UInt64, _ limit: UInt64) -> String {
        let excess: Double = Double(cost) / Double(limit)
        let factor: String
        if excess > 100 {
            factor = "more than 100x"
        } else {
            let places: Double = excess < 1.5 ? 1_000_000 : 10
            let scaled = Int((excess * places).rounded(.toNearestOrEven))
            let fraction: String = String(scaled % Int(places))
            let width: Int = excess < 1.5 ? 6 : 1
            factor = "\(scaled / Int(places)).\(String(repeating: "0", count: width - fraction.utf8.count))\(fraction)x"
        }
        return "\(name) exceeds budget by factor of \(factor) (try simplifying the rule, or adding maxItems, maxProperties, and maxLength "
            + "where arrays, maps, and strings are declared)"
    }

    /// A rule as upstream shows it in errors: with the names of Go's fields.
    private static func shown(_ rule: JSON) -> JSON {
        [
            "Rule": rule["rule"] ?? "", "Message": rule["message"] ?? "", "MessageExpression": rule["messageExpression"] ?? "",
            "Reason": rule["reason"] ?? .null, "FieldPath": rule["fieldPath"] ?? "", "OptionalOldSelf": rule["optionalOldSelf"] ?? .null,
        ]
    }
}
