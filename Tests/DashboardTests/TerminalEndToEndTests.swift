import API
import TestSupport
import Testing

/// The program itself on a terminal, which the tool `script` makes.
@Suite(.enabled(if: Command.path(of: "script") != nil)) struct TerminalEndToEndTests {
    /// Runs `swkube dashboard` with these keys typed; what the terminal got, and the exit code.
    private static func dashboard(_ keys: String, port: Int, _ environment: [String: String] = [:]) async throws -> Command.Outcome {
        let folder = try TemporaryFolder("terminal")
        let config: String = try folder.write(
            """
            {apiVersion: v1, kind: Config, current-context: test, clusters: [{name: c, cluster: {server: "http://127.0.0.1:\(port)"}}],
             users: [{name: u, user: {}}], contexts: [{name: test, context: {cluster: c, user: u}}]}
            """, to: "config")
        let variables: [String: String] = [
            "TERM": "xterm", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "KUBECONFIG": config, "HOME": folder.path,
        ]
        return try await Command.run(
            "script", ["-qec", "\(TestHome.binary) dashboard", "/dev/null"], environment: variables.merging(environment) { $1 }, input: keys
        )
    }

    @Test func `it draws on a screen of its own and leaves the terminal as it was`() async throws {
        try await TestFront.with(try await TestServer()) { front in
            let outcome: Command.Outcome = try await Self.dashboard(":q\r", port: front.port)
            #expect(outcome.code == 0, "\(outcome)")
            let drawn: String = outcome.output
            #expect(drawn.contains("\u{1B}[?1049h\u{1B}[?25l"))
            #expect(drawn.contains("pods(default)"))
            #expect(drawn.hasSuffix("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l"))
        }
    }

    @Test func `whoever cannot reach the cluster reads so in the usual place`() async throws {
        let closed = try ClosedPort()
        defer { withExtendedLifetime(closed) {} }
        let outcome: Command.Outcome = try await Self.dashboard("", port: closed.number)
        #expect(outcome.code == 1)
        #expect(outcome.output.contains("was refused"))
        #expect(!outcome.output.contains("\u{1B}[?1049h"))
    }

    @Test(arguments: [("dumb", "such a terminal cannot place text; give --web for a page"), ("", "cannot place text")])
    func `a terminal that cannot place text is refused`(term: String, text: String) async throws {
        let outcome: Command.Outcome = try await Self.dashboard("", port: 1, ["TERM": term])
        #expect(outcome.code == 1)
        #expect(outcome.output.contains(text))
    }
}
