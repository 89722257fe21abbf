import Machinery
import Testing

@testable import CLI

/// Source of the expectations: k8s.io/client-go/util/csaupgrade.
struct ManagerUpgradeTests {
    private func entry(_ manager: String, _ operation: String, _ fields: JSON, version: String = "v1") -> JSON {
        [
            "manager": .string(manager), "operation": .string(operation), "apiVersion": .string(version), "time": "2026-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": fields,
        ]
    }

    private let note: JSON = ["f:metadata": ["f:annotations": ["f:kubectl.kubernetes.io/last-applied-configuration": [:]]]]

    private func object(_ entries: JSON...) -> JSON { ["metadata": ["resourceVersion": "7", "managedFields": .array(entries)]] }

    @Test func `the owner of the note becomes the manager of server-side apply`() {
        let object: JSON = object(entry("kubectl-client-side-apply", "Update", note), entry("controller", "Update", ["f:status": [:]]))
        let owners: Set<String> = ManagerUpgrade.owners(object, operation: "Update")
        #expect(owners == ["kubectl-client-side-apply"])
        #expect(
            ManagerUpgrade.patch(object, from: owners, to: "kubectl") == [
                [
                    "op": "replace", "path": "/metadata/managedFields",
                    "value": [entry("kubectl", "Apply", note), entry("controller", "Update", ["f:status": [:]])],
                ],
                ["op": "replace", "path": "/metadata/resourceVersion", "value": "7"],
            ])
    }

    @Test func `fields of both go together, and nothing is left to do the second time`() {
        let object: JSON = object(
            entry("kubectl", "Apply", ["f:data": ["f:a": [:]]]), entry("kubectl-client-side-apply", "Update", ["f:data": ["f:b": [:]]]))
        let patch: JSON? = ManagerUpgrade.patch(object, from: ["kubectl-client-side-apply"], to: "kubectl")
        let managed: JSON? = patch?.array?.first?["value"]
        #expect(managed == [entry("kubectl", "Apply", ["f:data": ["f:a": [:], "f:b": [:]]])])
        #expect(
            ManagerUpgrade.patch(["metadata": ["managedFields": managed ?? []]], from: ["kubectl-client-side-apply"], to: "kubectl") == nil)
    }
}
