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

    /// Last use, mark, whether the account lists it, whether a pod names it, what becomes of it.
    private static let unused: [(used: String?, mark: String?, isListed: Bool, isNeeded: Bool, fate: LegacyTokenCleaner.Fate)] = [
        ("2024-11-01", nil, true, false, .becomesInvalid),
        (nil, nil, true, false, .becomesInvalid),
        ("2025-11-29", nil, true, false, .stays),
        ("yesterday", nil, true, false, .stays),
        (nil, "soon", true, false, .becomesInvalid),
        (nil, "2026-01-01", true, false, .stays),
        (nil, "2025-11-27", true, false, .goes),
        (nil, "2025-11-27", false, false, .stays),
        (nil, "2025-11-27", true, true, .stays),
    ]

    @Test(arguments: unused)
    func `one that the account lists and nobody used for a year is marked, and goes after another year`(
        _ row: (used: String?, mark: String?, isListed: Bool, isNeeded: Bool, fate: LegacyTokenCleaner.Fate)
    ) {
        var account: View<ServiceAccount> = account
        if row.isListed { account.json["secrets"] = [["name": "bot-token"]] }
        var secret: View<Secret> = secret(uid: "1")
        secret.metadata.creationTimestamp = Time("2023-01-01T00:00:00Z")
        secret.metadata.labels[LegacyTokenLabel.lastUsed] = row.used
        secret.metadata.labels[LegacyTokenLabel.invalidSince] = row.mark
        let now = Time(day: "2026-11-28") ?? .epoch
        #expect(LegacyTokenCleaner.fate(of: secret, account, isNeeded: { row.isNeeded }, now) == row.fate)
        secret.metadata.creationTimestamp = now - .seconds(86_400)
        #expect(LegacyTokenCleaner.fate(of: secret, account, isNeeded: { row.isNeeded }, now) == .stays)
    }
}
