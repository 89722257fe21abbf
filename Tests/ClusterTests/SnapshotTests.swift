import TestSupport
import Testing

extension EndToEnd {
    /// `snapshot`: a cluster is copied while it runs, and comes back under its own name and another.
    @Suite struct SnapshotTests {
        @Test func `what was saved comes back, and what came later does not`() async throws {
            try await TestHome.with { home in
                try await home.start()
                try await home.check("create", "configmap", "early", "--from-literal=a=1")
                let before: String = try await home.check(
                    "get", "cm", "early", "-o", "jsonpath={.metadata.uid} {.metadata.resourceVersion}")
                let saved: String = try await home.check("snapshot", "save", "first")
                #expect(saved.hasPrefix("Saved cluster swkube as snapshot first (revision "), "\(saved)")
                try await home.check("create", "configmap", "late")
                try await home.check("delete", "cm", "early")
                let refused: Command.Outcome = try await home.swkube("snapshot", "restore", "first")
                #expect(refused.code == 1 && refused.error.contains("Stop it first"), "\(refused)")

                try await home.check("snapshot", "restore", "first", "--cluster", "other")
                try await home.check("start", "--cluster", "other")
                #expect(try await home.check("get", "cm", "-o", "name") == "configmap/early\nconfigmap/kube-root-ca.crt\n")
                #expect(
                    try await home.check("get", "cm", "early", "-o", "jsonpath={.metadata.uid} {.metadata.resourceVersion}") == before)

                try await home.check("stop")
                try await home.check("snapshot", "save", "second")
                try await home.check("snapshot", "restore", "first")
                try await home.check("start")
                #expect(try await home.check("get", "cm", "-o", "name") == "configmap/early\nconfigmap/kube-root-ca.crt\n")
                #expect(try await home.check("snapshot", "ls", "-o", "name") == "first\nsecond\n")
                let taken: Command.Outcome = try await home.swkube("snapshot", "save", "first")
                #expect(taken.code == 1 && taken.error.contains("exists already"), "\(taken)")
                try await home.check("snapshot", "delete", "first", "second")
                let none: Command.Outcome = try await home.swkube("snapshot", "restore", "first")
                #expect(none.code == 1 && none.error.contains("there is no snapshot first"), "\(none)")
            }
        }
    }

    /// `pause`: time and processes stand still, and the API answers.
    @Suite struct PauseTests {
        private static let pod = """
            printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: ticker}\nspec: {containers: [{name: a, image: host/sh, command: [sh, -c, \
            "while :; do date +%%s.%%N; sleep 0.05; done"]}]}' | swkube apply -f - && swkube wait pod/ticker --for=condition=Ready
            """

        @Test func `a paused cluster does nothing, answers, and goes on`() async throws {
            try await TestHome.with { home in
                try await home.start()
                _ = try await home.bash(Self.pod).checked()
                try await eventually("it ticks") {
                    try await home.check("logs", "ticker")
                } until: {
                    !$0.isEmpty
                }
                let paused: String = try await home.check("pause")
                #expect(paused.hasPrefix("Paused cluster swkube: ") && !paused.contains(" 0 processes"), "\(paused)")
                #expect(try await home.check("status").contains("It is paused"))
                // The log's last lines are written by the pod's parent, which goes on.
                let first: String = try await stillLog(home)
                #expect(try await home.check("logs", "ticker") == first)
                #expect(try await home.check("unpause") == "Cluster swkube goes on.\n")
                try await eventually("it ticks again") {
                    try await home.check("logs", "ticker")
                } until: {
                    $0.count > first.count
                }
                #expect(try await home.check("get", "pod", "ticker", "-o", "jsonpath={.status.containerStatuses[0].restartCount}") == "0")
            }
        }

        @Test func `a stop, and a start after a crash, end the pause`() async throws {
            try await TestHome.with { home in
                try await home.start()
                _ = try await home.bash(Self.pod).checked()
                try await home.check("pause")
                _ = try await home.bash("kill -9 $(swkube status -o json | grep -o '[0-9]*' | tail -1)").checked()
                try await eventually("it died") {
                    try await home.swkube("status").code
                } until: {
                    $0 == 3
                }
                try await home.check("start")
                let before: String = try await home.check("logs", "ticker")
                try await eventually("it ticks again") {
                    try await home.check("logs", "ticker")
                } until: {
                    $0.count > before.count
                }
                try await home.check("pause")
                #expect(try await home.check("stop") == "Stopped cluster swkube.\n")
            }
        }

        /// The log when it grows no more.
        private func stillLog(_ home: TestHome) async throws -> String {
            var last: String = try await home.check("logs", "ticker")
            return try await eventually("the log stands still") { () -> String? in
                let now: String = try await home.check("logs", "ticker")
                defer { last = now }
                return now == last ? now : nil
            } until: {
                $0 != nil
            } ?? ""
        }
    }
}
