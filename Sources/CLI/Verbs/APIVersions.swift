import Client

/// `api-versions`: the API groups and versions that the server offers.
package struct APIVersions: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "api-versions", abstract: "Show the API groups and versions that the server offers.",
        usage: "swkube api-versions [flags]")

    @Argument(isHidden: true)
    var words: [String] = []

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if !words.isEmpty {
            throw Failure(
                "unexpected arguments: [\(words.joined(separator: " "))]\nSee '\(CLI.program) api-versions -h' for help and examples")
        }
        let session: Session = try connection.session(shell)
        for version in try await session.catalog.groups().map(\.apiVersion).sorted() { shell.output.line(version) }
        try session.finish()
    }
}
