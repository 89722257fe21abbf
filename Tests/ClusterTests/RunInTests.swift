import Cluster
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// `run-in`: a cluster that is there for one command.
    @Suite struct RunInTests {
        @Test func `a command has a cluster of its own, its exit code is kept, and nothing stays`() async throws {
            try await TestHome.with { home in
                let done: Command.Outcome = try await home.bash(
                    """
                    export TMPDIR=\(home.folder.file("home"))
                    swkube run-in -- bash -c 'swkube create configmap a && swkube get nodes -o name && swkube config current-context; exit 7'
                    """)
                #expect(done.code == 7, "\(done)")
                #expect(done.output == "configmap/a created\nnode/local\nswkube\n", "\(done)")
                #expect(try await home.bash("ls \(home.folder.file("home"))").output == "")
                #expect(try await home.swkube("status").code == 4)
            }
        }

        @Test func `a missing program is named, and a cluster without its run-in ends by itself`() async throws {
            try await TestHome.with { home in
                let temporary: String = home.folder.file("home")
                let missing: Command.Outcome = try await home.bash("TMPDIR=\(temporary) swkube run-in -- no-such-program")
                #expect(missing.code == 1 && missing.error.contains("no-such-program"), "\(missing)")
                let killed: Command.Outcome = try await home.bash(
                    "TMPDIR=\(temporary) swkube run-in -- bash -c 'swkube run web --image=host/sh -- sleep 1000; kill -9 $PPID'")
                #expect(killed.code == 137, "\(killed)")
                try await eventually("the cluster and its folder are gone") { try await home.bash("ls \(temporary)").output == "" }
            }
        }
    }
}
