import API
import Client
import Glibc
import Kubelet
import Machinery
import TestSupport
import Testing

/// Pods from files, and their mirrors.
@Suite(.serialized) struct StaticPodTests {
    private static let manifest = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - {name: main, image: host, command: [sh, -c, "echo $$; while :; do sleep 0.02; done"]}

        """
    /// What is left of pods in the node's folder.
    private static func left(_ node: TestNode) -> [String] {
        let pods: String = node.folder.file("node/pods")
        return names(in: pods).flatMap { pod in [pod] + names(in: "\(pods)/\(pod)").map { "\(pod)/\($0)" } }
    }

    private static let name = "web-\(TestNode.name)"

    @Test func `a file runs a pod, its mirror comes back, and the processes end with the file`() async throws {
        let node = try await TestNode()
        try node.folder.write("", to: "manifests/.hidden")
        try await node.withKubelet { kubelet in
            try node.folder.write(Self.manifest, to: "manifests/web.yaml")
            let pod: View<Pod> = try await node.wait(Self.name, "runs") { $0.isReady }
            #expect(pod.metadata.annotations["kubernetes.io/config.source"] == "file")
            #expect(pod.metadata.annotations["kubernetes.io/config.mirror"] == pod.metadata.annotations["kubernetes.io/config.hash"])
            #expect(pod.metadata.ownerReferences.first?.kind == "Node")
            #expect(pod.metadata.labels == ["app": "web"])
            let id: String = pod.main.containerID
            try await node.delete(Self.name, gracePeriodSeconds: 0)
            let again: View<Pod> = try await eventually(
                "the mirror is there again", { try await node.pod(Self.name) }, until: { $0.metadata.uid != pod.metadata.uid && $0.isReady }
            )
            #expect(again.main.containerID == id)
            #expect(again.main.restartCount == 0)
            // Gracefully too.
            try await node.delete(Self.name)
            try await eventually("and again") { try await node.pod(Self.name).metadata.uid != again.metadata.uid }
        }
        try await node.withKubelet { _ in
            let pod: View<Pod> = try await node.wait(Self.name, "was taken over") { $0.isReady }
            #expect(pod.main.restartCount == 0)
            let changed: String = Self.manifest.replacing("app: web", with: "app: other")
            try node.folder.write(changed, to: "manifests/web.yaml")
            try await node.wait(Self.name, "is the new one") { $0.metadata.labels == ["app": "other"] && $0.isReady }
            unlink(node.folder.file("manifests/web.yaml"))
            try await node.waitUntilGone(Self.name)
        }
        #expect(Self.left(node) == [])
    }

    @Test(.enabled("python3 is not on PATH", { Command.path(of: "python3") != nil }))
    func `an address on this machine gives pods too, and they stay while it does not answer`() async throws {
        let node = try await TestNode()
        try node.folder.write(Self.manifest, to: "site/web.yaml")
        let log: String = node.folder.file("server.log")
        let script =
            "python3 -u -m http.server 0 --bind 127.0.0.1 --directory \(node.folder.file("site")) >\(log) 2>&1 </dev/null & echo $!"
        let server: Int32 = try #require(Int32(try await Command.run("sh", ["-c", script]).checked().filter(\.isNumber)))
        defer { kill(server, SIGKILL) }
        // `Serving HTTP on 127.0.0.1 port 41235 (…`
        let line: String = try await eventually(
            "it listens", { try await Command.run("cat", [log]).output }, until: { $0.contains("port ") })
        let words: [Substring] = line.split(separator: " ")
        let port: Int = try #require(words.firstIndex(of: "port").flatMap { Int(words[$0 + 1]) })
        try await node.withKubelet {
            $0.manifestAddress = "http://127.0.0.1:\(port)/web.yaml"
        } _: { _ in
            let pod: View<Pod> = try await node.wait(Self.name, "runs") { $0.isReady }
            #expect(pod.metadata.annotations["kubernetes.io/config.source"] == "http")
            kill(server, SIGKILL)
        }
        try await node.withKubelet {
            $0.manifestAddress = "http://127.0.0.1:\(port)/web.yaml"
        } _: { _ in
            let pod: View<Pod> = try await node.wait(Self.name, "is still there") { $0.isReady }
            #expect(pod.main.restartCount == 0)
        }
        await node.end()
    }

    @Test func `a file that is taken away while no kubelet runs takes its pod along`() async throws {
        let node = try await TestNode()
        try node.folder.write(Self.manifest, to: "manifests/web.yaml")
        try await node.withKubelet { _ in
            _ = try await node.wait(Self.name, "runs") { $0.isReady }
        }
        unlink(node.folder.file("manifests/web.yaml"))
        try await node.withKubelet { _ in
            try await node.waitUntilGone(Self.name)
            try await eventually("nothing is left", { Self.left(node) }, until: \.isEmpty)
        }
    }
}
