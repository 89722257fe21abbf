import API
import CEL
import Client
import Machinery

/// Says in the status of ValidatingAdmissionPolicies which of their expressions don't fit the types that they are about.
///
/// Reads ValidatingAdmissionPolicies and, for the types of custom resources, CustomResourceDefinitions.
/// Source: pkg/controller/validatingadmissionpolicystatus.
struct PolicyStatusController: ObjectController {
    static let name = "validatingadmissionpolicy-status-controller"

    let context: ControllerContext
    private var definitions: Informer<CustomResourceDefinition> { context.copy() }

    var others: [any ObjectCopy] { [definitions] }

    func reconcile(_ policy: View<ValidatingAdmissionPolicy>) async throws -> Duration? {
        guard policy.status.observedGeneration < policy.metadata.generation else { return nil }
        var updated: View<ValidatingAdmissionPolicy> = policy
        let warnings: [View<ExpressionWarning>] = check(policy.spec).warnings
        updated.status.observedGeneration = policy.metadata.generation
        updated.status.typeChecking = View<TypeChecking> { $0.expressionWarnings = warnings }
        objects.note(try await context.client.updateStatus(updated))
        return nil
    }

    private func check(_ spec: View<ValidatingAdmissionPolicySpec>) -> PolicyTypeCheck {
        let custom: [View<CustomResourceDefinition>] = definitions.list()
        var params: Declaration?
        if let kind = spec.paramKind {
            params = Self.declaration(custom) { names in names.apiVersion == kind.apiVersion && names.kind == kind.kind }?.declaration
        }
        return PolicyTypeCheck(spec, params: params) { group, version, resource in
            Self.declaration(custom) { $0.group == group && $0.version == version && $0.plural == resource }
        }
    }

    private struct Names {
        let group: String
        let version: String
        let plural: String
        let kind: String

        var apiVersion: String { group.isEmpty ? version : group + "/" + version }
    }

    private static func declaration(
        _ custom: [View<CustomResourceDefinition>], where isWanted: (Names) -> Bool
    ) -> PolicyTypeCheck.Target? {
        for type in Registry.types {
            let names = Names(group: type.names.group, version: type.names.version, plural: type.names.plural, kind: type.names.kind)
            guard isWanted(names) else { continue }
            return PolicyTypeCheck.Target(
                group: names.group, version: names.version, kind: names.kind, declaration: KindDeclaration.of(type))
        }
        for definition in custom {
            for version in definition.spec.versions {
                let names = Names(
                    group: definition.spec.group, version: version.name, plural: definition.spec.names.plural,
                    kind: definition.spec.names.kind)
                guard isWanted(names), let schema = version.json[["schema", "openAPIV3Schema"]],
                    let declaration = SchemaDeclaration.of(schema, isRoot: true)
                else { continue }
                return PolicyTypeCheck.Target(
                    group: names.group, version: names.version, kind: names.kind, declaration: declaration)
            }
        }
        return nil
    }
}
