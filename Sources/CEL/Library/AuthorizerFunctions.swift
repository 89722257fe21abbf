import Machinery

/// What an expression asks of the authorizer.
package struct AccessQuestion: Sendable {
    /// Of the user who is asked about; nil for the one who makes the request.
    package var serviceAccount: (namespace: String, name: String)?
    package var verb: String = ""
    /// Of a question about a path; empty otherwise.
    package var path: String = ""
    package var group: String = ""
    package var resource: String = ""
    package var subresource: String = ""
    package var namespace: String = ""
    package var name: String = ""
    package var fieldSelector: String = ""
    package var labelSelector: String = ""

    package init() {}
}

/// Answers the questions of expressions about what somebody may do.
package protocol AccessJudge: Sendable {
    func decide(_ question: AccessQuestion) -> (isAllowed: Bool, reason: String)
}

/// `authorizer`, and every step from there to a decision.
package struct AuthorizerValue: OpaqueValue {
    enum Stage: String {
        case authorizer = "kubernetes.authorization.Authorizer"
        case path = "kubernetes.authorization.PathCheck"
        case group = "kubernetes.authorization.GroupCheck"
        case resource = "kubernetes.authorization.ResourceCheck"
    }

    let judge: any AccessJudge
    var stage: Stage
    var question = AccessQuestion()

    package init(_ judge: any AccessJudge) {
        self.judge = judge
        stage = .authorizer
    }

    /// A check of a resource that is filled in already, as `authorizer.requestResource` is.
    package init(_ judge: any AccessJudge, resource: AccessQuestion) {
        self.judge = judge
        stage = .resource
        question = resource
    }

    package static let type = ValueType.opaque(Stage.authorizer.rawValue)
    package static let resourceType = ValueType.opaque(Stage.resource.rawValue)

    package var typeName: String { stage.rawValue }

    package func isEqual(to other: any OpaqueValue) -> Bool { false }
}

/// What the authorizer said.
struct DecisionValue: OpaqueValue {
    let isAllowed: Bool
    let reason: String

    static let name = "kubernetes.authorization.Decision"
    var typeName: String { Self.name }

    func isEqual(to other: any OpaqueValue) -> Bool {
        (other as? DecisionValue).map { $0.isAllowed == isAllowed && $0.reason == reason } ?? false
    }
}

/// Source: k8s.io/apiserver/pkg/cel/library/authz.go.
enum AuthorizerFunctions {
    static let all: [Overload] = steps + decisions

    private static let steps: [Overload] = [
        .two("<kubernetes.authorization.Authorizer>path(string) -> kubernetes.authorization.PathCheck") {
            value, text throws(EvaluationError) in
            guard case .string(let path) = text, var check = of(value, .authorizer) else { return nil }
            guard !path.allSatisfy(\.isWhitespace) else { throw EvaluationError("path must not be empty") }
            check.stage = .path
            check.question.path = path
            return .object(check)
        },
        .two("<kubernetes.authorization.Authorizer>group(string) -> kubernetes.authorization.GroupCheck") { value, text in
            step(value, text, .authorizer, to: .group) { $0.group = $1 }
        },
        .many("<kubernetes.authorization.Authorizer>serviceAccount(string, string) -> kubernetes.authorization.Authorizer") {
            values throws(EvaluationError) in
            guard var check = of(values[0], .authorizer), case .string(let namespace) = values[1], case .string(let name) = values[2] else {
                return nil
            }
            guard Names.dns1123Subdomain(name).isEmpty else { throw EvaluationError("Invalid service account name") }
            guard Names.dns1123Label(namespace).isEmpty else { throw EvaluationError("Invalid service account namespace") }
            check.question.serviceAccount = (namespace, name)
            return .object(check)
        },
        .two("<kubernetes.authorization.GroupCheck>resource(string) -> kubernetes.authorization.ResourceCheck") {
            value, text throws(EvaluationError) in
            if case .string(let name) = text, name.allSatisfy(\.isWhitespace) { throw EvaluationError("resource must not be empty") }
            return step(value, text, .group, to: .resource) { $0.resource = $1 }
        },
        .two("<kubernetes.authorization.ResourceCheck>subresource(string) -> kubernetes.authorization.ResourceCheck") { value, text in
            step(value, text, .resource, to: .resource) { $0.subresource = $1 }
        },
        .two("<kubernetes.authorization.ResourceCheck>namespace(string) -> kubernetes.authorization.ResourceCheck") { value, text in
            step(value, text, .resource, to: .resource) { $0.namespace = $1 }
        },
        .two("<kubernetes.authorization.ResourceCheck>name(string) -> kubernetes.authorization.ResourceCheck") { value, text in
            step(value, text, .resource, to: .resource) { $0.name = $1 }
        },
        .two("<kubernetes.authorization.ResourceCheck>fieldSelector(string) -> kubernetes.authorization.ResourceCheck") { value, text in
            step(value, text, .resource, to: .resource) { $0.fieldSelector = $1 }
        },
        .two("<kubernetes.authorization.ResourceCheck>labelSelector(string) -> kubernetes.authorization.ResourceCheck") { value, text in
            step(value, text, .resource, to: .resource) { $0.labelSelector = $1 }
        },
    ]

    private static let decisions: [Overload] = [
        .two("<kubernetes.authorization.PathCheck>check(string) -> kubernetes.authorization.Decision", .check) { decide($0, $1, .path) },
        .two("<kubernetes.authorization.ResourceCheck>check(string) -> kubernetes.authorization.Decision", .check) {
            decide($0, $1, .resource)
        },
        .one("<kubernetes.authorization.Decision>allowed() -> bool") { decision($0).map { .bool($0.isAllowed) } },
        .one("<kubernetes.authorization.Decision>reason() -> string") { decision($0).map { .string($0.reason) } },
        .one("<kubernetes.authorization.Decision>errored() -> bool") { decision($0).map { _ in .bool(false) } },
        .one("<kubernetes.authorization.Decision>error() -> string") { decision($0).map { _ in .string("") } },
    ]

    private static func of(_ value: Value, _ stage: AuthorizerValue.Stage) -> AuthorizerValue? {
        guard case .object(let object) = value, let check = object as? AuthorizerValue, check.stage == stage else { return nil }
        return check
    }

    private static func step(
        _ value: Value, _ text: Value, _ from: AuthorizerValue.Stage, to: AuthorizerValue.Stage,
        _ change: (inout AccessQuestion, String) -> Void
    ) -> Value? {
        guard var check = of(value, from), case .string(let text) = text else { return nil }
        check.stage = to
        change(&check.question, text)
        return .object(check)
    }

    private static func decide(_ value: Value, _ verb: Value, _ stage: AuthorizerValue.Stage) -> Value? {
        guard var check = of(value, stage), case .string(let verb) = verb else { return nil }
        check.question.verb = verb
        let (isAllowed, reason): (Bool, String) = check.judge.decide(check.question)
        return .object(DecisionValue(isAllowed: isAllowed, reason: reason))
    }

    private static func decision(_ value: Value) -> DecisionValue? {
        if case .object(let object) = value { object as? DecisionValue } else { nil }
    }
}
