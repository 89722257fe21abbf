import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Passes requests on to other servers, and their answers back as they come. Connections to those are kept and used again, by each event
/// loop of the server for itself, so that a request changes no thread on its way.
package final class HTTPForwarder: Sendable {
    /// A server behind this one.
    package struct Target: Sendable, Hashable {
        package var host: String
        package var port: Int
        /// TLS, whatever certificate the server has: it is reached by its address.
        package var isSecure: Bool

        package init(host: String, port: Int, isSecure: Bool = false) {
            self.host = host
            self.port = port
            self.isSecure = isSecure
        }

        var address: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    package struct Times: Sendable {
        package var connect: Duration
        /// To the head of the answer, and from then on between its parts.
        package var answer: Duration

        package init(connect: Duration = .seconds(5), answer: Duration = .seconds(60)) {
            self.connect = connect
            self.answer = answer
        }
    }

    /// What became of a request.
    package enum Outcome: Sendable {
        /// The head of an answer went to the client, whatever its status.
        case answered(status: Int)
        /// Nothing was sent to the client: it is still owed an answer.
        case unreachable(String)
        case timedOut
        /// An answer came that was not wanted; the client is still owed one.
        case refused(status: Int)
        /// The server broke off, before its answer or within; the client is still owed one only when `isOwed`.
        case broken(String, isOwed: Bool)
        case clientLeft
    }

    /// Changes the head of an answer before the client sees it.
    package typealias Change = @Sendable (_ status: inout Int, _ headers: inout HTTPHeaders) -> Void

    /// Whether an answer of that status is thrown away, unseen by the client.
    package typealias Refuses = @Sendable (_ status: Int) -> Bool

    /// Told on a server's event loop when it begins to serve many at once, and when it ends to.
    package typealias Crowded = @Sendable (Bool) -> Void

    private let dial: Dial?
    private let crowded: Crowded
    private let pools = Mutex<[ObjectIdentifier: ProxyPool]>([:])

    /// - Parameter dial: opens connections; nil connects from this process's own network.
    package init(dial: Dial?, crowded: @escaping Crowded = { _ in }) {
        self.dial = dial
        self.crowded = crowded
    }

    /// Sends the request to the target and its answer to the exchange. Both need no fields that are about a connection: those are
    /// taken off. `done` is called once, on the exchange's event loop.
    ///
    /// Call on the exchange's event loop.
    package func forward(
        _ request: HTTPClientRequest, to target: Target, _ times: Times, for exchange: HTTPExchange, change: Change? = nil,
        refuses: Refuses? = nil, done: @escaping @Sendable (Outcome) -> Void
    ) {
        let call = ProxyCall(request, target, times, exchange, change, refuses, done)
        pool(exchange.eventLoop).begin(call)
        exchange.onClose { call.exchangeEnded() }
    }

    /// Sends the request and throws the answer away. Call on the exchange's event loop, whose connections it uses.
    package func mirror(_ request: HTTPClientRequest, to target: Target, _ times: Times, beside exchange: HTTPExchange) {
        pool(exchange.eventLoop).begin(ProxyCall(request, target, times, nil, nil, nil) { _ in })
    }

    /// Asks the target to use a connection for something else than HTTP, and joins it with the client's when it agrees. `done` is called
    /// when the target has answered.
    package func upgrade(
        _ request: HTTPClientRequest, to target: Target, _ times: Times, for exchange: HTTPExchange,
        done: @escaping @Sendable (Outcome) -> Void
    ) {
        var configuration = HTTPClientConfiguration(
            host: target.host, port: target.port,
            tls: target.isSecure ? HTTPClientConfiguration.TLS(insecureSkipVerify: true) : nil, connectTimeout: times.connect)
        if let dial { configuration.dial = { try await dial(target.host, target.port, times.connect) } }
        let client = HTTPClient(configuration, eventLoop: exchange.eventLoop)
        var request: HTTPClientRequest = request
        request.timeout = times.answer
        let sent: HTTPClientRequest = request
        Task {
            do {
                switch try await client.upgrade(sent, to: .bytes) {
                case .refused(let answer):
                    exchange.respond(answer.status, HTTPHeaders.passedOn(answer.headers), answer.body)
                    done(.answered(status: answer.status))
                case .upgraded(let headers, let inner):
                    exchange.onClose { if inner.ending == nil, !exchange.isUpgraded { inner.close() } }
                    exchange.upgrade(headers, to: .bytes) { outer in
                        Task {
                            await UpgradedConnection.join(inner, outer)
                            client.shutdown()
                        }
                    }
                    done(.answered(status: 101))
                }
            } catch let error as HTTPError {
                if case .timedOut = error { done(.timedOut) } else { done(.unreachable("\(error)")) }
            } catch {
                done(.unreachable("\(error)"))
            }
        }
    }

    private func pool(_ eventLoop: any EventLoop) -> ProxyPool {
        pools.withLock { pools in
            if let pool = pools[ObjectIdentifier(eventLoop)] { return pool }
            let pool = ProxyPool(eventLoop: eventLoop, dial: dial, crowded: crowded)
            pools[ObjectIdentifier(eventLoop)] = pool
            return pool
        }
    }
}

extension HTTPHeaders {
    /// Names that are about one connection. Source: RFC 9110, 7.6.1.
    private static let connectionNames = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authenticate",
        "proxy-authorization",
    ]

    /// The fields without those that are about one connection.
    ///
    /// - Parameter others: names in small letters that are left out, too.
    package static func passedOn(_ headers: HTTPHeaders, without others: [String] = []) -> HTTPHeaders {
        // Most name only what is left out in any case.
        let named: [String] = headers.fields[canonicalForm: "connection"].map { $0.lowercased() }
            .filter { $0 != "close" && !connectionNames.contains($0) }
        return headers.without(connectionNames, others, named)
    }

    /// The fields but those of these names, which are in small letters.
    package func without(_ names: [String]...) -> HTTPHeaders {
        var kept = NIOHTTP1.HTTPHeaders()
        kept.reserveCapacity(fields.count + 8)
        for (name, value) in fields where !names.contains(where: { $0.contains { Self.isSame(name, $0) } }) {
            kept.add(name: name, value: value)
        }
        return HTTPHeaders(kept)
    }

    private static func isSame(_ name: String, _ small: String) -> Bool {
        name.utf8.count == small.utf8.count
            && zip(name.utf8, small.utf8).allSatisfy { ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) == $1 }
    }

    /// Whether a request asks to leave HTTP.
    package var asksForUpgrade: Bool {
        fields.contains(name: "upgrade") && fields[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }
}
