/// What can go wrong on the way to a server, or when one is started. Decide by case; the description is a sentence for people.
package enum HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nothing listens at this address (`https://127.0.0.1:6443`).
    case connectionRefused(String)
    /// The name of this host has no address.
    case unknownHost(String)
    /// The system cannot reach the address for another reason.
    case unreachable(String, reason: String)
    /// No connection, or no whole answer, within the time given.
    case timedOut(String)
    /// The server took the connection, but did not answer TLS within the time given.
    case handshakeTimedOut(String)
    /// TLS failed: the certificate of the server or of the client was refused, or the other side speaks no TLS. In words.
    case tls(String, problem: String)
    /// The connection ended before the answer was complete.
    case closed(String)
    /// The answer is no HTTP.
    case malformedAnswer(String)
    /// A certificate, key or address that was given cannot be used. In words.
    case configuration(String)
    /// Another program listens on this port already.
    case portInUse(host: String, port: Int)
    /// The system does not let us listen there.
    case cannotListen(host: String, port: Int, reason: String)

    package var description: String {
        switch self {
        case .connectionRefused(let address): "cannot reach \(address) (connection refused)"
        case .unknownHost(let host): "cannot reach \(host) (no such host)"
        case .unreachable(let address, let reason): "cannot reach \(address) (\(reason))"
        case .timedOut(let address): "\(address) did not answer in time"
        case .handshakeTimedOut(let address): "\(address) took the connection, but did not answer TLS in time"
        case .tls(let address, let problem): "\(address): \(problem)"
        case .closed(let address): "\(address) closed the connection before the answer was complete"
        case .malformedAnswer(let address): "\(address) does not answer with HTTP"
        case .configuration(let problem): problem
        case .portInUse(let host, let port): "cannot listen on \(host):\(port): another program uses this port; choose another or stop it"
        case .cannotListen(let host, let port, let reason): "cannot listen on \(host):\(port) (\(reason))"
        }
    }
}
