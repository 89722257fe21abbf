import Machinery
import Store
import TestSupport
import Testing

@testable import Cluster

/// The form of what is stored, and the texts, are those of k8s.io/apiserver.
struct EncryptionAtRestTests {
    private func configuration(_ providers: JSON...) -> JSON {
        [
            "kind": "EncryptionConfiguration", "apiVersion": "apiserver.config.k8s.io/v1",
            "resources": [["resources": ["secrets", "*.apps"], "providers": .array(providers)]],
        ]
    }

    private func keys(_ names: String...) -> JSON {
        [
            "aesgcm": [
                "keys": .array(
                    names.map {
                        ["name": .string($0), "secret": .string(Base64Text.encode(Array(repeating: $0.utf8.first ?? 0, count: 32)))]
                    })
            ]
        ]
    }

    @Test func `chosen resources are sealed under the name of the first key, and no other place can have the value`() throws {
        let sealing = try EncryptionAtRest(configuration(keys("one"), ["identity": [:]]))
        let value: [UInt8] = Array("{}".utf8)
        let sealed: [UInt8] = try #require(sealing.seal(value, key: "core/secrets/default/a"))
        #expect(String(decoding: sealed.prefix(22), as: UTF8.self) == "k8s:enc:aesgcm:v1:one:")
        #expect(sealing.seal(value, key: "core/configmaps/default/a") == nil)
        #expect(sealing.seal(value, key: "apps/deployments/default/a") != nil)
        let opened = try sealing.open(sealed, key: "core/secrets/default/a")
        #expect(opened.value == value)
        #expect(!opened.isStale)
        #expect(throws: SealingFailure.self) { try sealing.open(sealed, key: "core/secrets/default/b") }
    }

    @Test func `what an older key or none wrote is read and written anew`() throws {
        let old = try EncryptionAtRest(configuration(keys("one")))
        let both = try EncryptionAtRest(configuration(keys("two", "one"), ["identity": [:]]))
        let sealed: [UInt8] = try #require(old.seal([1], key: "core/secrets/x/a"))
        #expect(try both.open(sealed, key: "core/secrets/x/a").isStale)
        #expect(try both.open([1], key: "core/secrets/x/a").isStale)
        let back = try EncryptionAtRest(configuration(["identity": [:]], keys("one")))
        #expect(back.seal([1], key: "core/secrets/x/a") == nil)
        #expect(try back.open(sealed, key: "core/secrets/x/a") == ([1], true))
        #expect(throws: SealingFailure.self) { try EncryptionAtRest.none.open(sealed, key: "core/secrets/x/a") }
    }

    private static let unusable: [(provider: JSON, text: String)] = [
        (
            ["aesgcm": ["keys": [["name": "k", "secret": "YQ=="]]]],
            "resources[0].providers[0].aesgcm.keys[0].secret: Invalid value: secret is not of the expected length, got 1, "
                + "expected one of [16 24 32]"
        ),
        (
            ["aesgcm": ["keys": [["name": "k", "secret": "?"]]]],
            "resources[0].providers[0].aesgcm.keys[0].secret: Invalid value: secrets must be base64 encoded"
        ),
        (["kms": [:]], "resources[0].providers[0]: the provider \"kms\" is not there: give aesgcm or identity"),
    ]

    @Test func `a configuration that can't be used says why`() {
        for (provider, text) in Self.unusable {
            do {
                _ = try EncryptionAtRest(configuration(provider))
                Issue.record("it was taken: \(provider)")
            } catch {
                #expect(error.description == text)
            }
        }
    }
}
