import API
import Client
import Kubelet
import Machinery
import TestSupport
import Testing

/// Init containers, sidecars, probes and hooks.
@Suite(.serialized) struct LifecycleTests {
    @Test func `init containers run one after the other, a sidecar beside and longer than the rest`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            let mounts: JSON = [["name": "work", "mountPath": "/work"]]
            func container(_ name: String, _ script: String) -> JSON {
                ["name": .string(name), "image": "host", "command": ["sh", "-c", .string(script)], "volumeMounts": mounts]
            }
            var sidecar: JSON = container(
                "side", "trap 'echo side-end >> /work/log; exit 0' TERM; echo side >> /work/log; while :; do sleep 0.02; done")
            sidecar["restartPolicy"] = "Always"
            sidecar["startupProbe"] = ["exec": ["command": ["grep", "-q", "side", "/work/log"]]]
            try await node.run(
                "order",
                [
                    "restartPolicy": "Never",
                    "initContainers": [container("one", "echo one >> /work/log"), sidecar, container("two", "echo two >> /work/log")],
                    "containers": [container("main", "echo main >> /work/log; cat /work/log")],
                    "volumes": [["name": "work", "emptyDir": [:]]],
                ])
            let pod: View<Pod> = try await node.waitForPhase("order", "Succeeded")
            #expect(try await node.log(kubelet, pod) == "one\nside\ntwo\nmain\n")
            try await node.wait("order", "the sidecar has ended") { $0.containerStatus("side")?.state.terminated != nil }
        }
        await node.end()
    }

    @Test func `a failed init container fails a pod that never restarts`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run(
                "init",
                [
                    "restartPolicy": "Never", "initContainers": [["name": "one", "image": "host", "command": ["false"]]],
                    "containers": [["name": "main", "image": "host", "command": ["true"]]],
                ])
            let pod: View<Pod> = try await node.waitForPhase("init", "Failed")
            #expect(pod.condition("Initialized")?.reason == "ContainersNotInitialized")
            #expect(pod.condition("Initialized")?.message == "containers with incomplete status: [one]")
            #expect(pod.main.state.waiting?.reason == "PodInitializing")
        }
        await node.end()
    }

    @Test func `readiness follows its probe`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell(
                "ready", "sleep 0.1; touch /tmp/up; while :; do sleep 0.02; done",
                ["readinessProbe": ["exec": ["command": ["cat", "/tmp/up"]], "periodSeconds": 1000]], restartPolicy: "Always")
            try await node.wait("ready", "is ready") { $0.isReady }
            try await node.delete("ready")
            try await node.waitUntilGone("ready")
        }
        await node.end()
    }

    @Test func `a failed liveness probe restarts the container`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell(
                "live", "while :; do sleep 0.02; done",
                ["livenessProbe": ["tcpSocket": ["port": 1], "periodSeconds": 1, "failureThreshold": 1]], restartPolicy: "Always")
            let pod: View<Pod> = try await node.wait("live", "was restarted") { $0.main.restartCount > 0 }
            #expect(pod.main.lastState.terminated?.exitCode == 143)
            let texts: [String] = try await node.events("live")
            #expect(texts.contains("Killing: Container main failed liveness probe, will be restarted"))
            let address: String = pod.status.podIP
            #expect(texts.contains("Unhealthy: Liveness probe failed: dial tcp \(address):1: connect: connection refused"))
            try await node.delete("live", gracePeriodSeconds: 0)
            try await node.waitUntilGone("live")
        }
        await node.end()
    }

    @Test func `hooks run after the start and before the stop`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            try await node.shell(
                "hooks", "trap 'cat /tmp/log; exit 0' TERM; while :; do sleep 0.02; done",
                [
                    "lifecycle": [
                        "postStart": ["exec": ["command": ["sh", "-c", "echo started >> /tmp/log"]]],
                        "preStop": ["exec": ["command": ["sh", "-c", "echo stopping >> /tmp/log"]]],
                    ]
                ], restartPolicy: "Always")
            let pod: View<Pod> = try await node.wait("hooks", "is ready") { $0.isReady }
            var request = LogRequest(pod: pod.key, uid: pod.metadata.uid, container: "main")
            request.isFollowed = true
            let stream = try await kubelet.log(request)
            try await node.delete("hooks")
            var bytes: [UInt8] = []
            for try await piece in stream { bytes += piece }
            #expect(String(decoding: bytes, as: UTF8.self) == "started\nstopping\n")
            try await node.waitUntilGone("hooks")
        }
        await node.end()
    }

    @Test func `a node that goes down ends its pods in order, and the next start runs them again`() async throws {
        let node = try await TestNode()
        let script = """
            cat /data/hook 2>/dev/null; trap 'echo term; exit 0' TERM; echo waits; while :; do sleep 0.05; done
            """
        try await node.withKubelet { kubelet in
            try await node.run(
                "steady",
                [
                    "terminationGracePeriodSeconds": 30,
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["sh", "-c", .string(script)],
                            "volumeMounts": [["name": "data", "mountPath": "/data"]],
                            "lifecycle": ["preStop": ["exec": ["command": ["sh", "-c", "echo hooked > /data/hook"]]]],
                        ]
                    ],
                    "volumes": [["name": "data", "emptyDir": [:]]],
                ])
            let pod: View<Pod> = try await node.waitForPhase("steady", "Running")
            try await eventually("the trap is set") { try await node.log(kubelet, pod).contains("waits") }
            await kubelet.powerOff()
            #expect(try await node.log(kubelet, pod).hasSuffix("waits\nterm\n"))
            #expect(try await node.pod("steady").status.phase == "Running", "the API hears of no end")
        }
        try await node.withKubelet { kubelet in
            let pod: View<Pod> = try await node.wait("steady", "runs again") { $0.main.restartCount == 1 && $0.main.ready }
            #expect(pod.main.lastState.terminated?.reason == "Completed", "how it ended")
            try await eventually("what the hook wrote is there") { try await node.log(kubelet, pod).hasPrefix("hooked\n") }
        }
        await node.end()
    }

    @Test func `a pod that has run too long is stopped and failed`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run(
                "long",
                [
                    "activeDeadlineSeconds": 100, "terminationGracePeriodSeconds": 1,
                    "containers": [["name": "main", "image": "host", "command": ["sleep", "1000"]]],
                ])
            try await node.waitForPhase("long", "Running")
            node.clock.advance(by: .seconds(101))
            let pod: View<Pod> = try await node.waitForPhase("long", "Failed")
            #expect(pod.status.reason == "DeadlineExceeded")
            #expect(pod.status.message == "Pod was active on the node longer than the specified deadline")
        }
        await node.end()
    }

    /// A member of the container, and how the refusal begins.
    private static let refused: [(JSON, String)] = [
        (
            ["securityContext": ["seccompProfile": ["type": "Localhost", "localhostProfile": "mine.json"]]],
            "container \"main\": securityContext.seccompProfile: cannot load seccomp profile"
        ),
        (["securityContext": ["runAsNonRoot": true]], "container has runAsNonRoot and image will run as root"),
    ]

    @Test(arguments: refused)
    func `what can't be honoured is refused, not ignored`(_ member: JSON, _ message: String) async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell("no", "true", member)
            let pod: View<Pod> = try await node.wait("no", "is refused") { $0.main.state.waiting?.reason == "CreateContainerConfigError" }
            #expect(pod.main.state.waiting?.message.hasPrefix(message) == true)
        }
        await node.end()
    }
}
