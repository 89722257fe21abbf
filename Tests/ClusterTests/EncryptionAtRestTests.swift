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

    private func keys(_ names: String..., cipher: String = "aesgcm") -> JSON {
        [
            cipher: [
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
        let sealed: [UInt8] = try #require(try sealing.seal(value, key: "core/secrets/default/a"))
        #expect(String(decoding: sealed.prefix(22), as: UTF8.self) == "k8s:enc:aesgcm:v1:one:")
        #expect(try sealing.seal(value, key: "core/configmaps/default/a") == nil)
        #expect(try sealing.seal(value, key: "apps/deployments/default/a") != nil)
        let opened = try sealing.open(sealed, key: "core/secrets/default/a")
        #expect(opened.value == value)
        #expect(!opened.isStale)
        #expect(throws: SealingFailure.self) { try sealing.open(sealed, key: "core/secrets/default/b") }
    }

    @Test func `what an older key or none wrote is read and written anew`() throws {
        let old = try EncryptionAtRest(configuration(keys("one")))
        let both = try EncryptionAtRest(configuration(keys("two", "one"), ["identity": [:]]))
        let sealed: [UInt8] = try #require(try old.seal([1], key: "core/secrets/x/a"))
        #expect(try both.open(sealed, key: "core/secrets/x/a").isStale)
        #expect(try both.open([1], key: "core/secrets/x/a").isStale)
        let back = try EncryptionAtRest(configuration(["identity": [:]], keys("one")))
        #expect(try back.seal([1], key: "core/secrets/x/a") == nil)
        #expect(try back.open(sealed, key: "core/secrets/x/a") == ([1], true))
        #expect(throws: SealingFailure.self) { try EncryptionAtRest.none.open(sealed, key: "core/secrets/x/a") }
    }

    @Test(arguments: ["aesgcm", "aescbc"])
    func `each cipher opens what it sealed under its name, and what another provider sealed is stale`(cipher: String) throws {
        let sealing = try EncryptionAtRest(configuration(keys("one", cipher: cipher)))
        let place = "core/secrets/x/a"
        for length in [0, 1, 15, 16, 17, 31, 64, 65, 1000] {
            let value: [UInt8] = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let sealed: [UInt8] = try #require(try sealing.seal(value, key: place))
            #expect(sealed.starts(with: "k8s:enc:\(cipher):v1:one:".utf8))
            #expect(try sealing.open(sealed, key: place) == (value, false))
            let other = try EncryptionAtRest(configuration(["identity": [:]], keys("one", cipher: cipher)))
            #expect(try other.open(sealed, key: place) == (value, true))
            let wrong = try EncryptionAtRest(configuration(["identity": [:]]))
            #expect(throws: SealingFailure.self) { try wrong.open(sealed, key: place) }
        }
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
        (["aescbc": [:]], "resources[0].providers[0].aescbc.keys: Required value: keys is not defined"),
        (["secretbox": [:]], "resources[0].providers[0].secretbox: Unsupported value: give aesgcm with a key of 32 bytes"),
        (["rot13": [:]], "resources[0].providers[0].rot13: there is no such provider: give aesgcm, aescbc, kms or identity"),
        (["identity": ["salt": 1]], "unknown field \"resources[0].providers[0].identity.salt\""),
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

    private func opened(_ envelope: KeyEnvelope, _ stored: [UInt8]) throws -> (value: [UInt8], isStale: Bool) {
        let opened: (value: [UInt8], isStale: Bool)? = try envelope.open(stored, key: "core/secrets/x/a")
        return try #require(opened)
    }

    @Test func `a plugin is asked once for a seed, and what its older key encrypted is stale`() throws {
        let plugin = Plugin()
        let writer = KeyEnvelope(name: "own", plugin)
        #expect(writer.refusal != nil)
        #expect(throws: SealingFailure.self) { try writer.seal([1], key: "core/secrets/x/a") }
        try writer.renew()
        #expect(writer.refusal == nil)
        let sealed: [[UInt8]] = try [[1], [2]].map { try writer.seal($0, key: "core/secrets/x/a") }
        #expect(String(decoding: sealed[0].prefix(19), as: UTF8.self) == "k8s:enc:kms:v2:own:")
        let reader = KeyEnvelope(name: "own", plugin)
        try reader.renew()
        #expect(try opened(reader, sealed[0]) == ([1], false))
        #expect(try opened(reader, sealed[1]) == ([2], false))
        #expect(plugin.decrypted.withLock { $0 } == 1)
        #expect(throws: SealingFailure.self) { try reader.open(sealed[0], key: "core/secrets/x/b") }
        plugin.key.withLock { $0 = "two" }
        #expect(try reader.renew())
        #expect(try opened(reader, sealed[0]) == ([1], true))
        let anew: [UInt8] = try reader.seal([1], key: "core/secrets/x/a")
        #expect(try opened(reader, anew) == ([1], false))
        #expect(throws: SealingFailure.self) { try KeyEnvelope(name: "own", plugin).open(Array(anew.dropLast()), key: "core/secrets/x/a") }
    }
}
