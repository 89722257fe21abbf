import API
import HTTP

/// Carries connections to ports of a pod, each as a pair of SPDY streams: its bytes, and the words of what went wrong.
///
/// Source: k8s.io/kubelet/pkg/cri/streaming/portforward/httpstream.go.
struct PortForwardSession: Sendable {
    static let name = "portforward.k8s.io"
    let pod: PodID
    let node: any NodeDoor

    private struct Pair {
        var data: SPDYStream?
        var error: SPDYStream?
    }

    /// Returns when the client is gone.
    func run(_ connection: UpgradedConnection) async {
        let session = SPDYSession(connection, isClient: false)
        await withDiscardingTaskGroup { group in
            group.addTask { await session.run() }
            var pairs: [String: Pair] = [:]
            for await stream in session.incoming {
                guard let port = stream["port"].flatMap({ Int($0) }), (1...65535).contains(port), let type = stream["streamtype"],
                    type == "data" || type == "error"
                else {
                    stream.reset()
                    continue
                }
                stream.accept()
                // Clients of old send no number: their error stream comes first, and the data stream has the next one.
                let number: String = stream["requestid"] ?? String(type == "error" ? stream.id : stream.id - 2)
                var pair: Pair = pairs.removeValue(forKey: number) ?? Pair()
                if type == "data" { pair.data = stream } else { pair.error = stream }
                if let data = pair.data, let error = pair.error {
                    group.addTask { await forward(port, data, error) }
                } else {
                    pairs[number] = pair
                }
            }
        }
    }

    private func forward(_ port: Int, _ data: SPDYStream, _ error: SPDYStream) async {
        do {
            let socket: any NodeStream = try await node.connect(to: port, of: pod)
            await withDiscardingTaskGroup { group in
                group.addTask {
                    while let bytes = await data.read(), await socket.write(bytes) {}
                    socket.finish()
                }
                while let bytes = await socket.read() {
                    do { try await data.write(bytes) } catch { break }
                }
                data.finish()
                // As upstream: the side of the pod ends the connection.
                socket.close()
                data.abandon()
            }
        } catch let problem {
            let text = "error forwarding port \(port) to pod \(pod.key.name), uid \(pod.uid): \(problem)"
            try? await error.write(Array(text.utf8))  // a client that is gone needs no answer
            data.finish()
        }
        error.finish()
        data.abandon()
    }
}
