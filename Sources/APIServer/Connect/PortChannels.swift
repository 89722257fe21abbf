import API
import HTTP

/// Connections to ports of a pod over the channels of a WebSocket: two for each port of the request, one of bytes and one of errors, which
/// both begin with the port in two bytes, small end first. One connection a port.
///
/// Source: k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go.
struct PortChannels: Sendable {
    let pod: PodID
    let ports: [UInt16]
    let node: any NodeDoor
    let channels: ChannelProtocol
    let connection: UpgradedConnection

    static let serves: @Sendable (ChannelProtocol) -> Bool = { $0.version == 4 || $0.name.isEmpty }

    /// The ports of a query: `ports=80&ports=443,8080`.
    static func ports(_ values: [String]) throws(APIStatus) -> [UInt16] {
        guard !values.isEmpty else { throw .badRequest("query parameter \"port\" is required") }
        var ports: [UInt16] = []
        for text in values.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            guard !text.isEmpty else { throw .badRequest("query parameter \"port\" cannot be empty") }
            guard let port = UInt16(text) else { throw .badRequest("unable to parse \"\(text)\" as a port") }
            guard port > 0 else { throw .badRequest("port \"\(text)\" must be > 0") }
            ports.append(port)
        }
        guard ports.count <= 100 else { throw .badRequest("too many ports") }
        return ports
    }

    /// Returns when the client is gone.
    func run() async {
        for (index, port) in ports.enumerated() {
            let number: [UInt8] = [UInt8(truncatingIfNeeded: port), UInt8(truncatingIfNeeded: port >> 8)]
            connection.post(channels.message(UInt8(2 * index), number))
            connection.post(channels.message(UInt8(2 * index + 1), number))
        }
        var sockets: [(any NodeStream)?] = []
        for (index, port) in ports.enumerated() {
            do {
                sockets.append(try await node.connect(to: Int(port), of: pod))
            } catch {
                sockets.append(nil)
                let text = "error forwarding port \(port) to pod \(pod.key.name), uid \(pod.uid): \(error)"
                connection.post(channels.message(UInt8(2 * index + 1), Array(text.utf8)))
            }
        }
        await withDiscardingTaskGroup { group in
            group.addTask { [sockets] in
                await passOutput(of: sockets)
                connection.close()
            }
            while let message = await connection.next() {
                guard let (channel, bytes) = channels.read(message), channel % 2 == 0, Int(channel / 2) < ports.count else { continue }
                _ = await sockets[Int(channel / 2)]?.write(bytes)  // what the pod takes no more is lost, as on any closed connection
            }
            for socket in sockets { socket?.close() }
        }
    }

    private func passOutput(of sockets: [(any NodeStream)?]) async {
        await withDiscardingTaskGroup { group in
            for case (let index, let socket?) in sockets.enumerated() {
                group.addTask {
                    while let bytes = await socket.read() {
                        do { try await connection.send(channels.message(UInt8(2 * index), bytes)) } catch { break }
                    }
                    socket.close()
                }
            }
        }
    }
}
