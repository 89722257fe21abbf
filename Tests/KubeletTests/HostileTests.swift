import API
import Client
import FoundationEssentials
import Glibc
import Kubelet
import Machinery
import Sandbox
import TestSupport
import Testing

/// Programs and manifests that mean no good: contained, reported, cleaned up.
@Suite(.serialized) struct HostileTests {
    private static func spec(_ script: String, _ mounts: JSON, _ volumes: JSON) -> JSON {
        [
            "restartPolicy": "Never", "volumes": volumes,
            "containers": [["name": "main", "image": "host", "command": ["sh", "-c", .string(script)], "volumeMounts": mounts]],
        ]
    }

    @Test(arguments: ["/proc", "/proc/sys", "/tmp/../proc/self"])
    func `nothing is mounted over proc`(_ place: String) async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run("over", Self.spec("true", [["name": "v", "mountPath": .string(place)]], [["name": "v", "emptyDir": [:]]]))
            let pod: View<Pod> = try await node.waitForPhase("over", "Failed")
            #expect(pod.main.state.terminated?.reason == "StartError")
            #expect(pod.main.state.terminated?.message.contains("mount inside /proc") == true, "\(pod.main.state.json.text())")
        }
        await node.end()
    }

    @Test func `a path with dots leads nowhere else`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            let spec: JSON = Self.spec(
                "true", [["name": "v", "mountPath": "/v", "subPath": "../../../etc"]], [["name": "v", "emptyDir": [:]]])
            await #expect(throws: APIStatus.self) { try await node.run("dots", spec) }
            // What the API can't see the node refuses: the way is only known when the variable is.
            let container: JSON = [
                "name": "main", "image": "host", "command": ["true"], "env": [["name": "WAY", "value": "../../.."]],
                "volumeMounts": [["name": "v", "mountPath": "/v", "subPathExpr": "$(WAY)"]],
            ]
            try await node.run(
                "expanded", ["restartPolicy": "Never", "volumes": [["name": "v", "emptyDir": [:]]], "containers": [container]])
            let pod: View<Pod> = try await node.wait("expanded", "is refused") {
                $0.main.state.waiting?.reason == "CreateContainerConfigError"
            }
            #expect(pod.main.state.waiting?.message.contains("..") == true)
        }
        await node.end()
    }

    @Test func `a link that is swapped in under a sub-path never shows the host`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            let secret: String = node.folder.file("secret")
            try FileManager.default.createDirectory(atPath: secret, withIntermediateDirectories: true)
            try Data("host".utf8).write(to: URL(filePath: secret + "/file"))
            let swap = """
                while :; do
                  rm -rf /v/sub; mkdir /v/sub; echo own > /v/sub/file
                  rm -rf /v/sub; ln -s \(secret) /v/sub
                done
                """
            // The second container starts again and again while the first one swaps.
            let spec: JSON = [
                "volumes": [["name": "v", "emptyDir": [:]]], "terminationGracePeriodSeconds": 0,
                "containers": [
                    [
                        "name": "main", "image": "host", "command": ["sh", "-c", .string(swap)],
                        "volumeMounts": [["name": "v", "mountPath": "/v"]],
                    ],
                    [
                        "name": "victim", "image": "host", "command": ["sh", "-c", "cat /s/file 2>/dev/null; exit 1"],
                        "volumeMounts": [["name": "v", "mountPath": "/s", "subPath": "sub"]],
                    ],
                ],
            ]
            let pod: View<Pod> = try await node.run("race", spec)
            try await eventually("it was tried ten times") {
                node.clock.advance(by: .seconds(300))
                let found: View<Pod> = try await node.pod("race")
                return (found.containerStatus("victim")?.restartCount ?? 0) >= 10
            }
            for name in names(in: node.configuration.podLogsFolder + "/default_race_\(pod.metadata.uid)/victim") {
                let text: String = file(node.configuration.podLogsFolder + "/default_race_\(pod.metadata.uid)/victim/\(name)")
                #expect(!text.contains("host"), "\(text)")
            }
            try await node.delete("race", gracePeriodSeconds: 0)
            try await node.waitUntilGone("race")
        }
        await node.end()
    }

    @Test func `a volume in memory that is full is full, and the pod lives`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            let volume: JSON = ["name": "v", "emptyDir": ["medium": "Memory", "sizeLimit": "1Mi"]]
            try await node.run(
                "full",
                Self.spec(
                    "head -c 9000000 /dev/zero > /v/x; echo $?; rm /v/x; echo ok > /v/y && cat /v/y", [["name": "v", "mountPath": "/v"]],
                    [volume]))
            let pod: View<Pod> = try await node.waitForPhase("full", "Succeeded")
            #expect(try await node.log(kubelet, pod).contains("No space left on device"))
            #expect(try await node.log(kubelet, pod) { $0.stream = "Stdout" } == "1\nok\n")
        }
        await node.end()
    }

    @Test func `a program that closes its streams and forks away is followed to its end`() async throws {
        let node = try await TestNode()
        let marker = "76\(getpid())"
        try await node.withKubelet { _ in
            try await node.shell(
                "away", "(setsid sh -c 'exec sleep \(marker)' <&- >&- 2>&- &) ; exec >&- 2>&- <&-; trap '' TERM; sleep \(marker)",
                restartPolicy: "Always")
            try await node.waitForPhase("away", "Running")
            func alive() -> Int {
                names(in: "/proc").count {
                    Int32($0) != nil && file("/proc/\($0)/cmdline").contains(marker) && !file("/proc/\($0)/cmdline").contains("setsid")
                }
            }
            try await eventually("both run") { alive() >= 2 }
            try await node.delete("away", gracePeriodSeconds: 1)
            try await node.waitUntilGone("away")
            #expect(alive() == 0)
        }
        await node.end()
    }
}
