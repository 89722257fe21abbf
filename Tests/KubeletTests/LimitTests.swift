import API
import Machinery
import Sandbox
import TestSupport
import Testing

@testable import Kubelet

/// Limits, as far as the host lets control groups be made.
@Suite(.serialized) struct LimitTests {
    @Test(arguments: ["exec python3 -c 'x = bytearray(200 << 20)'", "python3 -c 'x = bytearray(200 << 20)'; exit $?"])
    func `a container that takes more memory than it may is ended and says so`(_ script: String) async throws {
        let node = try await TestNode()
        guard node.configuration.controlGroups.isComplete else { return await node.end() }
        try await node.withKubelet { _ in
            try await node.shell("greedy", script, ["resources": ["limits": ["memory": "50Mi"]]])
            let pod: View<Pod> = try await node.waitForPhase("greedy", "Failed")
            #expect(pod.main.state.terminated?.reason == "OOMKilled")
            #expect(pod.main.state.terminated?.exitCode == 137)
        }
        await node.end()
    }

    @Test func `a program that multiplies without end stays within its pod's processes`() async throws {
        let node = try await TestNode()
        try await node.withKubelet {
            $0.podPidsLimit = 60
        } _: { kubelet in
            let many = "i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i+1)); done"
            // Users of the pod's own are what the kernel counts by where there are no control groups.
            for (name, script) in [("bomb", many), ("other", "sleep 1 & sleep 1 & wait; echo lives")] {
                try await node.run(
                    name,
                    [
                        "restartPolicy": "Never", "hostUsers": false,
                        "containers": [["name": "main", "image": "host", "command": ["sh", "-c", .string(script)]]],
                    ])
            }
            let bomb: View<Pod> = try await node.wait("bomb", "has ended") { $0.main.state.terminated != nil }
            #expect(try await node.log(kubelet, bomb).contains("fork"))
            let other: View<Pod> = try await node.waitForPhase("other", "Succeeded")
            #expect(try await node.log(kubelet, other) == "lives\n")
        }
        await node.end()
    }

    @Test(arguments: [(0, 10), (100, 10), (250, 6), (500, 3), (1000, 0), (4000, 0)])
    func `who asked for less of the processors stands back more`(share: Int64, niceness: Int) {
        #expect(PodWorker.niceness(share) == niceness)
    }

    @Test func `what a container uses is counted`() async throws {
        let node = try await TestNode()
        guard node.configuration.controlGroups.isComplete else { return await node.end() }
        try await node.withKubelet { kubelet in
            try await node.shell("busy", "while :; do :; done", restartPolicy: "Always")
            try await eventually("processor time and memory") {
                let usage: ContainerUsage? = await kubelet.usage().first?.containers.first
                return (usage?.cpuNanoseconds ?? 0) > 0 && (usage?.workingSetBytes ?? 0) > 0 && usage?.name == "main"
            }
            try await node.delete("busy", gracePeriodSeconds: 0)
            try await node.waitUntilGone("busy")
        }
        await node.end()
    }

    @Test(arguments: [true, false])
    func `a profile of the node's decides, whatever may gain rights`(_ gainsRights: Bool) async throws {
        let node = try await TestNode()
        let profile = """
            {"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_X86_64"}], "syscalls": [
              {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
              {"name": "unshare", "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 67108864, "op": "SCMP_CMP_EQ"}]}]}
            """
        _ = try node.folder.write(profile, to: "node/seccomp/mine.json")
        try await node.withKubelet { kubelet in
            try await node.shell(
                "filtered", "grep Seccomp: /proc/self/status; mkdir /tmp/x 2>&1; unshare -u true 2>&1; unshare -m true && echo lives",
                [
                    "securityContext": [
                        "seccompProfile": ["type": "Localhost", "localhostProfile": "mine.json"],
                        "allowPrivilegeEscalation": .bool(gainsRights), "privileged": false,
                        "capabilities": ["add": ["SYS_ADMIN"]],
                    ]
                ])
            let pod: View<Pod> = try await node.waitForPhase("filtered", "Succeeded")
            #expect(
                try await node.log(kubelet, pod) == """
                    Seccomp:\t2
                    mkdir: cannot create directory '/tmp/x': Function not implemented
                    unshare: unshare failed: Operation not permitted
                    lives

                    """)
        }
        await node.end()
    }

    @Test func `the runtime's profile refuses what it must`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            try await node.shell(
                "filtered", "grep Seccomp: /proc/self/status; unshare -U true 2>&1; echo lives",
                ["securityContext": ["seccompProfile": ["type": "RuntimeDefault"]]])
            let pod: View<Pod> = try await node.waitForPhase("filtered", "Succeeded")
            #expect(try await node.log(kubelet, pod) == "Seccomp:\t2\nunshare: unshare failed: Operation not permitted\nlives\n")
        }
        await node.end()
    }
}
