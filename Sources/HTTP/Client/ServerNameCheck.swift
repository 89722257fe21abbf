import NIOCore
import NIOSSL
import NIOTLS

/// Holds a server to the name that the user wants to see in its certificate, before anything is sent. The TLS handler alone would also
/// take a certificate that bears the address connected to.
final class ServerNameCheck: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let configuration: HTTPClientConfiguration
    private var isPassed: Bool = false
    /// What waits for the handshake.
    private var held: [(ByteBuffer, EventLoopPromise<Void>?)] = []

    init(_ configuration: HTTPClientConfiguration) { self.configuration = configuration }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted = event, !isPassed else { return context.fireUserInboundEventTriggered(event) }
        let tls: NIOSSLHandler? = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        guard CertificateRefusal.bears(tls?.peerCertificate, configuration.expectedName) else {
            let problem: String = CertificateRefusal.names(tls?.peerCertificate, wanted: configuration.expectedName)
            let refusal: HTTPError = .tls(configuration.address, problem: problem)
            drop(refusal)
            context.fireErrorCaught(refusal)
            return context.close(promise: nil)
        }
        isPassed = true
        context.fireUserInboundEventTriggered(event)
        for (bytes, promise) in held { context.write(wrapOutboundOut(bytes), promise: promise) }
        held = []
        context.flush()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isPassed { context.write(data, promise: promise) } else { held.append((unwrapOutboundIn(data), promise)) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        drop(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    private func drop(_ error: any Error) {
        for (_, promise) in held { promise?.fail(error) }
        held = []
    }
}
