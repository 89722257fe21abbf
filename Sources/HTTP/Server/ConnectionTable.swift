import NIOCore
import NIOSSL
import Synchronization

/// What all connections of a server have in common.
struct ServerService: Sendable {
    let limits: HTTPLimits
    let refuse: @Sendable (HTTPRefusal) -> HTTPResponse
    let handler: HTTPHandler
    /// nil speaks plain HTTP.
    let tls: ServerTLS?
}

/// How connections of a server are secured.
enum ServerTLS: Sendable {
    case one(ServerIdentity)
    case byName(TLSIdentities)
}

/// Who the server is to connections that begin from now on; may change while it runs.
final class ServerIdentity: Sendable {
    private let context: Mutex<NIOSSLContext>

    init(_ context: NIOSSLContext) { self.context = Mutex(context) }

    var current: NIOSSLContext { context.withLock { $0 } }

    func replace(_ context: NIOSSLContext) { self.context.withLock { $0 = context } }
}

/// The open connections of one event loop: watches over their time limits and ends them when the server stops.
///
/// One timer serves all connections and runs only while there are any, so an idle server wakes for nothing and an idle
/// connection costs no timer of its own. Invariant: touched on `eventLoop` only.
final class ConnectionTable: @unchecked Sendable {
    let eventLoop: any EventLoop
    let loop: LoopID
    let service: ServerService
    /// For work that must not keep the loop from its other connections.
    let turns: LoopTurns
    private(set) var isDraining: Bool = false
    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var sweeper: RepeatedTask?
    private var emptied: EventLoopPromise<Void>?
    private var clock: HTTPDate = HTTPDate()

    init(eventLoop: any EventLoop, loop: LoopID, service: ServerService) {
        self.eventLoop = eventLoop
        self.loop = loop
        self.service = service
        turns = LoopTurns(eventLoop: eventLoop)
    }

    /// Value of the `Date` header now.
    var date: String { clock.now() }

    /// Takes in a connection: sets up its pipeline and begins to watch it.
    func accept(_ channel: any Channel) throws {
        let connection = ServerConnection(channel: channel, table: self)
        try connection.configure()
        connections[ObjectIdentifier(connection)] = connection
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in forget(connection) }
        if isDraining { connection.drain() }
        if sweeper == nil { startSweeping() }
    }

    /// Ends all connections: idle ones now, streams with a regular end, others after their answer or `grace`. Ready when all are gone.
    func drain(grace: TimeAmount) -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            isDraining = true
            let promise: EventLoopPromise<Void> = eventLoop.makePromise()
            emptied = promise
            for connection: ServerConnection in Array(connections.values) { connection.drain() }
            if connections.isEmpty {
                finish()
            } else {
                eventLoop.scheduleTask(in: grace) { [self] in
                    for connection: ServerConnection in Array(connections.values) { connection.close() }
                }
            }
            return promise.futureResult
        }
    }

    private func forget(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
        guard connections.isEmpty else { return }
        sweeper?.cancel()
        sweeper = nil
        if isDraining { finish() }
    }

    private func finish() {
        turns.close()
        emptied?.succeed()
        emptied = nil
    }

    /// Looks at all connections often enough for the shortest limit, but no more than once in 50 ms.
    private func startSweeping() {
        let limits: HTTPLimits = service.limits
        let shortest: Duration = min(limits.headerTimeout, limits.bodyTimeout, limits.answerTimeout, limits.idleTimeout)
        let interval = TimeAmount(max(.milliseconds(50), min(.seconds(5), shortest / 4)))
        sweeper = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [self] _ in
            let now: NIODeadline = .now()
            for connection: ServerConnection in Array(connections.values) { connection.enforceLimits(now) }
        }
    }
}
