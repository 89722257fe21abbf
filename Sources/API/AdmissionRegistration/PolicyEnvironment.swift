package import CEL
package import Machinery

/// What expressions of admission policies and of match conditions may speak of.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/cel/compile.go.
package struct PolicyEnvironment: Sendable {
    /// Places of the values of an evaluation, in the order of the environment's variables.
    package enum Place: Int, CaseIterable {
        case object, oldObject, request, namespaceObject, authorizer, requestResource, variables, params
    }

    private var variables: [Environment.Variable]
    /// Declarations of the policy's own variables, as far as they have been read.
    private var declared: [String: Declaration.Member] = [:]
    private let constructed: @Sendable (String) -> Environment.Constructed?

    /// - Parameters:
    ///   - hasParams: whether the policy takes parameters.
    ///   - isPolicy: false for the match conditions of webhooks, which know neither variables nor namespaces.
    ///   - mutates: whether expressions may make objects and patches.
    ///   - object: what objects look like; any JSON unless types are to be checked.
    package init(
        hasParams: Bool, isPolicy: Bool = true, mutates: Bool = false, object: Declaration = .dyn, params: Declaration = .dyn
    ) {
        variables = [
            Environment.Variable("object", object), Environment.Variable("oldObject", object),
            Environment.Variable("request", Self.request),
            Environment.Variable(isPolicy ? "namespaceObject" : "@namespaceObject", Self.namespace),
            Environment.Variable("authorizer", AuthorizerValue.type),
            Environment.Variable("authorizer.requestResource", AuthorizerValue.resourceType),
            Environment.Variable(isPolicy ? "variables" : "@variables", Declaration(.object([:]), name: "kubernetes.variables")),
        ]
        if hasParams { variables.append(Environment.Variable("params", params)) }
        constructed = { name in
            guard mutates else { return nil }
            if name == "Object" || name.hasPrefix("Object.") { return .open }
            if name == "JSONPatch" { return .fields(["op": .string, "path": .string, "from": .string, "value": .dyn]) }
            return nil
        }
    }

    package var environment: Environment { Environment(variables, constructed: constructed) }

    /// Makes a variable known to the expressions that follow.
    package mutating func declare(_ name: String, _ type: ValueType) {
        let isDynamic: Bool = type == .dyn
        declared[name] = Declaration.Member(property: name, declaration: isDynamic ? .dyn : Declaration(.plain(type)))
        variables[Place.variables.rawValue] = Environment.Variable(
            "variables", Declaration(.object(declared), name: "kubernetes.variables"))
    }

    // MARK: - Declarations

    private static func object(_ name: String, _ members: [(String, Declaration)]) -> Declaration {
        Declaration(
            .object([String: Declaration.Member](uniqueKeysWithValues: members.map { ($0.0, .init(property: $0.0, declaration: $0.1)) })),
            name: name)
    }

    private static let texts = Declaration(.list(.string))
    private static let textMap = Declaration(.map(.string))

    private static let request: Declaration = {
        let kind: Declaration = object(
            "kubernetes.GroupVersionKind", [("group", .string), ("version", .string), ("kind", .string)])
        let resource: Declaration = object(
            "kubernetes.GroupVersionResource", [("group", .string), ("version", .string), ("resource", .string)])
        let user: Declaration = object(
            "kubernetes.UserInfo",
            [("username", .string), ("uid", .string), ("groups", texts), ("extra", Declaration(.map(texts)))])
        return object(
            "kubernetes.AdmissionRequest",
            [
                ("kind", kind), ("resource", resource), ("subResource", .string), ("requestKind", kind), ("requestResource", resource),
                ("requestSubResource", .string), ("name", .string), ("namespace", .string), ("operation", .string), ("userInfo", user),
                ("dryRun", .bool), ("options", .dyn),
            ])
    }()

    private static let namespace: Declaration = {
        let time = Declaration(.plain(.timestamp))
        let metadata: Declaration = object(
            "kubernetes.NamespaceMetadata",
            [
                ("name", .string), ("generateName", .string), ("namespace", .string), ("labels", textMap), ("annotations", textMap),
                ("UID", .string), ("creationTimestamp", time), ("deletionGracePeriodSeconds", .int), ("deletionTimestamp", time),
                ("generation", .int), ("resourceVersion", .string), ("finalizers", texts),
            ])
        return object(
            "kubernetes.Namespace",
            [
                ("metadata", metadata), ("spec", object("kubernetes.NamespaceSpec", [("finalizers", texts)])),
                ("status", object("kubernetes.NamespaceStatus", [("phase", .string)])),
            ])
    }()

    /// The admission request and the namespace as expressions see them.
    package static func value(request json: JSON) -> Value { Value(json, request) }
    package static func value(namespace json: JSON?) -> Value { json.map { Value($0, namespace) } ?? .null }
}

/// An expression of a policy, ready to be evaluated, or what is wrong with it.
package struct PolicyExpression: Sendable {
    package let text: String
    package let program: Program?
    /// In the words of the server's refusal.
    package let failure: String?

    package enum Kind: Sendable {
        case condition
        /// A text, or null where that is allowed.
        case text(orNull: Bool)
        case applyConfiguration
        case patch
        /// Any value.
        case any
    }

    package init(_ text: String, _ kind: Kind, in environment: Environment) {
        self.text = text
        do throws(CompilationError) {
            let found = try Program(text, in: environment)
            let complaint: String? = Self.complaint(found.type, kind)
            program = complaint == nil ? found : nil
            failure = complaint
        } catch {
            program = nil
            failure = "compilation failed: " + error.description
        }
    }

    private static func complaint(_ type: ValueType, _ kind: Kind) -> String? {
        switch (kind, type) {
        case (.any, _), (.condition, .bool), (.text, .string), (.text(orNull: true), .null): nil
        case (.text(orNull: true), .dyn): nil
        case (.applyConfiguration, .opaque("Object")): nil
        case (.patch, .list(.opaque("JSONPatch"))), (.patch, .list(.dyn)): nil
        case (.condition, _): "must evaluate to bool"
        case (.text(orNull: true), _): "must evaluate to one of: [string null_type]"
        case (.text, _): "must evaluate to string"
        case (.applyConfiguration, _): "must evaluate to Object"
        case (.patch, _): "must evaluate to list(JSONPatch)"
        }
    }
}

extension Problems {
    /// Tells what is wrong with an expression. Blank ones are told of elsewhere.
    mutating func check(_ text: String, _ kind: PolicyExpression.Kind, in environment: Environment, _ path: Path) {
        guard !text.isBlank, let failure = PolicyExpression(text, kind, in: environment).failure else { return }
        invalid(path, .string(text), failure)
    }
}

extension PolicyEnvironment {
    /// Reads the variables of a policy, each of which knows those before it.
    mutating func declare(_ variables: [View<PolicyVariable>], _ path: Path, _ problems: inout Problems) {
        for (index, variable) in variables.enumerated() {
            let expression = PolicyExpression(variable.expression, .any, in: environment)
            if let failure = expression.failure, !variable.expression.isBlank {
                problems.invalid(path.index(index).child("expression"), .string(variable.expression), failure)
            }
            declare(variable.name, expression.program?.type ?? .dyn)
        }
    }

    func check(_ conditions: [View<MatchCondition>], _ path: Path, _ problems: inout Problems) {
        for (index, condition) in conditions.enumerated() {
            problems.check(condition.expression, .condition, in: environment, path.index(index).child("expression"))
        }
    }
}
