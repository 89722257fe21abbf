import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP/1.1 and HTTP/2 server that gives complete requests to one synchronous handler on its event loops.
///
/// It listens from `init` until ``shutdown(grace:)``, which must be called before the last reference goes.
package final class HTTPServer: Sendable {
    /// The port that it listens on: the one given, or the free one that was found for 0.
    package let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let others = Mutex<[any Channel]>([])
    private let tables: [ConnectionTable]
    private let limits: HTTPLimits
    private let security: ServerTLS?

    /// Starts to listen.
    ///
    /// - `port`: 0 takes a free one.
    /// - `tls`: nil speaks plain HTTP, which is for tests.
    /// - `threads`: event loop threads; one serves some 25,000 requests a second.
    /// - `refuse`: the answer to a request that the handler never sees.
    ///
    /// Throws ``HTTPError/portInUse(host:port:)``, ``HTTPError/cannotListen(host:port:reason:)`` or
    /// ``HTTPError/configuration(_:)``.
    package convenience init(
        host: String = "127.0.0.1", port: Int = 0, tls: TLSServerConfiguration?, limits: HTTPLimits = HTTPLimits(), threads: Int = 1,
        refuse: @escaping @Sendable (HTTPRefusal) -> HTTPResponse = { $0.plainResponse }, handler: @escaping HTTPHandler
    ) async throws {
        try await self.init(
            host: host, port: port, security: try tls.map { .one(ServerIdentity(try $0.context())) }, limits: limits, threads: threads,
            refuse: refuse,
            handler: handler)
    }

    /// The same with certificates by the name that clients ask for.
    package convenience init(
        host: String = "127.0.0.1", port: Int = 0, identities: TLSIdentities, limits: HTTPLimits = HTTPLimits(), threads: Int = 1,
        handler: @escaping HTTPHandler
    ) async throws {
        try await self.init(
            host: host, port: port, security: .byName(identities), limits: limits, threads: threads, refuse: { $0.plainResponse },
            handler: handler)
    }

    /// The same without TLS at a socket that is bound already and listens; the server owns it from here on.
    package convenience init(
        descriptor: Int32, limits: HTTPLimits = HTTPLimits(), threads: Int = 1, handler: @escaping HTTPHandler
    ) async throws {
        try await self.init(
            host: "", port: 0, descriptor: descriptor, security: nil, limits: limits, threads: threads, refuse: { $0.plainResponse },
            handler: handler)
    }

    private init(
        host: String, port: Int, descriptor: Int32? = nil, security: ServerTLS?, limits: HTTPLimits, threads: Int,
        refuse: @escaping @Sendable (HTTPRefusal) -> HTTPResponse, handler: @escaping HTTPHandler
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let service = ServerService(limits: limits, refuse: refuse, handler: handler, tls: security)
        let tables: [ConnectionTable] = group.makeIterator().enumerated().map { index, eventLoop in
            ConnectionTable(eventLoop: eventLoop, loop: LoopID(index: index), service: service)
        }
        do {
            let bootstrap: ServerBootstrap = Self.bootstrap(group, tables, limits)
            listener =
                if let descriptor { try await bootstrap.withBoundSocket(descriptor).get() } else {
                    try await bootstrap.bind(host: host, port: port).get()
                }
        } catch {
            try await group.shutdownGracefully()
            throw Self.listenError(error, host: host, port: port)
        }
        self.group = group
        self.security = security
        self.tables = tables
        self.limits = limits
        self.port = listener.localAddress?.port ?? port
    }

    /// Takes connections from a further socket too, which is bound already; the server owns it from here on.
    package func listen(on descriptor: Int32) async throws {
        let listener: any Channel = try await Self.bootstrap(group, tables, limits).withBoundSocket(descriptor).get()
        others.withLock { $0.append(listener) }
    }

    /// Shows another certificate to connections that begin from now on; those that are open go on as they are.
    ///
    /// Throws ``HTTPError/configuration(_:)``. Does nothing to a server without TLS.
    package func replace(tls: TLSServerConfiguration) throws {
        if case .one(let identity) = security { identity.replace(try tls.context()) }
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ tables: [ConnectionTable], _ limits: HTTPLimits
    ) -> ServerBootstrap {
        let bootstrap: ServerBootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { channel in
                let table: ConnectionTable? = tables.first { $0.eventLoop === channel.eventLoop }
                return channel.eventLoop.makeCompletedFuture { try table?.accept(channel) }
            }
        guard let room = limits.answerBuffer else { return bootstrap }
        return bootstrap.childChannelOption(.socketOption(.so_sndbuf), value: ChannelOptions.Types.SocketOption.Value(room))
    }

    /// Stops: takes no more connections, ends streams (watches see a regular end), lets requests under way finish
    /// for at most `grace`, then closes what is left and stops the threads.
    package func shutdown(grace: Duration = .seconds(2)) async {
        // A listener that is closed already, or a loop that is gone, is what we want.
        for listener in [listener] + others.withLock({ $0 }) { try? await listener.close().get() }
        let grace = TimeAmount(grace)
        for table: ConnectionTable in tables { try? await table.drain(grace: grace).get() }
        try? await group.shutdownGracefully()
    }

    private static func listenError(_ error: any Error, host: String, port: Int) -> HTTPError {
        guard let failure = error as? IOError else {
            return .cannotListen(host: host, port: port, reason: String(describing: error))
        }
        if failure.errnoCode == SystemErrno.addressInUse { return .portInUse(host: host, port: port) }
        return .cannotListen(host: host, port: port, reason: SystemErrno.text(failure.errnoCode))
    }
}
