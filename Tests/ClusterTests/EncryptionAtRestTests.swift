import Machinery
import Store
import Synchronization
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
        (["secretbox": [:]], "resources[0].providers[0]: the provider \"secretbox\" is not there: give aesgcm, kms or identity"),
        (
            ["kms": ["apiVersion": "v2", "name": "own", "endpoint": "tcp://127.0.0.1:1"]],
            "resources[0].providers[0].kms.endpoint: Invalid value: \"tcp://127.0.0.1:1\": unsupported scheme for KMS provider, "
                + "only unix is supported: unix:///PATH"
        ),
        (
            ["kms": ["apiVersion": "v2", "name": "own", "endpoint": "unix:///x", "timeout": "0s"]],
            "resources[0].providers[0].kms.timeout: Invalid value: timeout should be a positive value"
        ),
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

    /// A plugin that turns each byte round, with a key that may be exchanged.
    private final class Plugin: KeyService {
        let key = Mutex("one")
        let decrypted = Mutex(0)

        func currentKey() throws(KeyFailure) -> String { key.withLock { $0 } }

        func encrypt(_ seed: [UInt8]) throws(KeyFailure) -> SealedSeed {
            SealedSeed(keyID: try currentKey(), bytes: seed.map { ~$0 }, annotations: ["a.example.com": [7]])
        }

        func decrypt(_ seed: SealedSeed) throws(KeyFailure) -> [UInt8] {
            guard seed.annotations == ["a.example.com": [7]] else { throw KeyFailure(description: "the annotations are others") }
            decrypted.withLock { $0 += 1 }
            return seed.bytes.map { ~$0 }
        }
    }

    @Test func `a plugin is asked once for a seed, and what its older key encrypted is stale`() throws {
        let plugin = Plugin()
        let writer = KeyEnvelope(name: "own", plugin)
        #expect(writer.seal([1], key: "core/secrets/x/a") == nil)
        try writer.renew()
        let sealed: [[UInt8]] = try [[1], [2]].map { try #require(writer.seal($0, key: "core/secrets/x/a")) }
        #expect(String(decoding: sealed[0].prefix(19), as: UTF8.self) == "k8s:enc:kms:v2:own:")
        let reader = KeyEnvelope(name: "own", plugin)
        try reader.renew()
        #expect(try reader.open(sealed[0], key: "core/secrets/x/a") == ([1], false))
        #expect(try reader.open(sealed[1], key: "core/secrets/x/a") == ([2], false))
        #expect(plugin.decrypted.withLock { $0 } == 1)
        #expect(throws: SealingFailure.self) { try reader.open(sealed[0], key: "core/secrets/x/b") }
        plugin.key.withLock { $0 = "two" }
        #expect(try reader.renew())
        #expect(try reader.open(sealed[0], key: "core/secrets/x/a") == ([1], true))
        let anew: [UInt8] = try #require(reader.seal([1], key: "core/secrets/x/a"))
        #expect(try reader.open(anew, key: "core/secrets/x/a") == ([1], false))
        #expect(throws: SealingFailure.self) { try KeyEnvelope(name: "own", plugin).open(Array(anew.dropLast()), key: "core/secrets/x/a") }
    }
}
