import FoundationEssentials
import Glibc
import Machinery
import Sandbox
import TestSupport
import Testing

@testable import Cluster

extension EndToEnd {
    /// What a cluster leaves on its host: nothing.
    @Suite struct LeftoverTests {
        /// The host's network and files as anybody can see them.
        private struct HostState: Equatable {
            var routes = LeftoverTests.text("/proc/net/route")
            var interfaces = LeftoverTests.text("/proc/net/dev").split(separator: "\n").compactMap {
                $0.split(separator: ":").first.map(String.init)
            }
            var resolver = LeftoverTests.text("/etc/resolv.conf")
            var mounts = LeftoverTests.text("/proc/self/mountinfo")
            var forwarding = LeftoverTests.text("/proc/sys/net/ipv4/ip_forward")
        }

        static func text(_ path: String) -> String {
            (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }

        private static var everybody: [Int32] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
        }

        /// Numbers that each run of each container has written, by the path of its log.
        private static func logs(below folder: String) -> [String: [Int]] {
            var all: [String: [Int]] = [:]
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                let path = "\(folder)/\(name)"
                if path.hasSuffix(".log") {
                    all[path] = text(path).split(separator: "\n").compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
                } else {
                    all.merge(logs(below: path)) { first, _ in first }
                }
            }
            return all
        }

        private static func rules() async throws -> String {
            guard Host.isRoot, Command.path(of: "nft") != nil else { return "" }
            return try await Command.run("/bin/sh", ["-c", "nft list ruleset"], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
                .output
        }

        /// Numbers of processes that were started for a folder.
        private static func processes(of folder: String) -> [Int32] {
            everybody.filter { pid in
                let line: [String] = text("/proc/\(pid)/cmdline").split(separator: "\0").map(String.init)
                return line.first?.hasPrefix("swkube-") == true && line.contains { $0.hasPrefix(folder) }
            }
        }

        @Test func `the host's network, mounts and name servers are as before`() async throws {
            let before = HostState()
            let rulesBefore: String = try await Self.rules()
            try await TestHome.with { home in
                try await home.start()
                try await home.apply(Manifest.deployment(replicas: 2))
                try await eventually("two servers") { try await home.value("deployment/web", "{.status.readyReplicas}") == "2" }
                #expect(HostState() == before)
                #expect(try await Self.rules() == rulesBefore)
                try await home.check("delete-cluster")
                #expect(HostState() == before)
                #expect(Self.processes(of: home.dataFolder).isEmpty)
            }
        }

        /// `SWKUBE_KILLS` says how many; by hand take 200.
        private static let kills: Int = Command.environment["SWKUBE_KILLS"].flatMap { Int($0) } ?? 30

        @Test func `a container runs on while its cluster is killed again and again, and no line of its log is lost`() async throws {
            try await TestHome.with { home in
                try await home.start()
                try await home.apply(
                    """
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: counter}
                    spec:
                      containers:
                      - name: main
                        image: host
                        command: [sh, -c, 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.01; done']
                    """)
                try await eventually("it runs") { try await home.value("pod/counter", "{.status.phase}") == "Running" }
                let before: String = try await home.value("pod/counter", "{.status.containerStatuses[0].containerID}")
                for _ in 0..<max(3, Self.kills / 10) {
                    kill(try await home.pid(), SIGKILL)
                    try await home.start()
                }
                try await eventually("it is found again") {
                    try await home.value("pod/counter", "{.status.containerStatuses[0].ready}") == "true"
                }
                let status = "{.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}"
                #expect(try await home.value("pod/counter", status) == before + " 0")
                let lines: [Int] = try await home.bash("swkube logs counter").checked().split(separator: "\n").compactMap { Int($0) }
                #expect(lines.count > 10 && lines == Array(0..<lines.count))
            }
        }

        @Test func `whatever is killed, the pods come back, and in the end nothing is left`() async throws {
            try await TestHome.with { home in
                try await home.start()
                let count = "i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done"
                try await home.apply(Manifest.deployment(replicas: 3).replacing("echo $WORD; exec sleep 1000", with: count))
                let names = "{.items[*].metadata.uid}"
                try await eventually("three are ready") { try await home.value("deployment/web", "{.status.readyReplicas}") == "3" }
                let pods: String = try await home.value("pods", names)
                var losses = 0
                for _ in 0..<Self.kills {
                    let parents: [Int32] = Self.processes(of: home.dataFolder)
                    let main: Int32 = try await home.pid()
                    if let victim = (parents + [main, main]).randomElement() {
                        // With the network's holder all pods lose their networks.
                        let isNetwork: Bool = Self.text("/proc/\(victim)/cmdline").hasPrefix("swkube-network")
                        kill(victim, SIGKILL)
                        if victim == main { try await home.start() } else { losses += isNetwork ? 3 : 1 }
                    }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...150)))
                }
                try await eventually("three are ready", within: .seconds(120)) {
                    try await home.value("deployment/web", "{.status.readyReplicas}") == "3"
                }
                // They are the same pods; what was killed was started again, once for each pod that a kill ended.
                #expect(try await home.value("pods", names) == pods)
                let counts = "{.items[*].status.containerStatuses[0].restartCount}"
                let restarts: [Int] = try await home.value("pods", counts).split(separator: " ").compactMap { Int($0) }
                #expect(restarts.count == 3 && restarts.reduce(0, +) <= losses, "\(restarts) after \(losses) losses")
                let groups: [String] = Self.text(try home.profile().controlGroupsPath).split(separator: "\n").map(String.init)
                let logs: [String: [Int]] = Self.logs(below: try home.profile().podLogsFolder)
                #expect(logs.count >= 3)
                // Each run wrote a log of its own, from its first line on, without a gap; the last one's number is the restart count.
                for (path, lines) in logs { #expect(lines == Array(0..<lines.count), "\(path): \(lines)") }
                let numbers: [Int] = logs.keys.compactMap { Int($0.split(separator: "/").last?.dropLast(4) ?? "") }
                #expect(restarts.allSatisfy { numbers.contains($0) } && numbers.max() == restarts.max(), "\(restarts), \(numbers)")
                try await home.check("delete-cluster")
                try await eventually("no process is left") { Self.processes(of: home.dataFolder).isEmpty }
                #expect(!Self.text("/proc/self/mountinfo").contains(home.dataFolder))
                #expect(!FileManager.default.fileExists(atPath: try home.profile().folder))
                for group in groups { #expect(!FileManager.default.fileExists(atPath: group), "\(group)") }
                // Nobody sees a mount of the cluster's: so none of its pods' namespaces is left, and no interface in one.
                #expect(Self.everybody.filter { Self.text("/proc/\($0)/mountinfo").contains(home.dataFolder) }.isEmpty)
            }
        }
    }
}
