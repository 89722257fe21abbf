import API
import Machinery
import Testing

/// Outside source: "Type checking" in "Validating Admission Policy" of the Kubernetes documentation.
@Suite struct PolicyTypeCheckTests {
    private func check(_ spec: JSON) -> [String] {
        PolicyTypeCheck(View<ValidatingAdmissionPolicySpec>(spec), params: nil) { group, version, resource in
            Registry.types.first { $0.names.group == group && $0.names.version == version && $0.names.plural == resource }.map { type in
                PolicyTypeCheck.Target(group: group, version: version, kind: type.names.kind, declaration: KindDeclaration.of(type))
            }
        }.warnings.map { "\($0.fieldRef): \($0.warning)" }
    }

    private static let constraints: JSON = [
        "resourceRules": [
            [
                "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"],
                "resources": ["deployments", "replicasets", "deployments/scale", "nonsense"],
            ]
        ]
    ]

    @Test func `fields that a kind does not have are told of, for each kind in turn`() {
        let found: [String] = check([
            "matchConstraints": Self.constraints,
            "validations": [["expression": "object.replicas > 1"], ["expression": "object.spec.replicas > 1"]],
        ])
        #expect(
            found == [
                "spec.validations[0].expression: apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n"
                    + " | object.replicas > 1\n | ......^\n\napps/v1, Kind=ReplicaSet: ERROR: <input>:1:7: undefined field 'replicas'\n"
                    + " | object.replicas > 1\n | ......^\n"
            ], "\(found)")
    }

    @Test func `expressions over the depths of a kind fit`() {
        #expect(
            check([
                "matchConstraints": Self.constraints,
                "variables": [["name": "containers", "expression": "object.spec.template.spec.containers"]],
                "validations": [
                    [
                        "expression":
                            "variables.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || !c.securityContext.privileged)",
                        "messageExpression": "object.metadata.name + ' since ' + string(object.metadata.creationTimestamp)",
                    ],
                    ["expression": "object.metadata.labels.all(k, k.size() < 64) && object.apiVersion == 'apps/v1'"],
                ],
            ]) == [])
    }
}
