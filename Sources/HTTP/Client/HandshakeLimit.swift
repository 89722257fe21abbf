import NIOCore
import NIOTLS

/// Ends a connection whose server does not answer TLS. Watches and logs have no limit of their own, so nothing else would.
/// Source: `TLSHandshakeTimeout` of k8s.io/apimachinery/pkg/util/net.
final class HandshakeLimit: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let configuration: HTTPClientConfiguration
    private var limit: Scheduled<Void>?

    init(_ configuration: HTTPClientConfiguration) { self.configuration = configuration }

    func channelActive(context: ChannelHandlerContext) {
        limit = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.handshakeTimeout)) { [configuration] in
            context.fireErrorCaught(HTTPError.handshakeTimedOut(configuration.address))
            context.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted = event else { return context.fireUserInboundEventTriggered(event) }
        end()
        // A handler that is out of the pipeline tells nobody anything.
        context.fireUserInboundEventTriggered(event)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        limit?.cancel()
        limit = nil
    }
}
