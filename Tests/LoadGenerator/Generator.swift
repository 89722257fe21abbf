import Glibc
import HTTP
import Synchronization

/// Sends the requests of a load over connections of its own and times each.
struct Generator: Sendable {
    private let configuration: HTTPClientConfiguration
    private let client: HTTPClient

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(profile: String, port: Int) throws {
        func read(_ name: String) throws -> String {
            guard let file = fopen(profile + "/pki/" + name, "r") else { throw Failure(description: "cannot read \(profile)/pki/\(name)") }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let length: Int = fread(&bytes, 1, bytes.count, file)
            return String(decoding: bytes[..<length], as: UTF8.self)
        }
        configuration = HTTPClientConfiguration(
            host: "127.0.0.1", port: port,
            tls: HTTPClientConfiguration.TLS(
                caPEM: try read("ca.crt"), certificatePEM: try read("admin.crt"), keyPEM: try read("admin.key")))
        client = HTTPClient(configuration)
    }

    /// A line of JSON: requests a second, and milliseconds of a request at the middle and near the end of all.
    func run(_ load: Load, count: Int, connections: Int, watchers: Int) async throws -> String {
        try await withThrowingTaskGroup(of: Void.self) { watching in
            // Watchers speak on a client of their own: its thread is not the one that measures.
            let listener = HTTPClient(configuration)
            let maps = "/api/v1/namespaces/default/configmaps"
            let page: HTTPResponse = try await client.send(HTTPClientRequest(target: maps + "?limit=1"))
            let revision: String = Self.revision(String(decoding: page.body, as: UTF8.self))
            for _ in 0..<watchers {
                let (status, _, body) = try await listener.stream(
                    HTTPClientRequest(target: maps + "?watch=true&resourceVersion=" + revision))
                guard status == 200 else { throw Failure(description: "a watch was answered with \(status)") }
                watching.addTask { try await Self.countLines(body, to: count) }
            }
            try await connect(connections)
            print("ready")
            fflush(nil)
            let began = ContinuousClock.now
            let times: [Duration] = try await send(load, count: count, connections: connections).sorted()
            let elapsed: Duration = .now - began
            try await watching.waitForAll()
            func milliseconds(_ part: Double) -> Double { times[min(times.count - 1, Int(Double(times.count) * part))] / .milliseconds(1) }
            return
                #"{"perSecond": \#(Double(count) / (elapsed / .seconds(1))), "p50": \#(milliseconds(0.5)), "p99": \#(milliseconds(0.99))}"#
        }
    }

    /// Waits until so many changes of pods came after a revision, with a server that may not be there yet. A line of JSON: changes a second,
    /// from the time on at which a twentieth of them had come.
    func watchPods(count: Int, after revision: String) async throws -> String {
        let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
        let target = "/api/v1/namespaces/default/pods?watch=true&resourceVersion=" + revision
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            guard ContinuousClock.now < deadline else { throw Failure(description: "the server did not come") }
            // A client remembers that a server was not there.
            let client = HTTPClient(configuration)
            guard let (status, _, body) = try? await client.stream(HTTPClientRequest(target: target, headers: ["Accept": accept])),
                status == 200
            else {
                try await Task.sleep(for: .milliseconds(5))
                continue
            }
            var lines: Int = 0
            var begun: (time: ContinuousClock.Instant, lines: Int)?
            for try await part in body {
                lines += part.count { $0 == UInt8(ascii: "\n") }
                if begun == nil, lines >= count / 20 { begun = (.now, lines) }
                if lines >= count, let begun {
                    let elapsed: Duration = .now - begun.time
                    return #"{"perSecond": \#(Double(lines - begun.lines) / (elapsed / .seconds(1)))}"#
                }
            }
            throw Failure(description: "the watch ended after \(lines) changes")
        }
    }

    /// Opens the connections, so that no handshake is counted as a request: as many requests at once as there shall be connections.
    private func connect(_ connections: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<connections {
                group.addTask { _ = try await client.send(HTTPClientRequest(target: "/readyz")) }
            }
            try await group.waitForAll()
        }
    }

    private func send(_ load: Load, count: Int, connections: Int) async throws -> [Duration] {
        let next = Counter()
        return try await withThrowingTaskGroup(of: [Duration].self) { group in
            for _ in 0..<connections {
                group.addTask {
                    var times: [Duration] = []
                    while let number = next.take(below: count) {
                        let (method, path, body, contentType) = load.request(number)
                        let began = ContinuousClock.now
                        let answer: HTTPResponse = try await client.send(
                            HTTPClientRequest(
                                method: method, target: path, headers: body.isEmpty ? [:] : ["Content-Type": contentType],
                                body: Array(body.utf8)))
                        times.append(.now - began)
                        guard answer.status < 300 else {
                            throw Failure(
                                description:
                                    "\(method) \(path): \(answer.status) \(String(decoding: answer.body.prefix(300), as: UTF8.self))")
                        }
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// The first resourceVersion in a document: that of the list.
    private static func revision(_ document: String) -> String {
        let mark = "\"resourceVersion\":\""
        guard let start = document.firstRange(of: mark)?.upperBound else { return "" }
        return String(document[start...].prefix { $0 != "\"" })
    }

    private static func countLines(_ body: HTTPBody, to count: Int) async throws {
        var lines = 0
        for try await part in body {
            lines += part.count { $0 == UInt8(ascii: "\n") }
            if lines >= count { return }
        }
        throw Failure(description: "a watch ended after \(lines) events")
    }
}

/// Hands out numbers, each once.
final class Counter: Sendable {
    private let next = Atomic<Int>(0)

    func take(below end: Int) -> Int? {
        let number: Int = next.wrappingAdd(1, ordering: .relaxed).oldValue
        return number < end ? number : nil
    }
}
