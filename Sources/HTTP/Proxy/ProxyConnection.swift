import NIOCore
import NIOHTTP1

/// One connection to a server behind this one: carries one call at a time. Lives on its event loop.
final class ProxyConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    let target: HTTPForwarder.Target
    private let pool: ProxyPool
    private var context: ChannelHandlerContext?
    private var call: ProxyCall? { didSet { pool.busy += (call == nil ? 0 : 1) - (oldValue == nil ? 0 : 1) } }
    /// One timer for call after call: it looks how long the server has been silent, and sleeps on for what is left.
    private var timer: (task: Scheduled<Void>, end: NIODeadline)?
    private var isReused = false
    private var keepsAlive = true
    private var isReading = true
    private var idleSince: NIODeadline = .now()

    init(pool: ProxyPool, target: HTTPForwarder.Target) {
        self.pool = pool
        self.target = target
    }

    var isUsable: Bool {
        guard let context, context.channel.isActive else { return false }
        return NIODeadline.now() - idleSince < .seconds(30)
    }

    func send(_ call: ProxyCall, isReused: Bool) {
        guard let context else { return call.fail(.unreachable("\(target.address) closed the connection")) }
        self.call = call
        self.isReused = isReused
        call.began(on: self)
        watch(call)
        let request: HTTPClientRequest = call.request
        var fields: NIOHTTP1.HTTPHeaders = request.headers.fields
        let method = HTTPMethod(rawValue: request.method)
        if !fields.contains(name: "host") { fields.add(name: "Host", value: target.address) }
        if !request.body.isEmpty || method == .POST || method == .PUT || method == .PATCH {
            fields.replaceOrAdd(name: "Content-Length", value: String(request.body.count))
        } else {
            if fields.contains(name: "content-length") { fields.remove(name: "content-length") }
        }
        context.write(
            wrapOutboundOut(.head(HTTPRequestHead(version: .http1_1, method: method, uri: request.target, headers: fields))), promise: nil)
        if !request.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func close() { context?.close(promise: nil) }

    /// Reads on, or lets the server wait.
    func setReading(_ reads: Bool) {
        isReading = reads
        // It fails only when the connection is gone, and then there is nothing to read.
        context?.channel.setOption(.autoRead, value: reads).whenFailure { _ in }
    }

    private func watch(_ call: ProxyCall) {
        let end: NIODeadline = call.deadline
        if let timer {
            if timer.end <= end { return }
            timer.task.cancel()
        }
        let connection: NIOLoopBound<ProxyConnection> = NIOLoopBound(self, eventLoop: pool.eventLoop)
        timer = (pool.eventLoop.scheduleTask(deadline: end) { connection.value.look() }, end)
    }

    private func look() {
        timer = nil
        guard let call, !call.isOver else { return }
        if call.deadline > .now() { watch(call) } else { call.isLate() }
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            keepsAlive = head.isKeepAlive
            call?.received(head)
        case .body(let part): call?.received(part)
        case .end: ended()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        call?.paused()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        pool.forget(self)
        timer?.task.cancel()
        timer = nil
        let call: ProxyCall? = self.call
        self.call = nil
        if let call, !call.isOver {
            // The server had closed a kept connection before it saw the request.
            if isReused, !call.hasAnswer, call.request.mayRepeat {
                pool.connect(for: call)
            } else {
                call.broke("\(target.address) closed the connection")
            }
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let call, !call.isOver, !(isReused && !call.hasAnswer) { call.broke("\(target.address): \(error)") }
        context.close(promise: nil)
    }

    private func ended() {
        let call: ProxyCall? = self.call
        self.call = nil
        if keepsAlive, call?.isOver == false {
            idleSince = .now()
            // The client may still have to take the last of the answer; who comes next has nothing to do with that.
            if !isReading { setReading(true) }
            pool.release(self)
        } else {
            close()
        }
        call?.finish()
    }
}

extension HTTPClientRequest {
    /// Whether sending it twice does no harm. Source: RFC 9110, 9.2.2.
    var mayRepeat: Bool { isRepeatable || ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].contains(method) }
}
