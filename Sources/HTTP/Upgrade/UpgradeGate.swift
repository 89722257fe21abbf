import NIOCore

/// Holds back what the other side sent right behind its answer, until the handlers of HTTP are out of the pipeline: an answer to it, such
/// as the echo of a close frame, would pass the HTTP decoder, which takes every write for a request's.
///
/// Invariant: lives on its channel's event loop.
final class UpgradeGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var held: [ByteBuffer] = []
    private var isOpen = false
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOpen { context.fireChannelRead(data) } else { held.append(unwrapInboundIn(data)) }
    }

    /// Hands on what came meanwhile, and from now on everything.
    func open() {
        isOpen = true
        guard let context else { return }
        for bytes in held { context.fireChannelRead(wrapInboundOut(bytes)) }
        held = []
        context.fireChannelReadComplete()
    }
}
