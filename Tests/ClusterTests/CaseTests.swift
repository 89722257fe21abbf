import Testing

extension EndToEnd {
    @Suite struct CaseTests {
        @Test(arguments: Case.all) func `a folder's commands print what is expected`(_ test: Case) async throws { try await test.run() }
    }
}
