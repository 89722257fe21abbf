import API
import Client
import FoundationEssentials
import Kubelet
import Machinery
import TestSupport
import Testing

/// The kubelet against a real API server and real processes.
@Suite(.serialized) struct NodeTests {
    @Test func `the node registers itself and renews its lease`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            let found: View<Node> = try await eventually(
                "the node is Ready", { try await node.client.get(Node.self, ObjectKey(namespace: "", name: TestNode.name)) },
                until: \.isReady)
            #expect(found.status.capacity["pods"] == Quantity(110))
            #expect(found.metadata.labels["kubernetes.io/hostname"] == TestNode.name)
            #expect(found.spec.podCIDR == "10.244.0.0/24")
            let lease = ObjectKey(namespace: "kube-node-lease", name: TestNode.name)
            try await eventually("there is a lease") { try await node.client.find(Lease.self, lease)?.spec.holderIdentity == TestNode.name }
            let before: MicroTime? = try await node.client.get(Lease.self, lease).spec.renewTime
            try await eventually("the lease is renewed") {
                node.clock.advance(by: .seconds(10))
                return try await node.client.get(Lease.self, lease).spec.renewTime != before
            }
        }
    }

    @Test func `a pod runs to its end and its log can be read`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            try await node.shell("done", "echo out; echo err >&2; echo last words > /dev/termination-log")
            let pod: View<Pod> = try await node.waitForPhase("done", "Succeeded")
            #expect(pod.main.state.terminated?.reason == "Completed")
            #expect(pod.main.state.terminated?.message == "last words\n")
            #expect(pod.main.containerID.hasPrefix("swkube://"))
            #expect(pod.condition("Ready")?.reason == "PodCompleted")
            #expect(pod.status.podIP.hasPrefix("10.244.0."))
            #expect(try await node.log(kubelet, pod).split(separator: "\n").sorted() == ["err", "out"])
            #expect(try await node.log(kubelet, pod) { $0.stream = "Stderr" } == "err\n")
        }
        await node.end()
    }

    @Test func `a pod that fails says its exit code`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell("fail", "exit 7")
            let pod: View<Pod> = try await node.waitForPhase("fail", "Failed")
            #expect(pod.main.state.terminated?.exitCode == 7)
            #expect(pod.main.state.terminated?.reason == "Error")
            #expect(pod.condition("Ready")?.reason == "PodFailed")
        }
        await node.end()
    }

    @Test func `a container that ends again and again waits longer each time`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            try await node.shell("crash", "echo run; exit 1", restartPolicy: "Always")
            var pod: View<Pod> = try await node.wait("crash", "backs off after the first restart") {
                $0.main.restartCount == 1 && $0.main.state.waiting?.reason == "CrashLoopBackOff"
            }
            #expect(pod.status.phase == "Running")
            #expect(pod.main.lastState.terminated?.exitCode == 1)
            let place = "crash_default(\(pod.metadata.uid))"
            #expect(pod.main.state.waiting?.message == "back-off 10s restarting failed container=main pod=\(place)")
            node.clock.advance(by: .seconds(10))
            pod = try await node.wait("crash", "backs off after the second restart") {
                $0.main.restartCount == 2 && $0.main.state.waiting?.reason == "CrashLoopBackOff"
            }
            #expect(pod.main.state.waiting?.message == "back-off 20s restarting failed container=main pod=\(place)")
            #expect(try await node.log(kubelet, pod) { $0.isPrevious = true } == "run\n")
            try await eventually("the wait is told") {
                try await node.events("crash").contains("BackOff: Back-off restarting failed container main in pod \(place)")
            }
            try await node.delete("crash")
            try await node.waitUntilGone("crash")
        }
        await node.end()
    }

    @Test func `the next kubelet counts the waits of a container on`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell("crash", "exit 1", restartPolicy: "Always")
            try await node.wait("crash", "backs off") { $0.main.restartCount == 1 && $0.main.state.waiting?.reason == "CrashLoopBackOff" }
        }
        try await node.withKubelet { _ in
            try await node.wait("crash", "backs off still") { $0.main.state.waiting?.message.hasPrefix("back-off 10s") == true }
            node.clock.advance(by: .seconds(10))
            let pod: View<Pod> = try await node.wait("crash", "backs off longer") {
                $0.main.restartCount == 2 && $0.main.state.waiting?.reason == "CrashLoopBackOff"
            }
            #expect(pod.main.state.waiting?.message.hasPrefix("back-off 20s") == true)
        }
        await node.end()
    }

    @Test func `deletion sends TERM, waits, and leaves nothing behind`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            try await node.shell("kind", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.02; done", restartPolicy: "Always")
            let pod: View<Pod> = try await node.waitForPhase("kind", "Running")
            #expect(pod.isReady)
            var request = LogRequest(pod: pod.key, uid: pod.metadata.uid, container: "main")
            request.isFollowed = true
            let stream = try await kubelet.log(request)
            let reader = Task {
                var bytes: [UInt8] = []
                for try await piece in stream { bytes += piece }
                return String(decoding: bytes, as: UTF8.self)
            }
            try await eventually("it said that it is up") { try await node.log(kubelet, pod) == "up\n" }
            try await node.delete("kind")
            try await node.waitUntilGone("kind")
            #expect(try await reader.value == "up\nbye\n")
            #expect(try await node.events("kind").contains("Killing: Stopping container main"))
        }
        #expect(names(in: node.folder.file("node/pods")).isEmpty)
        #expect(names(in: node.folder.file("pods")).isEmpty)
    }

    @Test func `who ignores TERM is killed when the grace period is over`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell("deaf", "trap '' TERM; while :; do sleep 0.02; done", restartPolicy: "Always")
            try await node.waitForPhase("deaf", "Running")
            try await node.delete("deaf", gracePeriodSeconds: 1000)
            try await eventually("it is asked to end") { try await node.events("deaf").contains { $0.hasPrefix("Killing") } }
            #expect(try await node.pod("deaf").isTerminating)
            node.clock.advance(by: .seconds(1000))
            try await node.waitUntilGone("deaf")
        }
        await node.end()
    }

    @Test func `the next kubelet takes pods over and restarts nothing`() async throws {
        let node = try await TestNode()
        let before: View<Pod> = try await node.withKubelet { _ in
            try await node.shell("stays", "echo one; while :; do sleep 0.02; done", restartPolicy: "Always")
            try await node.shell("ends", "while [ ! -e /go/go ]; do sleep 0.02; done; exit 4", [:])
            return try await node.waitForPhase("stays", "Running")
        }
        try await node.withKubelet { kubelet in
            try await eventually("the log can be followed anew") { try await node.log(kubelet, before) == "one\n" }
            let after: View<Pod> = try await node.pod("stays")
            #expect(after.status.json == before.status.json)
            try await node.delete("stays")
            try await node.waitUntilGone("stays")
            try await node.delete("ends", gracePeriodSeconds: 0)
            try await node.waitUntilGone("ends")
        }
        await node.end()
    }

    @Test func `an end that no kubelet saw is told by the next one`() async throws {
        let node = try await TestNode()
        let go: String = node.folder.file("go")
        try await node.withKubelet { _ in
            try await node.run(
                "late",
                [
                    "restartPolicy": "Never",
                    "containers": [
                        [
                            "name": "main", "image": "host",
                            "command": ["sh", "-c", "while [ ! -e /go/now ]; do sleep 0.02; done; exit 4"],
                            "volumeMounts": [["name": "go", "mountPath": "/go"]],
                        ]
                    ],
                    "volumes": [["name": "go", "hostPath": ["path": .string(go), "type": "DirectoryOrCreate"]]],
                ])
            try await node.waitForPhase("late", "Running")
        }
        try node.folder.write("", to: "go/now")
        try await node.withKubelet { _ in
            let pod: View<Pod> = try await node.waitForPhase("late", "Failed")
            #expect(pod.main.state.terminated?.exitCode == 4)
            #expect(pod.main.restartCount == 0)
        }
        await node.end()
    }

    @Test func `a pod whose sandbox is gone begins anew with its init containers`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run(
                "again",
                [
                    "terminationGracePeriodSeconds": 1,
                    "initContainers": [
                        [
                            "name": "init", "image": "host", "command": ["sh", "-c", "echo run >> /work/runs"],
                            "volumeMounts": [["name": "work", "mountPath": "/work"]],
                        ]
                    ],
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["sh", "-c", "cat /work/runs; sleep 1000"],
                            "volumeMounts": [["name": "work", "mountPath": "/work"]],
                        ]
                    ],
                    "volumes": [["name": "work", "emptyDir": [:]]],
                ])
            try await node.waitForPhase("again", "Running")
        }
        await node.endPods()
        try await node.withKubelet { kubelet in
            let pod: View<Pod> = try await node.wait("again", "runs again") { $0.main.restartCount == 1 && $0.isReady }
            #expect(pod.main.lastState.terminated?.reason == "Error")
            #expect(pod.containerStatus("init")?.restartCount == 1)
            // What the first run left in the volume is still there.
            try await eventually("both runs of the init container were seen") {
                try await node.log(kubelet, pod)
            } until: {
                $0 == "run\nrun\n"
            }
            try await node.delete("again")
            try await node.waitUntilGone("again")
        }
        await node.end()
    }

    @Test func `a run that was begun and never told keeps its number and its log`() async throws {
        let node = try await TestNode()
        let pod: View<Pod> = try await node.withKubelet { _ in
            try await node.shell("counted", "echo here; sleep 1000", restartPolicy: "Always")
            try await node.shell("once", "sleep 1000")
            try await node.waitForPhase("once", "Running")
            return try await node.waitForPhase("counted", "Running")
        }
        await node.endPods()
        // As if everything had been killed after the next run began and before anybody heard of it.
        let state = "\(node.configuration.stateFolder)/pods"
        for uid in names(in: state) { try FileManager.default.removeItem(atPath: "\(state)/\(uid)/sandbox/state") }
        let log = "pods/default_counted_\(pod.metadata.uid)/main/1.log"
        _ = try node.folder.write("2026-01-01T00:00:00Z stdout F before\n", to: log)
        try await node.withKubelet { kubelet in
            let pod: View<Pod> = try await node.wait("counted", "runs again") { $0.main.restartCount == 2 && $0.main.ready }
            #expect(pod.main.lastState.terminated?.reason == "ContainerStatusUnknown")
            #expect(file(node.folder.file(log)).hasSuffix("before\n"))
            try await eventually("its own log") { try await node.log(kubelet, pod) == "here\n" }
            let once: View<Pod> = try await node.waitForPhase("once", "Failed")
            #expect(once.main.restartCount == 0 && once.main.state.terminated?.reason == "ContainerStatusUnknown")
        }
        await node.end()
    }

    @Test func `an image without a program for it says what to do`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run("image", ["containers": [["name": "main", "image": "registry.example/team/web:1.27"]]])
            let pod: View<Pod> = try await node.wait("image", "waits") { $0.main.state.waiting?.reason == "ErrImagePull" }
            #expect(
                pod.main.state.waiting?.message
                    == "failed to pull and unpack image \"registry.example/team/web:1.27\": "
                    + "this node fetches images from registries on this machine only")
            node.clock.advance(by: .seconds(10))
            try await node.wait("image", "backs off") { $0.main.state.waiting?.reason == "ImagePullBackOff" }
        }
        await node.end()
    }

    @Test func `a program that is not there is a StartError`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run("nope", ["restartPolicy": "Never", "containers": [["name": "main", "image": "host", "command": ["nope"]]]])
            let pod: View<Pod> = try await node.waitForPhase("nope", "Failed")
            #expect(pod.main.state.terminated?.reason == "StartError")
            #expect(pod.main.state.terminated?.exitCode == 128)
            #expect(
                pod.main.state.terminated?.message
                    == "failed to start the container: exec: \"nope\": executable file not found in $PATH")
        }
        await node.end()
    }
}
