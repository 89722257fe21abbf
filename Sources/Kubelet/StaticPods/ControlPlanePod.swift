import API
import Client
import Logging
import Machinery
import Sandbox

/// The process that this kubelet is part of, as a pod of its node: `kube-system/swkube-NODE`, where other clusters show their control plane
/// and their name server.
///
/// It is a static pod whose process nobody starts or ends here: without a sandbox, so that exec and attach find no container, but with its
/// log, what it uses, and how often it was started.
final class ControlPlanePod: Sendable {
    private static let container = "swkube"

    private let process: Kubelet.ControlPlane
    private let pod: View<Pod>
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    var key: ObjectKey { pod.key }
    /// Of the static pod.
    var uid: String { pod.metadata.uid }
    /// As the node's page of pods shows it.
    var json: JSON { pod.json }

    init(_ process: Kubelet.ControlPlane, _ configuration: Kubelet.Configuration) throws(ConfigError) {
        self.process = process
        var labels: JSON = ["component": "swkube", "tier": "control-plane"]
        if configuration.nameServer != nil { labels["k8s-app"] = "kube-dns" }
        let manifest: JSON = [
            "metadata": ["name": "swkube", "namespace": "kube-system", "labels": labels],
            "spec": [
                "containers": [["name": .string(Self.container), "image": "swkube", "imagePullPolicy": "Never"]],
                "hostNetwork": true, "priorityClassName": "system-node-critical",
            ],
        ]
        pod = try StaticPod.make(manifest, kind: "process", place: "swkube", node: configuration.nodeName, now: process.began)
        (changes, change) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Somebody did something to the mirror.
    func mirrorChanged(_ mirror: View<Pod>, isThere: Bool) {
        if !isThere || mirror.isTerminating || mirror.mirrored != uid { reportLater() }
    }

    /// Has ``run(_:)`` do what could not be done.
    func reportLater() { change.yield() }

    /// Keeps the mirror true until the task is cancelled.
    func run(_ node: NodeContext) async {
        for await _ in changes {
            while await !report(node), (try? await Task.sleep(for: .seconds(1))) != nil {}
        }
    }

    /// Says that the process runs; whether that worked.
    func report(_ node: NodeContext) async -> Bool {
        do {
            let mirror = PodMirror(pod: pod, node: node)
            guard let shown = try await mirror.current() else { return false }
            node.pods.note(try await mirror.write(status(node, since: shown), over: shown))
            return true
        } catch {
            node.log.warning("the cluster's own pod could not be shown", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// What follows what the mirror showed before.
    private func status(_ node: NodeContext, since shown: View<Pod>) -> View<PodStatus> {
        var record = ContainerRecord(Self.container, .main)
        record.phase = .running(.init(startedAt: ClusterClock.Instant(process.began), image: Self.container))
        record.isStarted = true
        record.isReady = true
        if let before = shown.status.containerStatuses.first {
            record.attempt = before.restartCount + (before.containerID == process.run ? 0 : 1)
        }
        var status: View<PodStatus> = PodStatusMaker(
            pod: shown, records: [Self.container: record], backingOff: [], podIPs: node.hostIPs, hostIPs: node.hostIPs, hasSandbox: true,
            startTime: shown.status.startTime ?? process.began, failure: nil, isShutDown: false, now: process.began
        ).make()
        status.containerStatuses[0].containerID = process.run
        return status
    }

    /// What the process has used since it began; nil without /proc.
    func usage() -> PodUsage? {
        guard let used = OwnProcess() else { return nil }
        let container = ContainerUsage(
            name: Self.container, run: Self.container, startedAt: process.began, cpuNanoseconds: Int64(used.cpuSeconds * 1e9),
            workingSetBytes: Int64(used.residentBytes), processes: 1)
        return PodUsage(key: key, uid: uid, startedAt: process.began, containers: [container])
    }

    /// What the process writes about itself. Throws ``APIStatus``.
    func log(_ request: LogRequest, watch: FileWatch, clock: ClusterClock) throws -> AsyncThrowingStream<[UInt8], any Error> {
        guard let path = process.logPath else {
            throw APIStatus.badRequest("the cluster writes its log to no file, but to where it was started: swkube start --foreground")
        }
        guard !request.isPrevious else {
            throw APIStatus.badRequest("the log of all runs of the cluster is one: leave out --previous")
        }
        return LogReader(
            request: request, path: path, watch: watch, since: LogReader.since(request, clock: clock), line: CRILine.init(ownLog:),
            isWriting: { true }
        ).stream()
    }
}

extension CRILine {
    /// A line of swift-log's `StreamLogHandler`, `2026-11-28T03:04:16+0000 info swkube: …`. One that goes on from the line before has no
    /// time.
    fileprivate init?(ownLog line: ArraySlice<UInt8>) {
        stream = ArraySlice("stderr".utf8)
        isPartial = false
        text = line
        let word = String(decoding: line.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        // RFC 3339 wants a colon in the offset.
        timestamp = ArraySlice((Time("\(word.dropLast(2)):\(word.suffix(2))").map { "\($0.civil.text).000000000Z" } ?? "").utf8)
    }
}
