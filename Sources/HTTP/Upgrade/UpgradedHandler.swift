import NIOCore

/// The last handler of a connection that left HTTP: hands messages over and ends the connection in order.
///
/// Invariant: lives on its channel's event loop.
final class UpgradedHandler: ChannelDuplexHandler {
    typealias InboundIn = UpgradedConnection.Message
    typealias OutboundIn = UpgradedConnection.Message
    typealias OutboundOut = UpgradedConnection.Message

    /// Asks for the end, as a user event from ``UpgradedConnection/close(code:reason:)``.
    struct Close: Sendable {
        let code: UInt16
        let reason: String
    }

    /// The other side is done, as a user event from the handler that reads frames.
    struct PeerClose: Sendable {
        let code: UInt16?
        let reason: String
    }

    /// How long the other side may take to close after this side did.
    private static let patience: TimeAmount = .seconds(5)
    private let connection: UpgradedConnection
    private let framing: UpgradedConnection.Framing
    private var isClosing = false

    init(_ connection: UpgradedConnection, _ framing: UpgradedConnection.Framing) {
        self.connection = connection
        self.framing = framing
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.received(unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let close = event as? PeerClose {
            connection.end(.finished(code: close.code, reason: close.reason))
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Close else { return context.triggerUserOutboundEvent(event, promise: promise) }
        guard !isClosing else { return }
        isClosing = true
        // With WebSocket the handler before this one turns it into a frame.
        context.triggerUserOutboundEvent(event, promise: nil)
        let channel: any Channel = context.channel
        if framing == .bytes {
            let sent: EventLoopPromise<Void> = context.eventLoop.makePromise()
            sent.futureResult.whenComplete { _ in channel.close(mode: .output, promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.init([])), promise: sent)
        }
        context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.end(framing == .webSocket ? .lost : .finished(code: nil, reason: ""))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.end((error as? MalformedWebSocket).map { .malformed($0.description) } ?? .lost)
        if !isClosing { context.close(promise: nil) }
    }
}

/// Bytes as they come are messages; messages are bytes one after the other.
final class ByteMessages: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = UpgradedConnection.Message
    typealias OutboundIn = UpgradedConnection.Message
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(wrapInboundOut(.init(Array(unwrapInboundIn(data).readableBytesView))))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(wrapOutboundOut(ByteBuffer(bytes: unwrapOutboundIn(data).bytes)), promise: promise)
    }
}
