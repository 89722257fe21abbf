import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The event loop of a client and its idle connections, the latest used last. Invariant: state is touched on `eventLoop` only.
final class ClientPool: @unchecked Sendable {
    let eventLoop: any EventLoop
    let configuration: HTTPClientConfiguration
    private let tls: NIOSSLContext?
    /// The pool's own thread; nil on somebody else's loop.
    private let group: MultiThreadedEventLoopGroup?
    private var idle: [ClientConnection] = []
    /// The one that the configuration brought, until it is used.
    private var socket: Int32?
    /// Whether the loop ends; nothing is given to it after that.
    private let isShutDown: Mutex<Bool> = Mutex(false)

    /// - Parameter eventLoop: nil makes one with a thread of its own.
    init(_ configuration: HTTPClientConfiguration, tls: NIOSSLContext?, eventLoop: (any EventLoop)?) {
        self.configuration = configuration
        self.tls = tls
        self.socket = configuration.socket
        let group: MultiThreadedEventLoopGroup? = eventLoop == nil ? MultiThreadedEventLoopGroup(numberOfThreads: 1) : nil
        self.group = group
        self.eventLoop = eventLoop ?? group?.next() ?? MultiThreadedEventLoopGroup.singleton.next()
    }

    /// Sends the call over an idle connection, or a new one.
    func begin(_ call: ClientCall) {
        guard !call.isOver else { return call.settle() }
        if let timeout = call.request.timeout {
            call.limit(
                eventLoop.scheduleTask(in: TimeAmount(timeout)) { [configuration] in
                    call.fail(HTTPError.timedOut(configuration.address))
                })
        }
        dispatch(call)
    }

    private func dispatch(_ call: ClientCall) {
        while let connection = idle.popLast() {
            if connection.isUsable { return connection.send(call, isReused: true) }
            connection.close()
        }
        connect(for: call)
    }

    /// A call failed on a connection that the server had closed meanwhile; nothing of the answer had come.
    func retry(_ call: ClientCall) {
        if !call.isOver { connect(for: call) }
    }

    /// Takes back a connection whose answer is complete.
    func release(_ connection: ClientConnection) {
        idle.append(connection)
    }

    /// The connection ended.
    func forget(_ connection: ClientConnection) {
        idle.removeAll { $0 === connection }
    }

    /// Closes all and stops the thread. Calls under way fail with their connections.
    func shutdown() {
        isShutDown.withLock { isShutDown in
            guard !isShutDown else { return }
            isShutDown = true
            eventLoop.execute { [self] in
                for connection: ClientConnection in idle { connection.close() }
                idle = []
                group?.shutdownGracefully { _ in }
            }
        }
    }

    /// Runs `f` on the event loop; false when the client was shut down.
    @discardableResult
    func execute(_ f: @escaping @Sendable () -> Void) -> Bool {
        isShutDown.withLock { isShutDown in
            if !isShutDown { eventLoop.execute(f) }
            return !isShutDown
        }
    }

    // MARK: - Details

    private func connect(for call: ClientCall) {
        let connection = ClientConnection(pool: self)
        let bound: NIOLoopBound<ClientConnection> = NIOLoopBound(connection, eventLoop: eventLoop)
        let connected: EventLoopFuture<any Channel> = connect { pipeline in
            try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
            try pipeline.addHandler(bound.value)
        }
        connected.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let channel):
                if call.isOver { channel.close(promise: nil) } else { connection.send(call, isReused: false) }
            case .failure(let error): call.fail(ConnectFailure.words(for: error, configuration))
            }
        }
    }

    /// Opens a connection whose pipeline has TLS where the server has it, and then what `setUp` adds.
    func connect(
        _ setUp: @escaping @Sendable (ChannelPipeline.SynchronousOperations) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        var bootstrap: ClientBootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [configuration, tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline: ChannelPipeline.SynchronousOperations = channel.pipeline.syncOperations
                    if let tls, let settings = configuration.tls {
                        try pipeline.addHandler(settings.handler(context: tls, host: configuration.host))
                        try pipeline.addHandler(HandshakeLimit(configuration))
                        if settings.serverName != nil, !settings.insecureSkipVerify {
                            try pipeline.addHandler(ServerNameCheck(configuration))
                        }
                    }
                    try setUp(pipeline)
                }
            }
        if let keepAlive = configuration.keepAlive {
            let seconds = Int(max(1, keepAlive.components.seconds))
            bootstrap = bootstrap.channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: seconds)
                .channelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: seconds)
        }
        if let socket {
            self.socket = nil
            return bootstrap.withConnectedSocket(socket)
        }
        if let dial = configuration.dial {
            return eventLoop.makeFutureWithTask { try await dial() }.assumeIsolated().flatMap { bootstrap.withConnectedSocket($0) }
                .nonisolated()
        }
        // An address needs no resolver, whose thread costs start-up time.
        if let address = try? SocketAddress(ipAddress: configuration.host, port: configuration.port) {
            return bootstrap.connect(to: address)
        }
        return bootstrap.connect(host: configuration.host, port: configuration.port)
    }
}
