import API
import Machinery
import Testing

@testable import Controllers

/// Secrets that hold the token of a service account.
struct ServiceAccountTokenPlanTests {
    private let account: View<ServiceAccount> = ServiceAccount.new("bot", namespace: "default") { $0.metadata.uid = "1" }

    private func secret(_ type: String = SecretType.serviceAccountToken, uid: String = "") -> View<Secret> {
        Secret.new("bot-token", namespace: "default") {
            $0.type = type
            $0.metadata.annotations = [SecretType.serviceAccountName: "bot"]
            if !uid.isEmpty { $0.metadata.annotations[ServiceAccountTokenPlan.uidAnnotation] = uid }
        }
    }

    @Test func `an empty one is filled, and then left alone`() {
        #expect(ServiceAccountTokenPlan.plan(secret(), account, certificate: "CA") == .fill)
        let filled: View<Secret> = ServiceAccountTokenPlan.filled(secret(), account, certificate: "CA") { "abc" }
        #expect(filled.data == ["token": "YWJj", "ca.crt": "Q0E=", "namespace": "ZGVmYXVsdA=="])
        #expect(ServiceAccountTokenPlan.plan(filled, account, certificate: "CA") == .nothing)
        #expect(ServiceAccountTokenPlan.plan(filled, account, certificate: "new CA") == .fill)
    }

    @Test func `it goes with its account, also when another one took the name`() {
        #expect(ServiceAccountTokenPlan.plan(secret(uid: "1"), nil, certificate: "CA") == .delete)
        #expect(ServiceAccountTokenPlan.plan(secret(uid: "2"), account, certificate: "CA") == .delete)
        #expect(ServiceAccountTokenPlan.plan(secret("Opaque"), nil, certificate: "CA") == .nothing)
    }
}
