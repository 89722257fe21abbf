import API
import Client
import HTTP
import Machinery
import Sandbox
import Synchronization

/// Connections to ports of a pod through the API server, over one connection.
///
/// Source: k8s.io/client-go/tools/portforward.
final class PodPorts: Sendable {
    private let spdy: SPDYSession
    private let reading: Task<Void, Never>
    private let transport: HTTPSTransport
    private let numbers = Numbers()

    /// Opens the connection, as SPDY in a WebSocket, or as bare SPDY where the server is too old for that.
    init(_ pod: ObjectKey, _ session: Session) async throws {
        guard let transport = session.transport as? HTTPSTransport else { throw Failure("streams need a connection to a server") }
        self.transport = transport
        let target: String =
            APIRequest(.get, Pod.names.resource, namespace: pod.namespace, name: pod.name, subresource: "portforward").path
        let connection: UpgradedConnection
        do {
            connection = try await transport.webSocket(target, protocols: ["SPDY/3.1+portforward.k8s.io"]).connection
        } catch let status as APIStatus where status.code == 400 || status.code == 403 && status.reason.isEmpty {
            connection = try await transport.spdy(target, protocols: ["portforward.k8s.io"]).connection
        }
        let spdy = SPDYSession(connection, isClient: true)
        self.spdy = spdy
        reading = Task { await spdy.run() }
    }

    /// Returns when the connection to the server is lost.
    func lost() async { await reading.value }

    /// Carries one connection to a port. Returns when it is over; throws what went wrong at the pod's side.
    func forward(_ local: DescriptorStream, port: Int) async throws {
        defer { local.close() }
        let number: Int = numbers.next()
        func head(_ type: String) -> [SPDYHeader] {
            [SPDYHeader("streamtype", type), SPDYHeader("port", String(port)), SPDYHeader("requestid", String(number))]
        }
        let error: SPDYStream = try spdy.open(head("error"))
        // We have nothing to say on it.
        error.finish()
        let data: SPDYStream = try spdy.open(head("data"))
        let problem: Task<String, Never> = Task {
            var bytes: [UInt8] = []
            while let part = await error.read() { bytes += part }
            return String(decoding: bytes, as: UTF8.self)
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while let bytes = await local.read() {
                    do { try await data.write(bytes) } catch { break }
                }
                data.finish()
            }
            while let bytes = await data.read() {
                guard await local.write(bytes) else {
                    // Whoever asked is gone: the pod is not to send on for nobody.
                    data.reset()
                    break
                }
            }
            local.finish()
            // The pod's side is done: what still comes from here has no reader.
            local.close()
            data.finish()
            group.cancelAll()
        }
        data.abandon()
        let text: String = await problem.value
        if !text.isEmpty { throw Failure(text) }
    }

    func close() { spdy.close() }

    deinit { reading.cancel() }
}

/// Counts from 0.
private final class Numbers: Sendable {
    private let last = Mutex(-1)

    func next() -> Int {
        last.withLock { last in
            last += 1
            return last
        }
    }
}
