import Crypto
import FoundationEssentials
import Glibc
import Machinery
import Store

/// Encrypts chosen resources on the disk, as an EncryptionConfiguration says: the first provider of a resource writes, all of them read.
///
/// What stands on the disk for an encrypted value is upstream's form: `k8s:enc:aesgcm:v1:NAME:`, then nonce, cipher text and tag. The key of
/// the store is authenticated with it, so that a value can't be put in another's place. A new first key takes effect at the next start,
/// which writes everything anew; after that the old key may go. A KMS provider keeps its keys in a plugin: see ``KeyEnvelope``.
///
/// Source: k8s.io/apiserver/pkg/server/options/encryptionconfig; the documentation "Encrypting Confidential Data at Rest".
struct EncryptionAtRest: Sealing {
    private enum Provider: Sendable {
        case identity
        case aesgcm([(name: String, key: SymmetricKey)])
        case kms(KeyEnvelope)

        var encrypts: Bool { if case .identity = self { false } else { true } }
    }

    private struct Rule: Sendable {
        /// `secrets`, `deployments.apps`, `*.apps`, `*.` for the core group, `*.*`.
        let resources: [String]
        let providers: [Provider]
    }

    private let rules: [Rule]

    /// Writes everything as it is; what is encrypted is refused.
    static let none = EncryptionAtRest(rules: [])

    private init(rules: [Rule]) { self.rules = rules }

    /// Those of the KMS providers, each once.
    var envelopes: [KeyEnvelope] {
        rules.flatMap(\.providers).compactMap { if case .kms(let envelope) = $0 { envelope } else { nil } }
    }

    // MARK: - Reading the configuration

    /// - Parameter file: holds keys, so that only its owner may read it. Throws ``ClusterError``.
    init(file: String) throws(ClusterError) {
        let json: JSON
        do {
            json = try YAML.documents(try PrivateFile.read(file, holding: "keys"), file: file).first?.json ?? .null
        } catch {
            throw error as? ClusterError ?? ClusterError("\(error)")
        }
        do {
            self = try EncryptionAtRest(json)
        } catch {
            throw ClusterError("the encryption configuration \(file) can't be used: \(error.description)")
        }
        for envelope in envelopes {
            do { try envelope.renew() } catch {
                throw ClusterError("\(error). Start the plugin first: without its keys nothing can be read or written")
            }
        }
    }

    /// - Parameter json: an object of apiserver.config.k8s.io/v1, kind EncryptionConfiguration. Throws ``ClusterError``.
    init(_ json: JSON) throws(ClusterError) {
        guard json["kind"]?.string == "EncryptionConfiguration", json["apiVersion"]?.string == "apiserver.config.k8s.io/v1" else {
            throw ClusterError("it is no object of kind EncryptionConfiguration in apiserver.config.k8s.io/v1")
        }
        var rules: [Rule] = []
        var names: Set<String> = []
        for (i, rule) in (json["resources"]?.array ?? []).enumerated() {
            let path = "resources[\(i)]"
            let resources: [String] = (rule["resources"]?.array ?? []).compactMap(\.string)
            if resources.isEmpty { throw ClusterError("\(path).resources: Required value: at least one resource is needed") }
            var providers: [Provider] = []
            for (j, provider) in (rule["providers"]?.array ?? []).enumerated() {
                let made: Provider = try Self.provider(provider, "\(path).providers[\(j)]")
                if case .kms(let envelope) = made, !names.insert(envelope.name).inserted {
                    throw ClusterError(
                        "\(path).providers[\(j)].kms.name: Invalid value: \"\(envelope.name)\": duplicate KMS provider name \(envelope.name), "
                            + "names must be unique")
                }
                providers.append(made)
            }
            if providers.isEmpty { throw ClusterError("\(path).providers: Required value: at least one provider is needed") }
            rules.append(Rule(resources: resources, providers: providers))
        }
        if rules.isEmpty { throw ClusterError("resources: Required value: at least one resource is needed") }
        self.rules = rules
    }

    private static func provider(_ json: JSON, _ path: String) throws(ClusterError) -> Provider {
        guard let member = json.object.map({ Array($0) })?.first, json.object?.count == 1 else {
            throw ClusterError("\(path): provider does not contain any of the expected providers, or more than one")
        }
        switch member.key {
        case "identity": return .identity
        case "aesgcm": return .aesgcm(try keys(member.value, "\(path).aesgcm"))
        case "kms": return .kms(try envelope(member.value, "\(path).kms"))
        case let other:
            throw ClusterError("\(path): the provider \"\(other)\" is not there: give aesgcm, kms or identity")
        }
    }

    private static func keys(_ json: JSON, _ path: String) throws(ClusterError) -> [(name: String, key: SymmetricKey)] {
        var keys: [(String, SymmetricKey)] = []
        for (i, key) in (json["keys"]?.array ?? []).enumerated() {
            let place = "\(path).keys[\(i)]"
            guard let name = key["name"]?.string, !name.isEmpty else { throw ClusterError("\(place).name: Required value") }
            guard !name.contains(":") else { throw ClusterError("\(place).name: Invalid value: \"\(name)\": it may hold no colon") }
            guard let bytes = (key["secret"]?.string).flatMap({ Base64Text.decode($0) }) else {
                throw ClusterError("\(place).secret: Invalid value: secrets must be base64 encoded")
            }
            guard [16, 24, 32].contains(bytes.count) else {
                throw ClusterError(
                    "\(place).secret: Invalid value: secret is not of the expected length, got \(bytes.count), expected one of [16 24 32]")
            }
            if keys.contains(where: { $0.0 == name }) { throw ClusterError("\(place).name: Duplicate value: \"\(name)\"") }
            keys.append((name, SymmetricKey(data: bytes)))
        }
        if keys.isEmpty { throw ClusterError("\(path).keys: Required value: keys is not defined") }
        return keys
    }

    /// Source: `validateKMSConfiguration` of k8s.io/apiserver/pkg/apis/apiserver/validation.
    private static func envelope(_ json: JSON, _ path: String) throws(ClusterError) -> KeyEnvelope {
        guard let name = json["name"]?.string, !name.isEmpty else {
            throw ClusterError("\(path).name: Required value: name is a mandatory field for a provider")
        }
        guard !name.contains(":") else {
            throw ClusterError("\(path).name: Invalid value: \"\(name)\": invalid provider name, must not contain ':'")
        }
        let version: String = json["apiVersion"]?.string ?? "v1"
        guard version == "v2" else {
            throw ClusterError("\(path).apiVersion: Invalid value: \"\(version)\": only v2 of the KMS API is there")
        }
        let endpoint: String = json["endpoint"]?.string ?? ""
        guard !endpoint.isEmpty else { throw ClusterError("\(path).endpoint: Required value: endpoint is a mandatory field for a kms") }
        guard endpoint.hasPrefix("unix://"), endpoint.utf8.count > 7 else {
            throw ClusterError(
                "\(path).endpoint: Invalid value: \"\(endpoint)\": unsupported scheme for KMS provider, only unix is supported: unix:///PATH"
            )
        }
        let timeout: Duration = json["timeout"]?.string.map { (try? GoDuration.parse($0)) ?? .zero } ?? .seconds(3)
        guard timeout > .zero else {
            throw ClusterError("\(path).timeout: Invalid value: timeout should be a positive value")
        }
        return KeyEnvelope(name: name, KeyPlugin(name: name, socket: String(endpoint.dropFirst(7)), timeout: timeout))
    }

    // MARK: - Sealing

    private static let mark: [UInt8] = Array("k8s:enc:".utf8)
    private static let prefix = "k8s:enc:aesgcm:v1:"

    func seal(_ value: [UInt8], key: String) -> [UInt8]? {
        switch providers(of: key).first {
        case .kms(let envelope): return envelope.seal(value, key: key)
        case .aesgcm(let keys):
            guard let (name, secret) = keys.first,
                let box = try? AES.GCM.seal(value, using: secret, authenticating: Array(key.utf8)), let bytes = box.combined
            else { return nil }
            return Array((Self.prefix + name + ":").utf8) + bytes
        case .identity, nil: return nil
        }
    }

    func open(_ stored: [UInt8], key: String) throws(SealingFailure) -> (value: [UInt8], isStale: Bool) {
        let providers: [Provider] = providers(of: key)
        // What was written before there were keys is read, and encrypted now.
        guard stored.starts(with: Self.mark) else { return (stored, providers.first?.encrypts ?? false) }
        for (i, provider) in providers.enumerated() {
            switch provider {
            case .identity: continue
            case .kms(let envelope):
                guard envelope.isOwner(of: stored) else { continue }
                let (value, isStale): ([UInt8], Bool) = try envelope.open(stored, key: key)
                return (value, isStale || i > 0)
            case .aesgcm(let keys):
                for (j, (name, secret)) in keys.enumerated() {
                    let head: [UInt8] = Array((Self.prefix + name + ":").utf8)
                    guard stored.starts(with: head) else { continue }
                    guard let box = try? AES.GCM.SealedBox(combined: stored.dropFirst(head.count)),
                        let value = try? AES.GCM.open(box, using: secret, authenticating: Array(key.utf8))
                    else { throw SealingFailure("the key \"\(name)\" does not open it: it is another one, or the value was changed") }
                    return (Array(value), i > 0 || j > 0)
                }
            }
        }
        throw SealingFailure(
            "it is encrypted, and none of the keys given opens it. Start with the configuration that has its key: "
                + "--encryption-provider-config FILE")
    }

    /// Those of the first rule that names the resource; none is the identity.
    private func providers(of key: String) -> [Provider] {
        guard !rules.isEmpty else { return [] }
        let parts: [Substring] = key.split(separator: "/", maxSplits: 2)
        guard parts.count > 1 else { return [] }
        let group: Substring = parts[0] == "core" ? "" : parts[0]
        let name: String = group.isEmpty ? String(parts[1]) : "\(parts[1]).\(group)"
        return rules.first { rule in rule.resources.contains { $0 == name || $0 == "*.*" || $0 == "*.\(group)" } }?.providers ?? []
    }
}
