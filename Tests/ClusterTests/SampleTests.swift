import FoundationEssentials
import TestSupport
import Testing

extension EndToEnd {
    /// Every file under `samples/` works as it stands.
    @Suite struct SampleTests {
        private static let folder = String(#filePath.split(separator: "/").dropLast(3).joined(separator: "/"))

        private func sample(_ name: String) -> String { "/\(Self.folder)/samples/\(name)" }

        @Test func `each manifest comes up, and goes`() async throws {
            // A kind goes before its objects; servers need programs that not every machine has.
            let names: [String] = try FileManager.default.contentsOfDirectory(atPath: sample("")).filter { $0.hasSuffix(".yaml") }.sorted()
            let isLast: Set<String> = ["backup.yaml"]
            let ordered: [String] = names.filter { !isLast.contains($0) && $0 != "servers.yaml" } + isLast
            try await TestHome.with { home in
                try await home.start()
                for name in ordered { try await home.check("apply", "-f", sample(name), "--wait-ready", "--timeout=90s") }
                #expect(try await home.value("backups/nightly", "{.spec.copies}") == "2")
                try await home.check("scale", "backup/nightly", "--replicas=3")
                #expect(try await home.value("backups/nightly", "{.spec.copies}") == "3")
                #expect(try await home.check("logs", "ring-1").hasPrefix("ring-1 was here"))
                // What is exported can be taken back, and says nothing new.
                let back: Command.Outcome = try await home.bash(
                    "cd \(home.folder.file("home")) && swkube export | tee exported.yaml | swkube apply --dry-run=server -f - | grep -vE 'configured|unchanged'; grep -cE 'uid:|clusterIP: 1' exported.yaml"
                )
                #expect(back.output == "0\n", "\(back)")
                for name in ordered.reversed() { try await home.check("delete", "-f", sample(name), "--timeout=90s") }
                try await eventually("all pods are gone") { try await home.check("get", "pods", "-o", "name") == "" }
            }
        }

        @Test func `the script of a release and a drain ends well`() async throws {
            try await TestHome.with { home in
                let run: Command.Outcome = try await home.bash("swkube run-in --nodes 2 -- \(sample("scripts/rollout-and-drain.sh"))")
                #expect(run.code == 0 && run.output.hasSuffix("rolled out, drained, and gone\n"), "\(run)")
            }
        }
    }
}
