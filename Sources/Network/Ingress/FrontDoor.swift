package import HTTP
import Sandbox
import Synchronization

/// Where the host reaches the front: a port for HTTP and one for HTTPS, both at 127.0.0.1.
package final class FrontDoor: Sendable {
    package struct Ports: Sendable, Equatable {
        package let plain: Int
        package let secure: Int
    }

    package static let address = "127.0.0.1"
    /// A user who may not bind the first ones, or whose other cluster has them, gets the next; 0 is any that is free.
    package static let plainPorts = [80, 80 + Doors.offset, 0]
    package static let securePorts = [443, 443 + Doors.offset, 0]

    /// As the doors of Services have it.
    package static let answerBuffer = 512 << 10

    private struct State {
        var servers: [HTTPServer] = []
        var ports: Ports?
    }

    private let front: ProxyFront
    private let identities: TLSIdentities
    private let state = Mutex(State())

    package init(front: ProxyFront, identities: TLSIdentities) {
        self.front = front
        self.identities = identities
    }

    /// nil while it is closed.
    package var ports: Ports? { state.withLock { $0.ports } }

    /// Opens it, unless it is open. Throws ``HTTPError`` when no port can be had. For one task at a time.
    package func open() async throws -> Ports {
        if let ports { return ports }
        var limits = HTTPLimits()
        limits.bodySize = 64 << 20
        limits.idleTimeout = .seconds(75)
        limits.answerBuffer = Self.answerBuffer
        let front: ProxyFront = front
        let plain: HTTPServer = try await first(Self.plainPorts) {
            try await HTTPServer(host: Self.address, port: $0, tls: nil, limits: limits, handler: { front.handle($0, $1) })
        }
        let secure: HTTPServer
        do {
            secure = try await first(Self.securePorts) { [identities] in
                try await HTTPServer(
                    host: Self.address, port: $0, identities: identities, limits: limits, handler: { front.handle($0, $1) })
            }
        } catch {
            await plain.shutdown()
            throw error
        }
        let ports = Ports(plain: plain.port, secure: secure.port)
        front.set(securePort: ports.secure)
        state.withLock { $0 = State(servers: [plain, secure], ports: ports) }
        return ports
    }

    package func close() async {
        let servers: [HTTPServer] = state.withLock { state in
            defer { state = State() }
            return state.servers
        }
        for server in servers { await server.shutdown(grace: .zero) }
    }

    private func first(_ ports: [Int], _ make: (Int) async throws -> HTTPServer) async throws -> HTTPServer {
        for port in ports.dropLast() {
            do { return try await make(port) } catch is HTTPError {}
        }
        return try await make(ports.last ?? 0)
    }
}
