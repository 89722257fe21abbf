import API
import HTTP
import Machinery
import Sandbox
import Synchronization

/// The open ports of Gateways, each Gateway at an address of its own in 127.0.0.0/8. For one task at a time.
final class GatewayDoors: Sendable {
    private struct Open {
        let server: HTTPServer
        let front: ProxyFront
        let identities: TLSIdentities?
        let port: Int
    }

    private struct State {
        var addresses: [ObjectKey: String] = [:]
        var open: [ObjectKey: [Int: Open]] = [:]
    }

    private let range: CIDR
    private let backends: ProxyBackends
    private let dial: Dial?
    private let certificate: @Sendable (String?) throws -> TLSServerConfiguration
    private let state = Mutex(State())

    init(
        range: CIDR, backends: ProxyBackends, dial: Dial?, certificate: @escaping @Sendable (String?) throws -> TLSServerConfiguration
    ) {
        self.range = range
        self.backends = backends
        self.dial = dial
        self.certificate = certificate
    }

    /// The Gateway's own: always the same one, by its name, unless another has that already.
    func address(of key: ObjectKey) -> String {
        state.withLock { state in
            if let known = state.addresses[key] { return known }
            var hash = FNV32a()
            hash.add(key.description.utf8)
            let taken: Set<String> = Set(state.addresses.values)
            var number = Int(hash.value % 65_000)
            while taken.contains(range.first.advanced(by: number + 1).description) { number = (number + 1) % 65_000 }
            let address: String = range.first.advanced(by: number + 1).description
            state.addresses[key] = address
            return address
        }
    }

    /// Opens, changes and closes ports as they are wanted. Returns the port at which each one is, or why it is not open.
    func settle(
        _ key: ObjectKey, _ wanted: [Int: GatewayPlan.Door], _ identity: (ObjectKey) -> TLSServerConfiguration?
    ) async -> [Int: Result<Int, HTTPError>] {
        let address: String = address(of: key)
        var open: [Int: Open] = state.withLock { $0.open[key] ?? [:] }
        for (port, door) in open where wanted[port] == nil || wanted[port]?.isSecure != (door.identities != nil) {
            await door.server.shutdown(grace: .zero)
            open[port] = nil
        }
        var results: [Int: Result<Int, HTTPError>] = [:]
        for (port, door) in wanted {
            do {
                let present: Open
                if let known = open[port] { present = known } else { present = try await make(address, port, isSecure: door.isSecure) }
                open[port] = present
                present.front.set(ProxyTable(listeners: door.rules))
                if let identities = present.identities {
                    _ = identities.set(door.secrets.compactMapValues(identity))
                }
                results[port] = .success(present.port)
            } catch let error as HTTPError {
                results[port] = .failure(error)
            } catch {
                results[port] = .failure(.cannotListen(host: address, port: port, reason: "\(error)"))
            }
        }
        let kept: [Int: Open] = open
        state.withLock { $0.open[key] = kept.isEmpty ? nil : kept }
        return results
    }

    /// Closes all ports of a Gateway, and lets its address go.
    func close(_ key: ObjectKey) async {
        let open: [Open] = state.withLock { state in
            state.addresses[key] = nil
            return state.open.removeValue(forKey: key).map { Array($0.values) } ?? []
        }
        for door in open { await door.server.shutdown(grace: .zero) }
    }

    var keys: [ObjectKey] { state.withLock { Array($0.open.keys) } }

    /// At the port itself, or ``Doors/offset`` above one that this user may not bind.
    private func make(_ address: String, _ port: Int, isSecure: Bool) async throws -> Open {
        let front = ProxyFront(backends: backends, dial: dial, servesNames: false)
        let identities: TLSIdentities? = isSecure ? TLSIdentities(fallback: certificate) : nil
        var limits = HTTPLimits()
        limits.answerBuffer = FrontDoor.answerBuffer
        func listen(_ port: Int) async throws -> HTTPServer {
            guard let identities else {
                return try await HTTPServer(host: address, port: port, tls: nil, limits: limits, handler: { front.handle($0, $1) })
            }
            return try await HTTPServer(
                host: address, port: port, identities: identities, limits: limits, handler: { front.handle($0, $1) })
        }
        let server: HTTPServer
        do {
            server = try await listen(port)
        } catch HTTPError.cannotListen where port < 1024 {
            server = try await listen(port + Doors.offset)
        }
        return Open(server: server, front: front, identities: identities, port: server.port)
    }
}
