package import API
import Machinery

/// Reads container logs where they are written. The kubelet is the one that can.
package protocol LogSource: Sendable {
    /// Opens a container's log: what is there, and with `isFollowed` what comes until the container ends.
    ///
    /// Throws ``APIStatus`` for a log that is not there.
    func log(_ request: LogRequest) async throws -> AsyncThrowingStream<[UInt8], any Error>
}

/// `pods/log`: the text that a container wrote.
struct LogHandler: SubresourceHandler {
    let source: (any LogSource)?

    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        let name: String = call.request.name ?? ""
        let key = ObjectKey(namespace: call.request.namespace ?? "", name: name)
        guard let pod = Objects(store: server.store).find(Pod.self, key) else { throw .notFound(call.names, name) }
        let container: String = try container(of: pod, call.options["container"])
        guard !pod.spec.nodeName.isEmpty else {
            throw .badRequest("pod \(name) does not have a host assigned")
        }
        guard let source else { throw .internalError("this cluster has no node to read logs from") }
        let request: LogRequest = try request(key, pod.metadata.uid, container, call.options)
        Task {
            do {
                reply(.success(.stream(try await source.log(request))))
            } catch let status as APIStatus {
                reply(.failure(status))
            } catch {
                reply(.failure(.internalError("reading the log of \(key): \(error)")))
            }
        }
    }

    /// The container that is meant; the only one needs no name.
    private func container(of pod: View<Pod>, _ wanted: String?) throws(APIStatus) -> String {
        let names: [String] = pod.spec.containers.map(\.name)
        let initNames: [String] = pod.spec.initContainers.map(\.name)
        if let wanted {
            let ephemeral: [String] = (pod.json[["spec", "ephemeralContainers"]]?.array ?? []).compactMap { $0["name"]?.string }
            guard (names + initNames + ephemeral).contains(wanted) else {
                throw .badRequest("container \(wanted) is not valid for pod \(pod.name)")
            }
            return wanted
        }
        guard names.count == 1 else {
            let inits: String = initNames.isEmpty ? "" : " or one of the init containers: [\(initNames.joined(separator: " "))]"
            throw .badRequest(
                "a container name must be specified for pod \(pod.name), choose one of: [\(names.joined(separator: " "))]\(inits)")
        }
        return names[0]
    }

    private func request(
        _ key: ObjectKey, _ uid: String, _ container: String, _ options: RequestOptions
    ) throws(APIStatus) -> LogRequest {
        var request = LogRequest(pod: key, uid: uid, container: container)
        func isOn(_ name: String) -> Bool { options[name].map { !["false", "0"].contains($0.lowercased()) } ?? false }
        func number(_ name: String, atLeast least: Int) throws(APIStatus) -> Int? {
            guard let text = options[name] else { return nil }
            guard let number = Int(text), number >= least else {
                throw .badRequest("\(name): Invalid value: \"\(text)\": must be greater than or equal to \(least)")
            }
            return number
        }
        request.isFollowed = isOn("follow")
        request.isPrevious = isOn("previous")
        request.hasTimestamps = isOn("timestamps")
        request.tailLines = try number("tailLines", atLeast: 0)
        request.limitBytes = try number("limitBytes", atLeast: 1)
        request.sinceSeconds = try number("sinceSeconds", atLeast: 1)
        request.sinceTime = options["sinceTime"]
        request.stream = options["stream"] ?? "All"
        return request
    }
}
