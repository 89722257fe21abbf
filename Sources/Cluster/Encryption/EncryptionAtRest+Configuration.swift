import Crypto
import Machinery

/// Reading an EncryptionConfiguration. Source: k8s.io/apiserver/pkg/apis/apiserver/v1 and its validation.
extension EncryptionAtRest {
    /// Asks the plugins that it names for their keys. Throws ``ClusterError``.
    init(text: [UInt8], file: String) throws(ClusterError) {
        do {
            try self.init(try YAML.documents(text, file: file).first?.json ?? .null)
        } catch {
            throw ClusterError("the encryption configuration \(file) can't be used: \(error)")
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
        try Self.only(["kind", "apiVersion", "resources"], in: json, "")
        var rules: [Rule] = []
        var names: Set<String> = []
        for (i, rule) in (json["resources"]?.array ?? []).enumerated() {
            let path = "resources[\(i)]"
            try Self.only(["resources", "providers"], in: rule, path)
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
        self.init(rules: rules)
    }

    /// Nothing is ignored that somebody wrote down.
    private static func only(_ names: Set<String>, in json: JSON, _ path: String) throws(ClusterError) {
        guard let unknown = json.object?.keys.first(where: { !names.contains($0) }) else { return }
        throw ClusterError("unknown field \"\(path.isEmpty ? "" : path + ".")\(unknown)\"")
    }

    private static func provider(_ json: JSON, _ path: String) throws(ClusterError) -> Provider {
        guard let member = json.object?.members.first, json.object?.count == 1 else {
            throw ClusterError("\(path): provider does not contain any of the expected providers, or more than one")
        }
        let path = "\(path).\(member.key)"
        switch member.key {
        case "identity":
            try only([], in: member.value, path)
            return .identity
        case "kms": return .kms(try envelope(member.value, path))
        // Its cipher is in no library of this program.
        case "secretbox": throw ClusterError("\(path): Unsupported value: give aesgcm with a key of 32 bytes")
        case let other:
            guard let cipher = NamedKeys.Cipher(rawValue: other) else {
                throw ClusterError("\(path): there is no such provider: give aesgcm, aescbc, kms or identity")
            }
            return .keys(try keys(cipher, member.value, path))
        }
    }

    private static func keys(_ cipher: NamedKeys.Cipher, _ json: JSON, _ path: String) throws(ClusterError) -> NamedKeys {
        try only(["keys"], in: json, path)
        var keys: [(String, SymmetricKey)] = []
        for (i, key) in (json["keys"]?.array ?? []).enumerated() {
            let place = "\(path).keys[\(i)]"
            try only(["name", "secret"], in: key, place)
            guard let name = key["name"]?.string, !name.isEmpty else { throw ClusterError("\(place).name: Required value") }
            guard !name.contains(":") else { throw ClusterError("\(place).name: Invalid value: \"\(name)\": it may hold no colon") }
            guard let bytes = (key["secret"]?.string).flatMap({ Base64Text.decode($0) }) else {
                throw ClusterError("\(place).secret: Invalid value: secrets must be base64 encoded")
            }
            guard NamedKeys.keySizes.contains(bytes.count) else {
                let sizes: String = NamedKeys.keySizes.map(String.init).joined(separator: " ")
                throw ClusterError(
                    "\(place).secret: Invalid value: secret is not of the expected length, got \(bytes.count), expected one of [\(sizes)]")
            }
            if keys.contains(where: { $0.0 == name }) { throw ClusterError("\(place).name: Duplicate value: \"\(name)\"") }
            keys.append((name, SymmetricKey(data: bytes)))
        }
        if keys.isEmpty { throw ClusterError("\(path).keys: Required value: keys is not defined") }
        return NamedKeys(cipher: cipher, keys: keys)
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
        if json["cachesize"] != nil { throw ClusterError("\(path).cachesize: Invalid value: cachesize is not supported in v2") }
        try only(["apiVersion", "name", "endpoint", "timeout"], in: json, path)
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
}
