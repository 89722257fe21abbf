import Crypto
import Machinery
import Store
import Synchronization

/// Encrypts values with seeds that a KMS plugin keeps: the seed, encrypted by the plugin, stands beside each value.
///
/// A seed is made at the start and whenever the plugin names another key. Each value has a key of its own, made of the seed and of bytes that
/// stand before the value. What another key encrypted is stale. The plugin is asked once for each seed that is met. Nothing is written any
/// more when it did not name its key for three minutes: that key may be withdrawn.
///
/// Source: k8s.io/apiserver/pkg/storage/value/encrypt, envelope/kmsv2 and aes/aes_extended_nonce.go.
final class KeyEnvelope: Sendable {
    let name: String
    private let service: any KeyService
    private let state = Mutex(State())

    private struct State {
        /// What is encrypted now is encrypted with it.
        var current: SealedSeed?
        var seeds: [SealedSeed: SymmetricKey] = [:]
        /// When the plugin named its key last.
        var named: ContinuousClock.Instant?
        /// Why it did not do so when it was asked last; nil when it did.
        var failure: KeyFailure?
    }

    private static let longestSilence: Duration = .seconds(180)

    init(name: String, _ service: any KeyService) {
        self.name = name
        self.service = service
    }

    /// Asks the plugin for its key, and has a new seed encrypted if it is another one than before. True if so.
    @discardableResult func renew() throws(KeyFailure) -> Bool {
        do throws(KeyFailure) {
            return try renewed()
        } catch {
            state.withLock { $0.failure = error }
            throw error
        }
    }

    private func renewed() throws(KeyFailure) -> Bool {
        let key: String = try service.currentKey()
        state.withLock { ($0.named, $0.failure) = (.now, nil) }
        guard state.withLock({ $0.current?.keyID }) != key else { return false }
        let seed = SymmetricKey(size: .bits256)
        let sealed: SealedSeed = try service.encrypt(seed.bytes)
        guard sealed.keyID == key else { return false }
        state.withLock {
            $0.current = sealed
            $0.seeds[sealed] = seed
        }
        return true
    }

    /// Whether the plugin answered when it was asked last.
    var isWell: Bool { state.withLock { $0.failure == nil } }

    /// Why nothing is encrypted now; nil when it is.
    var refusal: SealingFailure? {
        state.withLock { state in
            if let named = state.named, named.duration(to: .now) < Self.longestSilence { return nil }
            let words: String = state.failure?.description ?? "the KMS plugin \"\(name)\" was never asked"
            return SealingFailure("the key was not confirmed for three minutes: \(words)")
        }
    }

    private var prefix: [UInt8] { Array("k8s:enc:kms:v2:\(name):".utf8) }

    /// Throws before ``renew()``.
    func seal(_ value: [UInt8], key: String) throws -> [UInt8] {
        let known: (sealed: SealedSeed, seed: SymmetricKey)? = state.withLock { state in
            state.current.flatMap { current in state.seeds[current].map { (current, $0) } }
        }
        let info: [UInt8] = SymmetricKey(size: .bits256).bytes
        guard let (sealed, seed) = known else { throw SealingFailure("the KMS plugin \"\(name)\" gave no key yet") }
        let box = try AES.GCM.seal(value, using: Self.key(seed, info), authenticating: Array(key.utf8))
        var message = ProtobufWriter(capacity: value.count + 256)
        message.write(raw: prefix)
        message.write(1, info + Array(box.nonce) + box.ciphertext + box.tag)
        message.write(2, sealed.keyID.utf8)
        message.write(3, sealed.bytes)
        message.write(annotations: sealed.annotations, 4)
        message.write(5, Self.extended)
        return message.bytes
    }

    /// nil for what another provider sealed.
    func open(_ stored: [UInt8], key: String) throws(SealingFailure) -> (value: [UInt8], isStale: Bool)? {
        guard stored.starts(with: prefix) else { return nil }
        do {
            let (sealed, data, source): (SealedSeed, ArraySlice<UInt8>, Int64) = try Self.parts(stored.dropFirst(prefix.count))
            let seed: SymmetricKey = try seed(sealed)
            let isExtended: Bool = source == Self.extended
            let key: [UInt8] = Array(key.utf8)
            let secret: SymmetricKey = isExtended ? Self.key(seed, data.prefix(Self.infoSize)) : seed
            let box = try AES.GCM.SealedBox(combined: isExtended ? data.dropFirst(Self.infoSize) : data)
            let value: [UInt8] = Array(try AES.GCM.open(box, using: secret, authenticating: key))
            return (value, !isExtended || sealed.keyID != state.withLock { $0.current?.keyID })
        } catch let error as KeyFailure {
            throw SealingFailure(error.description)
        } catch {
            throw SealingFailure("the key of the KMS plugin \"\(name)\" does not open it: it is another one, or the value was changed")
        }
    }

    private func seed(_ sealed: SealedSeed) throws(KeyFailure) -> SymmetricKey {
        if let known = state.withLock({ $0.seeds[sealed] }) { return known }
        let seed = SymmetricKey(data: try service.decrypt(sealed))
        state.withLock { $0.seeds[sealed] = seed }
        return seed
    }

    private static let infoSize = 32
    /// `HKDF_SHA256_XNONCE_AES_GCM_SEED`; 0 is a plain key of AES-GCM.
    private static let extended: Int64 = 1

    private static func key(_ seed: SymmetricKey, _ info: some Collection<UInt8>) -> SymmetricKey {
        HKDF<SHA256>.expand(pseudoRandomKey: seed.bytes, info: Array(info), outputByteCount: 32)
    }

    /// Reads a message `EncryptedObject`.
    private static func parts(_ message: ArraySlice<UInt8>) throws -> (SealedSeed, data: ArraySlice<UInt8>, source: Int64) {
        var reader = ProtobufReader(message)
        var (data, bytes): (ArraySlice<UInt8>, ArraySlice<UInt8>) = ([], [])
        var keyID = ""
        var annotations: [String: [UInt8]] = [:]
        var source: Int64 = 0
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let content)): data = content
            case (2, .bytes(let content)): keyID = String(decoding: content, as: UTF8.self)
            case (3, .bytes(let content)): bytes = content
            case (4, .bytes(let content)):
                let (name, value): (String, [UInt8]) = try SealedSeed.annotation(content)
                annotations[name] = value
            case (5, .varint(let number)): source = Int64(truncatingIfNeeded: number)
            default: break
            }
        }
        return (SealedSeed(keyID: keyID, bytes: Array(bytes), annotations: annotations), data, source)
    }
}
