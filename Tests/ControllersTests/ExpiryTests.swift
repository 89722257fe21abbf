import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Controllers

/// What goes by itself, seen by moving the clock on.
struct ExpiryTests {
    @Test func `certificate requests go an hour after they were answered, and others after a day`() async throws {
        try await TestControlPlane.with(nodes: 0) { plane in
            let client: Client = plane.client
            let pem = "-----BEGIN CERTIFICATE REQUEST-----\nMAMCAQA=\n-----END CERTIFICATE REQUEST-----\n"
            for name in ["answered", "pending"] {
                try await client.create(
                    CertificateSigningRequest.new(name) {
                        $0.json["spec"] = [
                            "request": .string(Base64Text.encode(Array(pem.utf8))), "signerName": "example.com/mine",
                            "usages": ["client auth"],
                        ]
                    })
            }
            var answered: View<CertificateSigningRequest> = try await client.get(
                CertificateSigningRequest.self, ObjectKey(namespace: "", name: "answered"))
            answered.add(condition: "Approved", "Test", "", plane.clock.time)
            _ = try await client.send(
                APIRequest(
                    .update, CertificateSigningRequest.names.resource, name: "answered", subresource: "approval",
                    body: answered.json.serialized()))
            func names() async throws -> [String] { try await client.list(CertificateSigningRequest.self).items.map(\.name) }
            plane.clock.advance(by: .seconds(3540))
            #expect(try await names() == ["answered", "pending"])
            try await eventually("the answered one is gone") {
                plane.clock.advance(by: .seconds(60))
                return try await names() == ["pending"]
            }
            #expect(plane.clock.now < TestServer.start.advanced(by: .seconds(86_400)))
            try await eventually("the other one is gone") {
                plane.clock.advance(by: .seconds(3600))
                return try await names().isEmpty
            }
            #expect(plane.clock.now >= TestServer.start.advanced(by: .seconds(86_400)))
        }
    }

    @Test func `the token of a Secret is marked after a year without use, and goes after another`() async throws {
        try await TestControlPlane.with(nodes: 0) { plane in
            let client: Client = plane.client
            try await plane.eventually("the account is there", ServiceAccount.self, "default") { _ in true }
            try await client.patch(
                ServiceAccount.self, ObjectKey(namespace: "default", name: "default"), ["secrets": [["name": "old"]]], as: .mergePatch)
            let key = ObjectKey(namespace: "default", name: "old")
            try await client.create(
                Secret.new("old", namespace: "default") {
                    $0.type = SecretType.serviceAccountToken
                    $0.metadata.annotations = [SecretType.serviceAccountName: "default"]
                })
            try await plane.eventually("uses are written down", ConfigMap.self, LegacyTokenTracking.mapKey.name, namespace: "kube-system") {
                $0.data == ["since": "2026-06-01"]
            }
            /// Moves on, ten days at a time, until it is so. Returns the day.
            func day(_ what: String, until isReached: (View<Secret>?) -> Bool) async throws -> String {
                try await eventually(what) {
                    plane.clock.advance(by: .seconds(864_000))
                    return isReached(try await client.find(Secret.self, key))
                }
                return plane.clock.time.day
            }
            let marked: String = try await day("it is marked") { $0?.metadata.labels[LegacyTokenLabel.invalidSince] != nil }
            #expect(marked > "2027-06-02")
            let gone: String = try await day("it is gone") { $0 == nil }
            #expect(gone > "2028-06-01")
        }
    }
}
