import Machinery
import Store
import Synchronization

/// The encryption as its file says: as it was at the start, or as it is now where the file is watched.
final class EncryptionInForce: Sealing {
    /// With an EncryptionConfiguration; nil encrypts nothing.
    let file: String?
    /// Whether another content of the file takes effect while the cluster runs.
    let isWatched: Bool
    private let state: Mutex<State>

    private struct State {
        var encryption: EncryptionAtRest
        /// What the file held when it was read last.
        var text: [UInt8]
    }

    /// Throws ``ClusterError``.
    init(file: String?, isWatched: Bool) throws(ClusterError) {
        self.file = file
        self.isWatched = isWatched
        guard let file else {
            state = Mutex(State(encryption: .none, text: []))
            return
        }
        let text: [UInt8] = try PrivateFile.read(file, holding: "keys")
        state = Mutex(State(encryption: try EncryptionAtRest(text: text, file: file), text: text))
    }

    private var current: EncryptionAtRest { state.withLock { $0.encryption } }

    /// Of the plugins that keep keys now.
    var envelopes: [KeyEnvelope] { current.envelopes }

    /// Takes the file's new content, and says whether there was any. Throws ``ClusterError`` for what can't be used, which changes nothing.
    func reload() throws(ClusterError) -> Bool {
        guard isWatched, let file else { return false }
        let text: [UInt8] = try PrivateFile.read(file, holding: "keys")
        guard text != state.withLock({ $0.text }) else { return false }
        let encryption = try EncryptionAtRest(text: text, file: file)
        state.withLock { $0 = State(encryption: encryption, text: text) }
        return true
    }

    /// The checks of health of the plugins: one for all where the file is watched, else one for each, as upstream has them.
    var checks: [(name: String, holds: Bool)] {
        let wells: [Bool] = envelopes.map(\.isWell)
        if wells.isEmpty { return [] }
        if isWatched { return [("kms-providers", !wells.contains(false))] }
        return wells.enumerated().map { ("kms-provider-\($0)", $1) }
    }

    func refusal(of key: String) -> SealingFailure? { current.refusal(of: key) }

    func seal(_ value: [UInt8], key: String) throws(SealingFailure) -> [UInt8]? { try current.seal(value, key: key) }

    func open(_ stored: [UInt8], key: String) throws(SealingFailure) -> (value: [UInt8], isStale: Bool) {
        try current.open(stored, key: key)
    }
}
