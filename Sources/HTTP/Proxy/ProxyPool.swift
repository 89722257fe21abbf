import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The connections of one event loop to the servers behind it. Invariant: touched on `eventLoop` only.
final class ProxyPool: @unchecked Sendable {
    let eventLoop: any EventLoop
    private let dial: Dial?
    private let crowded: HTTPForwarder.Crowded
    private var tls: NIOSSLContext?
    /// The latest used last.
    private var idle: [HTTPForwarder.Target: [ProxyConnection]] = [:]
    private static let mostIdle = 64
    /// Connections with a call, and eight times how many they were lately when one more call came.
    var busy = 0
    private var pace = 0
    private var isCrowded = false

    init(eventLoop: any EventLoop, dial: Dial?, crowded: @escaping HTTPForwarder.Crowded) {
        self.eventLoop = eventLoop
        self.dial = dial
        self.crowded = crowded
    }

    /// Sends the call over an idle connection, or a new one.
    func begin(_ call: ProxyCall) {
        keepPace()
        while let connection = idle[call.target]?.popLast() {
            if connection.isUsable { return connection.send(call, isReused: true) }
            connection.close()
        }
        connect(for: call)
    }

    private func keepPace() {
        pace += busy - pace / 8
        let isCrowded: Bool = pace >= (self.isCrowded ? 8 : 16)
        guard isCrowded != self.isCrowded else { return }
        self.isCrowded = isCrowded
        crowded(isCrowded)
    }

    /// Takes back a connection whose answer is complete.
    func release(_ connection: ProxyConnection) {
        let isKept: Bool = Self.keep(connection, in: &idle[connection.target, default: []])
        if !isKept { connection.close() }
    }

    private static func keep(_ connection: ProxyConnection, in list: inout [ProxyConnection]) -> Bool {
        if list.count >= mostIdle { return false }
        list.append(connection)
        return true
    }

    func forget(_ connection: ProxyConnection) {
        guard var list = idle[connection.target] else { return }
        list.removeAll { $0 === connection }
        idle[connection.target] = list.isEmpty ? nil : list
    }

    func connect(for call: ProxyCall) {
        let connection = ProxyConnection(pool: self, target: call.target)
        let bound: NIOLoopBound<ProxyConnection> = NIOLoopBound(connection, eventLoop: eventLoop)
        let opened: EventLoopFuture<any Channel>
        do {
            let tls: NIOSSLContext? = call.target.isSecure ? try context() : nil
            opened = open(call.target, call.times.connect) { pipeline in
                if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
                try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                try pipeline.addHandler(bound.value)
            }
        } catch {
            return call.fail(.unreachable("\(error)"))
        }
        opened.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel):
                if call.isOver { channel.close(promise: nil) } else { connection.send(call, isReused: false) }
            case .failure(HTTPError.timedOut): call.fail(.timedOut)
            case .failure(let error): call.fail(.unreachable("\(error)"))
            }
        }
    }

    private func open(
        _ target: HTTPForwarder.Target, _ timeout: Duration,
        _ setUp: @escaping @Sendable (ChannelPipeline.SynchronousOperations) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let bootstrap: ClientBootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try setUp(channel.pipeline.syncOperations) }
            }
        guard let dial else { return bootstrap.connect(host: target.host, port: target.port) }
        return eventLoop.makeFutureWithTask { try await dial(target.host, target.port, timeout) }.assumeIsolated()
            .flatMap { bootstrap.withConnectedSocket($0) }.nonisolated()
    }

    private func context() throws -> NIOSSLContext {
        if let tls { return tls }
        let made: NIOSSLContext = try HTTPClientConfiguration.TLS(insecureSkipVerify: true).context()
        tls = made
        return made
    }
}
