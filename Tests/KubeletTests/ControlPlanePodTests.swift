import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Kubelet

/// The kubelet's own process as a pod of its node.
@Suite struct ControlPlanePodTests {
    private static let key = ObjectKey(namespace: "kube-system", name: "swkube-\(TestNode.name)")

    @Test func `the process is a running pod with its log and what it uses; without being asked for it goes`() async throws {
        let node = try await TestNode()
        try node.folder.write(
            """
            2026-11-28T03:04:16+0000 info swkube: [CLI] the API answers
              and more of it
            2026-11-28T05:04:17+0200 info swkube: [CLI] the node is Ready

            """, to: "swkube.log")
        let process = Kubelet.ControlPlane(logPath: node.folder.file("swkube.log"), began: node.clock.time)
        try await node.withKubelet({ $0.controlPlane = process }) { kubelet in
            let shown: View<Pod>? = try await eventually("it is shown", { try await node.client.find(Pod.self, Self.key) }) {
                $0?.isReady == true
            }
            let pod: View<Pod> = try #require(shown)
            #expect(pod.main.restartCount == 0)
            #expect(pod.spec.priority == 2_000_001_000)
            let uid: String = try #require(pod.mirrored)
            var request = LogRequest(pod: pod.key, uid: uid, container: "swkube")
            request.hasTimestamps = true
            var bytes: [UInt8] = []
            for try await piece in try await kubelet.log(request) { bytes += piece }
            #expect(
                String(decoding: bytes, as: UTF8.self) == """
                    2026-11-28T03:04:16.000000000Z 2026-11-28T03:04:16+0000 info swkube: [CLI] the API answers
                      and more of it
                    2026-11-28T03:04:17.000000000Z 2026-11-28T05:04:17+0200 info swkube: [CLI] the node is Ready

                    """)
            #expect(await kubelet.usage().first { $0.uid == uid }?.workingSetBytes ?? 0 > 0)
        }
        // In the same second.
        let later = Kubelet.ControlPlane(logPath: process.logPath, began: process.began)
        try await node.withKubelet({ $0.controlPlane = later }) { _ in
            _ = try await eventually("it was started again", { try await node.client.get(Pod.self, Self.key) }) {
                $0.main.restartCount == 1
            }
        }
        try await node.withKubelet { _ in
            try await eventually("it is gone") { try await node.client.find(Pod.self, Self.key) == nil }
        }
        await node.end()
    }
}
