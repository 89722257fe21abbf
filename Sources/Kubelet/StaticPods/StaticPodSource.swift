import API
import HTTP
import Logging
import Machinery

/// Watches the places of static pods: a folder of manifests, and an address on this machine.
///
/// A file that can't be read says so in the log and changes nothing of what runs. Source: pkg/kubelet/config/file.go and http.go.
struct StaticPodSource: Sendable {
    let folder: String?
    /// `http://127.0.0.1:8000/pods.yaml`
    let address: String?
    let node: String
    let clock: ClusterClock
    let watch: FileWatch
    let log: Logger

    /// How often the places are looked at although nothing tells of a change.
    private static let period: Duration = .seconds(20)

    /// All pods that the places have.
    struct Findings: Sendable {
        var pods: [View<Pod>]
        /// False while a place could never be read: what it has is unknown then.
        var isComplete: Bool
    }

    /// Calls `changed` at the start and after each change, until the task is cancelled.
    func run(_ changed: @escaping @Sendable (Findings) -> Void) async {
        guard folder != nil || address != nil else { return }
        let (news, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let subscription: FileWatch.Subscription? = folder.map { watch.onChange(of: $0) { continuation.yield() } }
        defer { subscription?.cancel() }
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await clock.sleep(for: Self.period)) != nil { continuation.yield() }
                continuation.finish()
            }
            continuation.yield()
            var last: [String: [View<Pod>]] = [:]
            var before: [String?]?
            for await _ in news {
                let (found, isComplete) = await read(last)
                last = found
                let pods: [View<Pod>] = last.sorted { $0.key < $1.key }.flatMap(\.value)
                let marks: [String?] = pods.map(\.metadata.uid) + (isComplete ? [] : [nil])
                guard before != marks else { continue }
                before = marks
                changed(Findings(pods: pods, isComplete: isComplete))
            }
        }
    }

    /// What can be read now.
    func current() async -> Findings {
        let (found, isComplete) = await read([:])
        return Findings(pods: found.values.flatMap { $0 }, isComplete: isComplete)
    }

    /// The pods of each place, and whether each could be read at least once. A place that can't be read or understood keeps what it had.
    private func read(_ last: [String: [View<Pod>]]) async -> ([String: [View<Pod>]], Bool) {
        var all: [String: [View<Pod>]] = [:]
        var isComplete = true
        func take(_ place: String, _ kind: String, _ bytes: [UInt8]?) {
            do throws(ConfigError) {
                guard let bytes else { throw ConfigError("\(place) cannot be read") }
                all[place] = try StaticPod.read(bytes, kind: kind, place: place, node: node, now: clock.time)
            } catch {
                log.warning("static pods are as they were", metadata: ["problem": "\(error)"])
                all[place] = last[place]
                if last[place] == nil { isComplete = false }
            }
        }
        if let folder {
            for name in Files.names(in: folder).sorted() where !name.hasPrefix(".") {
                let path: String = folder + "/" + name
                if Files.kind(path) == .file { take(path, "file", Files.read(path)) }
            }
        }
        if let address { take(address, "http", await fetch(address)) }
        return (all, isComplete)
    }

    private func fetch(_ address: String) async -> [UInt8]? {
        guard let place = StaticPodAddress(address) else { return nil }
        let client = HTTPClient(HTTPClientConfiguration(host: place.host, port: place.port, tls: nil))
        defer { client.shutdown() }
        let answer = try? await client.send(HTTPClientRequest(target: place.target, timeout: .seconds(10)))
        return answer?.status == 200 ? answer?.body : nil
    }
}

/// An address on this machine: no other is asked for pods, because nothing proves who answers.
package struct StaticPodAddress: Sendable {
    let host: String
    let port: Int
    let target: String

    /// nil for what is no address of the form `http://127.0.0.1:8000/pods.yaml`.
    package init?(_ text: String) {
        guard text.hasPrefix("http://") else { return nil }
        let rest: Substring = text.dropFirst("http://".count)
        let authority: Substring = rest.prefix { $0 != "/" }
        let colon: Substring.Index = authority.lastIndex(of: ":") ?? authority.endIndex
        let name = String(authority[..<colon])
        let parts: [Substring] = name.split(separator: ".", omittingEmptySubsequences: false)
        let isLoopback: Bool = name == "localhost" || parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
        guard isLoopback, let port = colon == authority.endIndex ? 80 : Int(authority[authority.index(after: colon)...]) else { return nil }
        host = name == "localhost" ? "127.0.0.1" : name
        self.port = port
        let path: Substring = rest.dropFirst(authority.count)
        target = path.isEmpty ? "/" : String(path)
    }
}
