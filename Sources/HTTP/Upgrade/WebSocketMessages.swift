import NIOCore
import NIOWebSocket

/// The other side of a WebSocket broke its rules.
struct MalformedWebSocket: Error, CustomStringConvertible {
    let description: String
}

/// Frames of WebSocket as messages: joins fragments, answers pings, turns ends into close frames.
///
/// A client masks what it sends; a server takes masked frames only. Source: RFC 6455.
/// Invariant: lives on its channel's event loop.
final class WebSocketMessages: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = UpgradedConnection.Message
    typealias OutboundIn = UpgradedConnection.Message
    typealias OutboundOut = WebSocketFrame

    /// Longest message that is taken, in bytes, fragments together.
    static let limit: Int = 16 * 1024 * 1024
    /// Room before a message for the head of its frame, so that both leave in one piece.
    private static let room: Int = 14
    private let isClient: Bool
    private var fragments: ByteBuffer?
    private var fragmentsAreText = false
    private var hasClosed = false

    init(isClient: Bool) {
        self.isClient = isClient
    }

    // MARK: - In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame: WebSocketFrame = unwrapInboundIn(data)
        guard isClient || frame.maskKey != nil else { return fail(context, 1002, "a frame of the client is not masked") }
        switch frame.opcode {
        case .text, .binary:
            guard fragments == nil else { return fail(context, 1002, "a message begins within another") }
            guard !frame.fin else { return deliver(context, frame.unmaskedData, isText: frame.opcode == .text) }
            fragments = frame.unmaskedData
            fragmentsAreText = frame.opcode == .text
        case .continuation:
            guard var whole = fragments else { return fail(context, 1002, "a fragment belongs to no message") }
            fragments = nil
            guard whole.readableBytes + frame.length <= Self.limit else { return fail(context, 1009, "a message is too long") }
            whole.writeImmutableBuffer(frame.unmaskedData)
            if frame.fin { deliver(context, whole, isText: fragmentsAreText) } else { fragments = whole }
        case .ping: if !hasClosed { write(context, .pong, frame.unmaskedData) }
        case .pong: break
        case .connectionClose: peerCloses(context, frame.unmaskedData)
        default: fail(context, 1002, "a frame is of an unknown kind")
        }
    }

    private func deliver(_ context: ChannelHandlerContext, _ bytes: ByteBuffer, isText: Bool) {
        context.fireChannelRead(wrapInboundOut(.init(Array(bytes.readableBytesView), isText: isText)))
    }

    private func peerCloses(_ context: ChannelHandlerContext, _ payload: ByteBuffer) {
        var rest: ByteBuffer = payload
        let code: UInt16? = rest.readInteger()
        let reason = String(decoding: rest.readableBytesView, as: UTF8.self)
        if !hasClosed {
            hasClosed = true
            // What it gave is given back.
            write(context, .connectionClose, payload.getSlice(at: payload.readerIndex, length: min(2, payload.readableBytes)) ?? payload)
        }
        context.fireUserInboundEventTriggered(UpgradedHandler.PeerClose(code: code, reason: reason))
    }

    private func fail(_ context: ChannelHandlerContext, _ code: UInt16, _ problem: String) {
        close(context, code: code, reason: problem)
        context.fireErrorCaught(MalformedWebSocket(description: problem))
    }

    /// The frame decoder gives up on what is no frame.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? NIOWebSocketError {
            fail(context, error == .invalidFrameLength ? 1009 : 1002, "a frame is malformed")
        } else {
            context.fireErrorCaught(error)
        }
    }

    // MARK: - Out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let message: UpgradedConnection.Message = unwrapOutboundIn(data)
        guard !hasClosed else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        var buffer: ByteBuffer = context.channel.allocator.buffer(capacity: Self.room + message.bytes.count)
        buffer.moveWriterIndex(forwardBy: Self.room)
        buffer.moveReaderIndex(forwardBy: Self.room)
        buffer.writeBytes(message.bytes)
        let frame = WebSocketFrame(fin: true, opcode: message.isText ? .text : .binary, maskKey: mask, data: buffer)
        context.write(wrapOutboundOut(frame), promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if let event = event as? UpgradedHandler.Close {
            close(context, code: event.code, reason: event.reason)
            promise?.succeed()
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    private func close(_ context: ChannelHandlerContext, code: UInt16, reason: String) {
        guard !hasClosed else { return }
        hasClosed = true
        var payload: ByteBuffer = context.channel.allocator.buffer(capacity: 125)
        payload.writeInteger(code)
        // A control frame holds 125 bytes.
        payload.writeBytes(String(decoding: reason.utf8.prefix(120), as: UTF8.self).utf8.prefix(123))
        write(context, .connectionClose, payload)
    }

    private func write(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, maskKey: mask, data: payload)), promise: nil)
    }

    private var mask: WebSocketMaskingKey? { isClient ? .random() : nil }
}
