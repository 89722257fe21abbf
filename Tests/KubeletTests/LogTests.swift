import API
import Kubelet
import Machinery
import TestSupport
import Testing

@testable import Kubelet

/// Logs beyond one file: moved aside when they are long, followed on, and where collectors look for them.
@Suite(.serialized) struct LogTests {
    @Test(arguments: [
        (["0.log"], [], []),
        (["0.log", "0.log.20260101-000000"], ["0.log.20260101-000000"], []),
        (["0.log", "0.log.20260101-000000.gz", "0.log.20260102-000000"], ["0.log.20260102-000000"], []),
        (
            ["0.log", "0.log.1.gz", "0.log.2.gz", "0.log.3.gz", "0.log.4", "1.log", "1.log.9"], ["0.log.4"], ["0.log.1.gz"]
        ),
        (["0.log", "0.log.1.tmp"], [], ["0.log.1.tmp"]),
    ]) func `a log keeps so many files, and all but the newest are compressed`(names: [String], compressed: [String], removed: [String]) {
        let plan = LogRotation.Plan(names, of: "0.log", keeping: 5)
        #expect(plan.compress == compressed)
        #expect(plan.remove == removed)
    }

    @Test func `a log that is moved aside loses no line for who follows it, and old parts go`() async throws {
        let node = try await TestNode()
        try await node.withKubelet({
            $0.logMaxSize = 4096
            $0.logMaxFiles = 3
        }) { kubelet in
            try await node.shell(
                "chatty", "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo \"line $i of many, many lines\"; sleep 0.01; done")
            let pod: View<Pod> = try await node.waitForPhase("chatty", "Running")
            let follower = Task { try await node.log(kubelet, pod) { $0.isFollowed = true } }
            let folder: String = node.configuration.podLogsFolder + "/default_chatty_\(pod.metadata.uid)/main"
            try await eventually("parts were moved aside and compressed") {
                // Each turn of the clock is a look at the logs.
                node.clock.advance(by: .seconds(11))
                return Files.names(in: folder).contains { $0.hasSuffix(".gz") }
            }
            try await node.waitForPhase("chatty", "Succeeded")
            #expect(try await follower.value == (1...300).map { "line \($0) of many, many lines\n" }.joined())
            #expect(Files.names(in: folder).count <= 3)
        }
        await node.end()
    }

    @Test func `a pod that mounts the node's logs finds them at the paths that collectors expect`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            try await node.shell("talker", "echo here I am")
            let talker: View<Pod> = try await node.waitForPhase("talker", "Succeeded")
            let id: Substring = talker.main.containerID.dropFirst("swkube://".count)
            let container: JSON = [
                "name": "main", "image": "host",
                "command": ["sh", "-c", "cd /var/log/containers; cat talker_default_main-*.log; ls; ls ../pods"],
                "volumeMounts": [["name": "logs", "mountPath": "/var/log", "readOnly": true]],
            ]
            try await node.run(
                "collector",
                [
                    "restartPolicy": "Never", "containers": [container],
                    "volumes": [["name": "logs", "hostPath": ["path": "/var/log"]]],
                ])
            let collector: View<Pod> = try await node.waitForPhase("collector", "Succeeded")
            let text: String = try await node.log(kubelet, collector)
            #expect(text.contains("stdout F here I am"))
            #expect(text.contains("\ntalker_default_main-\(id).log\n"))
            #expect(text.contains("\ndefault_talker_\(talker.metadata.uid)\n"))
            try await node.delete("talker")
            try await node.waitUntilGone("talker")
            try await eventually("its link is gone") {
                Files.names(in: node.folder.path + "/containers").allSatisfy { !$0.hasPrefix("talker") }
            }
        }
        await node.end()
    }

    @Test func `output without newline, with zeros and in lines of a megabyte comes back as it was`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            try await node.shell("hostile", "head -c 1000000 /dev/zero | tr '\\0' x; printf 'a\\0b\\n\\n'; printf 'no end'")
            let pod: View<Pod> = try await node.waitForPhase("hostile", "Succeeded")
            let isSame: Bool =
                try await node.log(kubelet, pod) == String(repeating: "x", count: 1_000_000) + "a\u{0}b\n\nno end"
            #expect(isSame)
            #expect(try await node.log(kubelet, pod) { $0.limitBytes = 10 } == "xxxxxxxxxx")
        }
        await node.end()
    }
}
