package import CEL
package import Machinery

/// Looks for expressions of a ValidatingAdmissionPolicy that don't fit the types that the policy is about. Pure.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/policy/validating/typechecking.go.
package struct PolicyTypeCheck {
    /// A kind that can be looked up.
    package struct Target: Sendable {
        package let group: String
        package let version: String
        package let kind: String
        package let declaration: Declaration

        package init(group: String, version: String, kind: String, declaration: Declaration) {
            self.group = group
            self.version = version
            self.kind = kind
            self.declaration = declaration
        }

        /// `apps/v1, Kind=Deployment`, as Go shows it.
        var text: String { "\(group)/\(version), Kind=\(kind)" }
    }

    /// More types than these are not looked at.
    private static let limit = 10

    private let spec: View<ValidatingAdmissionPolicySpec>
    private let find: (_ group: String, _ version: String, _ resource: String) -> Target?
    private let params: Declaration?

    /// - Parameters:
    ///   - find: the kind of a resource; nil for one that is not served.
    ///   - params: what the policy's parameters look like; nil where that is not known.
    package init(
        _ spec: View<ValidatingAdmissionPolicySpec>, params: Declaration?,
        find: @escaping (_ group: String, _ version: String, _ resource: String) -> Target?
    ) {
        self.spec = spec
        self.params = params
        self.find = find
    }

    package var warnings: [View<ExpressionWarning>] {
        let targets: [Target] = targets
        var warnings: [View<ExpressionWarning>] = []
        for (index, rule) in spec.validations.enumerated() {
            let place = "spec.validations[\(index)]"
            for (field, text) in [("expression", rule.expression), ("messageExpression", rule.messageExpression)] where !text.isEmpty {
                let found: [String] = targets.compactMap { target in complaint(text, target).map { "\(target.text): \($0)\n" } }
                guard !found.isEmpty else { continue }
                warnings.append(
                    View<ExpressionWarning> {
                        $0.fieldRef = "\(place).\(field)"
                        $0.warning = found.joined(separator: "\n")
                    })
            }
        }
        return warnings
    }

    private func complaint(_ text: String, _ target: Target) -> String? {
        var known = PolicyEnvironment(hasParams: params != nil, object: target.declaration, params: params ?? .dyn)
        for variable in spec.variables {
            let expression = PolicyExpression(variable.expression, .any, in: known.environment)
            known.declare(variable.name, expression.program?.type ?? .dyn)
        }
        do throws(CompilationError) {
            _ = try Program(text, in: known.environment)
            return nil
        } catch {
            return error.description
        }
    }

    /// The kinds that the policy's rules name, without those that a wildcard stands for.
    private var targets: [Target] {
        var found: [Target] = []
        for rule in spec.matchConstraints?.resourceRules ?? [] {
            guard !rule.apiGroups.contains(where: { $0.contains("*") }), !rule.apiVersions.contains(where: { $0.contains("*") }) else {
                continue
            }
            for group in rule.apiGroups.sorted() {
                for version in rule.apiVersions.sorted() {
                    for resource in rule.resources.sorted() where !resource.contains("*") && !resource.contains("/") {
                        guard let target = find(group, version, resource), !found.contains(where: { $0.text == target.text }) else {
                            continue
                        }
                        found.append(target)
                        if found.count == Self.limit { return found }
                    }
                }
            }
        }
        return found.sorted { ($0.group, $0.version, $0.kind) < ($1.group, $1.version, $1.kind) }
    }
}
