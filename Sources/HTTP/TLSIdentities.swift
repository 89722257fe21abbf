import NIOSSL
import Synchronization

/// The certificates that a server shows, by the name that a client asks for.
///
/// A name is found as it is, then as `*.` before its domain; a client that asks for none, or for another one, gets what `fallback`
/// makes. Names may change while the server runs: connections that are open keep what they were shown.
package final class TLSIdentities: Sendable {
    private struct State {
        var contexts: [String: NIOSSLContext] = [:]
        /// Made on demand; forgotten when there are too many.
        var made: [String: NIOSSLContext] = [:]
    }

    private static let most = 256
    private let fallback: @Sendable (_ name: String?) throws -> TLSServerConfiguration
    private let state = Mutex(State())

    /// - Parameter fallback: makes what is shown for a name that has no certificate; called once a name, on an event loop.
    package init(fallback: @escaping @Sendable (_ name: String?) throws -> TLSServerConfiguration) {
        self.fallback = fallback
    }

    /// Replaces all certificates. Returns what could not be used, with the reason, by name.
    package func set(_ identities: [String: TLSServerConfiguration]) -> [String: String] {
        var contexts: [String: NIOSSLContext] = [:]
        var problems: [String: String] = [:]
        for (name, identity) in identities {
            do { contexts[name.lowercased()] = try identity.context() } catch { problems[name] = "\(error)" }
        }
        state.withLock { $0.contexts = contexts }
        return problems
    }

    func context(for name: String?) throws -> NIOSSLContext {
        let name: String? = name?.lowercased()
        let found: NIOSSLContext? = state.withLock { state in
            guard let name else { return state.made[""] }
            if let context = state.contexts[name] { return context }
            if let dot = name.firstIndex(of: "."), let context = state.contexts["*" + name[dot...]] { return context }
            return state.made[name]
        }
        if let found { return found }
        let context: NIOSSLContext = try fallback(name).context()
        state.withLock { state in
            if state.made.count >= Self.most { state.made = [:] }
            state.made[name ?? ""] = context
        }
        return context
    }
}
