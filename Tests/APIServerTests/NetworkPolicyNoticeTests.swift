import API
import Machinery
import TestSupport
import Testing

/// What is said to whoever writes a network policy on a host that can enforce none.
@Suite struct NetworkPolicyNoticeTests {
    private static let policy: JSON = [
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "deny"], "spec": ["podSelector": [:]],
    ]
    private static let path = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"

    @Test(arguments: ["stored, NOT enforced on this host: it has no networks", nil])
    func `a policy that is not in force is stored with a warning`(notice: String?) async throws {
        let server = try await TestServer(policyNotice: notice)
        let expected: [String] = notice.map { [$0] } ?? []
        let made: TestServer.Reply = try await server.ask("POST", Self.path, Self.policy)
        #expect(made.code == 201 && made.warnings == expected)
        var changed: JSON = made.json
        changed["spec"] = ["podSelector": ["matchLabels": ["app": "web"]]]
        let updated: TestServer.Reply = try await server.ask("PUT", Self.path + "/deny", changed)
        #expect(updated.code == 200 && updated.warnings == expected)
        #expect(try await server.ask("DELETE", Self.path + "/deny").warnings.isEmpty)
    }
}
