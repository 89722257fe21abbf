import Cluster
import Dispatch
import Glibc
import HTTP
import Testing

/// Certificates of one authority for a server on this computer and a client.
struct TestCertificates {
    let authority: CertificateAuthority
    let server: IssuedCertificate
    let admin: IssuedCertificate

    init(serverValidity: Duration = .years(1)) throws {
        authority = try CertificateAuthority.generate()
        server = try authority.issueServer(
            names: KubernetesCertificates.serverNames(), addresses: KubernetesCertificates.serverAddresses(serviceIP: "10.96.0.1"),
            validity: serverValidity)
        admin = try authority.issue(KubernetesCertificates.admin)
    }

    var tls: TLSServerConfiguration {
        TLSServerConfiguration(
            certificateChainPEM: server.certificatePEM, privateKeyPEM: server.keyPEM, clientCAPEM: authority.certificatePEM)
    }
}

/// Runs a server for the time of `body` and shuts it down after it.
func withServer(
    tls: TLSServerConfiguration? = nil, limits: HTTPLimits = HTTPLimits(), handler: @escaping HTTPHandler = describe,
    _ body: (HTTPServer) async throws -> Void
) async throws {
    let server: HTTPServer = try await HTTPServer(tls: tls, limits: limits, handler: handler)
    do {
        try await body(server)
    } catch {
        await server.shutdown(grace: .zero)
        throw error
    }
    await server.shutdown(grace: .zero)
}

/// Answers with what the request was.
let describe: HTTPHandler = { request, exchange in
    let query: String = request.query.map { "?\($0)" } ?? ""
    let who: String = request.peer.map { " \($0.commonName ?? "-") of \($0.organizations.joined(separator: ","))" } ?? ""
    exchange.respond(
        200, ["Content-Type": "text/plain"],
        Array("\(request.method) \(request.path)\(query) HTTP/\(request.version) body \(request.body.count)\(who)".utf8))
}

/// A client of this server: plain, or with TLS.
func client(of server: HTTPServer, tls: HTTPClientConfiguration.TLS? = nil, host: String = "127.0.0.1") -> HTTPClient {
    HTTPClient(HTTPClientConfiguration(host: host, port: server.port, tls: tls))
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Something that happens once on another thread.
struct Event: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    }

    func happened() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}

/// A plain TCP connection on which tests write bytes that no client library would. For one task.
final class RawConnection: Sendable {
    private let descriptor: CInt

    init(to server: HTTPServer) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(server.port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected: CInt = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
    }

    deinit { close(descriptor) }

    func write(_ text: String) { write(bytes: Array(text.utf8)) }

    func write(bytes: [UInt8]) {
        var sent: Int = 0
        while sent < bytes.count {
            let count: Int = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Reads until the text holds `end`, or the server closes. Waits on a thread of its own: blocking one of the few that run tasks
    /// would stop the handlers that are to answer.
    func read(until end: String? = nil) async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: self.readNow(until: end)) }
        }
    }

    /// Reads so many bytes, or what there is until the server closes.
    func read(bytes count: Int) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [descriptor] in
                var bytes: [UInt8] = []
                while bytes.count < count {
                    var buffer: [UInt8] = [UInt8](repeating: 0, count: count - bytes.count)
                    let read: Int = recv(descriptor, &buffer, buffer.count, 0)
                    guard read > 0 else { break }
                    bytes += buffer[..<read]
                }
                continuation.resume(returning: bytes)
            }
        }
    }

    private func readNow(until end: String?) -> String {
        var text: String = ""
        var buffer: [UInt8] = [UInt8](repeating: 0, count: 65536)
        while end.map({ !text.contains($0) }) ?? true {
            let count: Int = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }
}
