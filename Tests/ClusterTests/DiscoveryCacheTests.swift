import TestSupport
import Testing

extension EndToEnd {
    @Suite struct DiscoveryCacheTests {
        @Test func `what the server offers is asked for again only when it is something else`() async throws {
            try await TestHome.with { home in
                try await home.start()
                let first: Command.Outcome = try await home.swkube("api-resources", "-v=6")
                #expect(first.error.contains("/apis 200 "), "\(first)")
                // Kinds that the cluster adds itself may still come.
                let second: Command.Outcome = try await eventually(
                    "nothing is new", { try await home.swkube("api-resources", "-v=6") }, until: { $0.error.contains("/apis 304 ") })
                try await home.check("apply", "-f", Case.root + "/samples/custom-resource.yaml")
                let third: Command.Outcome = try await home.swkube("api-resources", "-v=6")
                #expect(third.error.contains("/apis 200 ") && third.output != second.output, "\(third)")
            }
        }
    }
}
