import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// The least that a durable HTTPS server can do: raw NIO and TLS, no parsing beyond the end of a request, one answer made beforehand,
/// and for a request with a body one append to a file and its share of an fdatasync.
///
/// What swkube's server costs more than this, it spends on being a Kubernetes API. See `scripts/bench`.
struct Floor {
    private let listener: any Channel

    /// - Parameters:
    ///   - profile: folder of a cluster, whose server certificate is used.
    ///   - size: bytes of the body of each answer.
    ///   - file: where bodies are appended.
    init(profile: String, size: Int, file: String) async throws {
        var configuration: TLSConfiguration = .makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(profile + "/pki/apiserver.crt").map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: profile + "/pki/apiserver.key", format: .pem)))
        configuration.applicationProtocols = ["http/1.1"]
        let context = try NIOSSLContext(configuration: configuration)
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(size)\r\n\r\n"
        let answer = ByteBuffer(bytes: Array(head.utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: size))
        let appender = try Appender(file)
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: context), Answerer(answer, appender))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var port: Int { listener.localAddress?.port ?? 0 }
}

/// Answers each request once its body has come, and is durable if there is one.
private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: ByteBuffer
    private let appender: Appender
    private var pending = ByteBuffer()

    init(_ answer: ByteBuffer, _ appender: Appender) {
        self.answer = answer
        self.appender = appender
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part: ByteBuffer = unwrapInboundIn(data)
        if pending.readableBytes == 0 { pending = part } else { pending.writeBuffer(&part) }
        while let (head, body) = pending.withUnsafeReadableBytes(Self.lengths), let request = pending.readSlice(length: head + body) {
            guard body > 0 else {
                context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
                continue
            }
            let channel: any Channel = context.channel
            appender.append(request) { [answer] in channel.writeAndFlush(answer, promise: nil) }
        }
    }

    /// Bytes of the head and the body of the first request; nil before its head has come.
    private static func lengths(_ bytes: UnsafeRawBufferPointer) -> (head: Int, body: Int)? {
        guard let end = place(of: "\r\n\r\n", in: bytes) else { return nil }
        let head = UnsafeRawBufferPointer(rebasing: bytes[..<(end + 4)])
        guard let field = place(of: "Content-Length: ", in: head), let start = head.baseAddress else { return (head.count, 0) }
        return (head.count, strtol(start.assumingMemoryBound(to: CChar.self) + field + 16, nil, 10))
    }

    private static func place(of text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        var at = 0
        while at + text.utf8CodeUnitCount <= bytes.count {
            guard let found = memchr(start + at, Int32(text.utf8Start[0]), bytes.count - at - text.utf8CodeUnitCount + 1) else {
                return nil
            }
            at = UnsafeRawPointer(found) - start
            if memcmp(found, text.utf8Start, text.utf8CodeUnitCount) == 0 { return at }
            at += 1
        }
        return nil
    }
}

/// Appends to a file on a thread of its own: one fdatasync for all that waits.
private final class Appender: @unchecked Sendable {
    private let file: Int32
    private let lock: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
    private let bell: UnsafeMutablePointer<sem_t> = .allocate(capacity: 1)
    /// Under the lock.
    private var waiting: [(bytes: ByteBuffer, done: @Sendable () -> Void)] = []

    init(_ path: String) throws {
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { throw Generator.Failure(description: "cannot write \(path)") }
        pthread_mutex_init(lock, nil)
        sem_init(bell, 0, 0)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                // The pointer made by passRetained below, handed over once.
                if let context { Unmanaged<Appender>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
    }

    func append(_ bytes: ByteBuffer, _ done: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(lock)
        waiting.append((bytes, done))
        let isFirst: Bool = waiting.count == 1
        pthread_mutex_unlock(lock)
        if isFirst { sem_post(bell) }
    }

    private func run() {
        while true {
            sem_wait(bell)
            pthread_mutex_lock(lock)
            let batch = waiting
            waiting = []
            pthread_mutex_unlock(lock)
            for (bytes, _) in batch { bytes.withUnsafeReadableBytes { _ = write(file, $0.baseAddress, $0.count) } }
            fdatasync(file)
            for (_, done) in batch { done() }
        }
    }
}
