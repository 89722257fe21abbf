import API
import Client
import FoundationEssentials
import Glibc
import Kubelet
import Machinery
import Sandbox
import TestSupport
import Testing

/// What a pod gets of its host when it asks: processes, communication, devices, ports, kernel parameters.
@Suite(.serialized) struct HostAccessTests {
    private static func container(_ script: String, _ more: JSON = [:]) -> JSON {
        var container: JSON = ["name": "main", "image": "host", "command": ["sh", "-c", .string(script)]]
        for member in more.object ?? [:] { container[member.key] = member.value }
        return [container]
    }

    /// What a server says to whoever connects; nil when it says nothing.
    private static func ask(_ connect: () throws -> Int32) -> String? {
        guard let fd = try? connect() else { return nil }
        defer { close(fd) }
        var entry = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, 5000)
        var bytes = [UInt8](repeating: 0, count: 8)
        let count: Int = read(fd, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    private static func askHost(_ port: Int) -> String? {
        ask { try ClusterNetwork.hostConnection("127.0.0.1", port: port, type: Int32(SOCK_STREAM.rawValue)) }
    }

    private static func isAlive(_ marker: String) -> Bool {
        names(in: "/proc").contains { name in
            guard Int32(name) != nil, let line = try? Data(contentsOf: URL(filePath: "/proc/\(name)/cmdline")) else { return false }
            return String(decoding: line, as: UTF8.self).contains(marker)
        }
    }

    @Test func `hostPID shows the host's processes, and all of the pod's end with it`() async throws {
        let node = try await TestNode()
        let marker = "77\(getpid())"
        try await node.withKubelet { kubelet in
            let script = "tr '\\0' ' ' < /proc/\(getpid())/cmdline; echo; (setsid sleep \(marker) &) ; sleep \(marker)"
            try await node.run("seer", ["hostPID": true, "containers": Self.container(script)])
            let pod: View<Pod> = try await node.waitForPhase("seer", "Running")
            try await eventually("it sees this very process") {
                try await node.log(kubelet, pod).contains(Host.executable.split(separator: "/").last ?? "?")
            }
            #expect(Self.isAlive(marker))
            try await node.delete("seer", gracePeriodSeconds: 0)
            // Asked to forget it at once, the API does; the node is a moment later.
            try await eventually("all are gone") { !Self.isAlive(marker) }
        }
        await node.end()
    }

    @Test func `when the parent of a pod of the host's processes is killed, nothing of the pod stays`() async throws {
        let node = try await TestNode()
        let marker = "78\(getpid())"
        try await node.withKubelet { _ in
            try await node.run(
                "seer",
                [
                    "hostPID": true, "restartPolicy": "Never",
                    "containers": Self.container("(setsid sleep \(marker) &) ; exec sleep \(marker)"),
                ])
            try await node.waitForPhase("seer", "Running")
            try await eventually("it runs") { Self.isAlive(marker) }
            let record: String = try #require(
                names(in: node.configuration.stateFolder + "/pods").first.flatMap {
                    try? String(
                        decoding: Data(contentsOf: URL(filePath: node.configuration.stateFolder + "/pods/\($0)/sandbox/state")),
                        as: UTF8.self)
                })
            let parent: Int32 = try #require(record.split(separator: " ").dropFirst(2).first.flatMap { Int32($0) })
            kill(parent, SIGKILL)
            try await node.waitForPhase("seer", "Failed")
            try await eventually("all are gone") { !Self.isAlive(marker) }
        }
        await node.end()
    }

    @Test func `hostIPC shares what the host shares`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            let script = "readlink /proc/self/ns/ipc"
            try await node.run("shares", ["hostIPC": true, "restartPolicy": "Never", "containers": Self.container(script)])
            let pod: View<Pod> = try await node.waitForPhase("shares", "Succeeded")
            var link = [UInt8](repeating: 0, count: 64)
            let count: Int = link.withUnsafeMutableBytes { bytes in
                readlink("/proc/self/ns/ipc", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
            }
            #expect(try await node.log(kubelet, pod) == String(decoding: link.prefix(max(0, count)), as: UTF8.self) + "\n")
        }
        await node.end()
    }

    @Test func `a privileged container has all rights, devices and a kernel that it can tune`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            let script = """
                grep CapEff /proc/self/status
                ls /dev | wc -l
                mkdir /m && mount -t tmpfs none /m && echo mounted
                echo 12345 > /proc/sys/net/ipv4/tcp_keepalive_time && cat /proc/sys/net/ipv4/tcp_keepalive_time
                """
            try await node.shell("mighty", script, ["securityContext": ["privileged": true]])
            try await node.shell("meek", script)
            let mighty: View<Pod> = try await node.waitForPhase("mighty", "Succeeded")
            let lines: [Substring] = try await node.log(kubelet, mighty).split(separator: "\n")
            #expect(lines.count == 4 && lines.last == "12345" && lines[2] == "mounted", "\(lines)")
            let meek: View<Pod> = try await node.waitForPhase("meek", "Failed")
            let others: String = try await node.log(kubelet, meek)
            #expect(others.contains("CapEff:\t00000000a80425fb"), "\(others)")
            #expect(!others.contains("mounted") && !others.contains("12345\n"), "\(others)")
        }
        await node.end()
    }

    @Test func `procMount decides what of proc is hidden`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            let script = "cut -d' ' -f5 /proc/self/mountinfo | grep -cE '^/proc/(sys|keys)$'; true"
            try await node.run(
                "bare",
                [
                    "hostUsers": false, "restartPolicy": "Never",
                    "containers": Self.container(script, ["securityContext": ["procMount": "Unmasked"]]),
                ])
            try await node.run("masked", ["hostUsers": false, "restartPolicy": "Never", "containers": Self.container(script)])
            let masked: View<Pod> = try await node.waitForPhase("masked", "Succeeded")
            #expect(try await node.log(kubelet, masked) == "2\n")
            let bare: View<Pod> = try await node.waitForPhase("bare", "Succeeded")
            #expect(try await node.log(kubelet, bare) == "0\n")
        }
        await node.end()
    }

    @Test func `kernel parameters that are the pod's own are set, others are refused for ever`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            func pod(_ name: String, _ sysctl: String, _ value: String) async throws {
                let script = "cat /proc/sys/net/ipv4/ip_local_port_range"
                try await node.run(
                    name,
                    [
                        "restartPolicy": "Never", "containers": Self.container(script),
                        "securityContext": ["sysctls": [["name": .string(sysctl), "value": .string(value)]]],
                    ])
            }
            try await pod("tuned", "net.ipv4.ip_local_port_range", "40000 40100")
            let tuned: View<Pod> = try await node.waitForPhase("tuned", "Succeeded")
            #expect(try await node.log(kubelet, tuned) == "40000\t40100\n")
            try await pod("unsafe", "kernel.msgmax", "10000")
            let refused: View<Pod> = try await node.waitForPhase("unsafe", "Failed")
            #expect(refused.status.reason == "SysctlForbidden")
            #expect(refused.status.message == "Pod was rejected: forbidden sysctl: \"kernel.msgmax\" not allowlisted")
            try await eventually("the event is told") {
                try await node.events("unsafe") == ["SysctlForbidden: forbidden sysctl: \"kernel.msgmax\" not allowlisted"]
            }
        }
        await node.end()
    }

    @Test func `a pod that does not fit is refused`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell("huge", "exit 0", ["resources": ["requests": ["cpu": "1000"]]])
            let refused: View<Pod> = try await node.waitForPhase("huge", "Failed")
            #expect(refused.status.reason == "OutOfcpu")
            let all = Int(Host.processors) * 1000
            #expect(
                refused.status.message
                    == "Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: 0, capacity: \(all)")
        }
        await node.end()
    }

    @Test func `a critical pod that the node has no room for gets that of another`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            let all: JSON = ["resources": ["requests": ["cpu": .int(Int64(node.processors))]]]
            try await node.shell("low", "exec sleep 1000", all)
            try await node.waitForPhase("low", "Running")
            var container: JSON = ["name": "main", "image": "host", "command": ["true"]]
            container["resources"] = all["resources"]
            try await node.run("high", ["priorityClassName": "system-node-critical", "restartPolicy": "Never", "containers": [container]])
            try await node.waitForPhase("high", "Succeeded")
            let low: View<Pod> = try await node.waitForPhase("low", "Failed")
            #expect(low.status.reason == "Preempting" && low.status.message == "Preempted in order to admit critical pod")
            #expect(low.condition("DisruptionTarget")?.reason == "TerminationByKubelet")
        }
        await node.end()
    }

    @Test func `what the node says of itself now decides on a pod that names it`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            let spec: JSON = ["nodeSelector": ["disk": "ssd"], "restartPolicy": "Never", "containers": Self.container("true")]
            try await node.run("stranger", spec)
            #expect(try await node.waitForPhase("stranger", "Failed").status.reason == "NodeAffinity")
            let key = ObjectKey(namespace: "", name: TestNode.name)
            _ = try await node.client.patch(Node.self, key, ["metadata": ["labels": ["disk": "ssd"]]])
            try await node.run("friend", spec)
            try await node.waitForPhase("friend", "Succeeded")
        }
        await node.end()
    }

    @Test func `what was said of a refused pod stays, whoever starts the kubelet again`() async throws {
        let node = try await TestNode()
        let refused: View<Pod> = try await node.withKubelet { _ in
            try await node.run("no", ["os": ["name": "windows"], "restartPolicy": "Never", "containers": Self.container("true")])
            let pod: View<Pod> = try await node.waitForPhase("no", "Failed")
            #expect(pod.status.reason == "PodOSNotSupported")
            return pod
        }
        try await node.withKubelet { _ in
            // A pod that comes later has run: the first one was looked at before.
            try await node.shell("later", "true")
            try await node.waitForPhase("later", "Succeeded")
            #expect(try await node.pod("no").status == refused.status)
        }
        await node.end()
    }

    @Test func `hostNetwork is the node's network: its address, other pods, and ports that the host reaches`() async throws {
        let node = try await TestNode()
        let port = Int.random(in: 21_000...29_000)
        try await node.withKubelet { kubelet in
            let server =
                "import socket; s = socket.create_server((\"\", \(port)))\nwhile True: c = s.accept()[0]; c.sendall(b\"here\"); c.close()"
            try await node.run(
                "agent",
                [
                    "hostNetwork": true,
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["python3", "-c", .string(server)],
                            "ports": [["containerPort": .int(Int64(port)), "hostPort": .int(Int64(port))]],
                        ]
                    ],
                ])
            let agent: View<Pod> = try await node.waitForPhase("agent", "Running")
            #expect(agent.status.podIP == "10.244.0.1" && agent.status.hostIP == "10.244.0.1")
            let client = "import socket; print(socket.create_connection((\"10.244.0.1\", \(port))).recv(9))"
            try await node.run(
                "other",
                [
                    "restartPolicy": "OnFailure",
                    "containers": [["name": "main", "image": "host", "command": ["python3", "-c", .string(client)]]],
                ])
            let other: View<Pod> = try await node.waitForPhase("other", "Succeeded")
            #expect(try await node.log(kubelet, other).hasSuffix("b'here'\n"))
            #expect(Self.askHost(port) == "here")
        }
        await node.end()
    }

    @Test func `a hostPort leads to the pod from the host and from other pods`() async throws {
        let node = try await TestNode()
        let port = Int.random(in: 21_000...29_000)
        try await node.withKubelet { kubelet in
            let server =
                "import socket; s = socket.create_server((\"\", 80)); c = s.accept()[0]; c.sendall(b\"one\"); c.close();"
                + "c = s.accept()[0]; c.sendall(b\"two\"); c.close(); import time; time.sleep(1000)"
            let spec: JSON = [
                "containers": Self.container(
                    "exec python3 -c '\(server)'", ["ports": [["containerPort": 80, "hostPort": .int(Int64(port))]]])
            ]
            try await node.run("door", spec)
            try await node.waitForPhase("door", "Running")
            try await eventually("the host reaches it") { Self.askHost(port) == "one" }
            #expect(Self.ask { try node.network.connectBlocking("10.244.0.1", port: port, timeout: .seconds(5)) } == "two")
            try await node.run("late", spec)
            let late: View<Pod> = try await node.waitForPhase("late", "Failed")
            #expect(late.status.reason == "NodePorts")
            #expect(late.status.message.hasSuffix("Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"))
            try await node.delete("door", gracePeriodSeconds: 0)
            try await node.waitUntilGone("door")
            try await eventually("the port is shut") { !ClusterNetwork.isListening("127.0.0.1", port: port) }
            // A program of the host has the port: the pod runs, and its user is told.
            let listener: Int32 = try ClusterNetwork(hostNetworkBecause: nil).listen("127.0.0.1", port: port)
            defer { close(listener) }
            try await node.run("again", spec)
            try await node.waitForPhase("again", "Running")
            try await eventually("it says so") {
                try await node.events("again").contains("HostPortUnavailable: 127.0.0.1:\(port) is not open: address already in use")
            }
        }
        await node.end()
    }
}
