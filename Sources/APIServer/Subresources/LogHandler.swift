import API
import Machinery

/// `pods/log`: the text that a container wrote.
struct LogHandler: SubresourceHandler {
    let node: (any NodeDoor)?

    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        let found = try PodLookup(call, server)
        let container: String = try found.container(call.options["container"])
        try found.checkHost()
        guard let node else { throw .internalError("this cluster has no node to read logs from") }
        let key: ObjectKey = found.id.key
        let request: LogRequest = try request(key, found.id.uid, container, call.options)
        Task {
            do {
                reply(.success(.stream(try await node.log(request))))
            } catch let status as APIStatus {
                reply(.failure(status))
            } catch {
                reply(.failure(.internalError("reading the log of \(key): \(error)")))
            }
        }
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
