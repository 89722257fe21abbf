import Store

/// Encrypts chosen resources on the disk, as an EncryptionConfiguration says: the first provider of a resource writes, all of them read.
///
/// What another provider or key wrote is stale: the store writes it anew when it opens, and when ``EncryptionInForce`` has another
/// configuration; after that the old key may go. Keys stand in the file, or in a plugin: see ``NamedKeys`` and ``KeyEnvelope``.
///
/// Source: k8s.io/apiserver/pkg/server/options/encryptionconfig; the documentation "Encrypting Confidential Data at Rest".
struct EncryptionAtRest: Sealing {
    enum Provider: Sendable {
        case identity
        case keys(NamedKeys)
        case kms(KeyEnvelope)

        fileprivate var encrypts: Bool { if case .identity = self { false } else { true } }
    }

    struct Rule: Sendable {
        /// `secrets`, `deployments.apps`, `*.apps`, `*.` for the core group, `*.*`.
        let resources: [String]
        let providers: [Provider]
    }

    private let rules: [Rule]

    /// Writes everything as it is; what is encrypted is refused.
    static let none = EncryptionAtRest(rules: [])

    init(rules: [Rule]) { self.rules = rules }

    /// Those of the KMS providers, each once.
    var envelopes: [KeyEnvelope] {
        rules.flatMap(\.providers).compactMap { if case .kms(let envelope) = $0 { envelope } else { nil } }
    }

    private static let mark: [UInt8] = Array("k8s:enc:".utf8)

    func refusal(of key: String) -> SealingFailure? {
        if case .kms(let envelope) = providers(of: key).first { envelope.refusal } else { nil }
    }

    func seal(_ value: [UInt8], key: String) throws(SealingFailure) -> [UInt8]? {
        do {
            switch providers(of: key).first {
            case .kms(let envelope): return try envelope.seal(value, key: key)
            case .keys(let keys): return try keys.seal(value, place: key)
            case .identity, nil: return nil
            }
        } catch {
            throw error as? SealingFailure ?? SealingFailure("\(error)")
        }
    }

    func open(_ stored: [UInt8], key: String) throws(SealingFailure) -> (value: [UInt8], isStale: Bool) {
        let providers: [Provider] = providers(of: key)
        // What was written before there were keys is read, and encrypted now.
        guard stored.starts(with: Self.mark) else { return (stored, providers.first?.encrypts ?? false) }
        for (i, provider) in providers.enumerated() {
            let opened: (value: [UInt8], isStale: Bool)? =
                switch provider {
                case .identity: nil
                case .kms(let envelope): try envelope.open(stored, key: key)
                case .keys(let keys): try keys.open(stored, place: key)
                }
            if let opened { return (opened.value, opened.isStale || i > 0) }
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
