import API
import Client
import Machinery

/// `version`: the versions of this program and of the server.
package struct Version: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the versions of this program and of the server.", usage: "swkube version [--client] [flags]"
    )

    @Flag("client", help: "Show this program's version only; no server is asked.")
    var client = false

    @Option("output", "o", help: "Form of output: json or yaml.", value: "format")
    var output: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package var isLocal: Bool { client }

    package func runLocally(in shell: Shell) throws {
        try checkOutput()
        show(nil, shell)
    }

    package func run(in shell: Shell) async throws {
        try checkOutput()
        guard !client else { return show(nil, shell) }
        var server: JSON?
        var failure: (any Error)?
        do {
            let session: Session = try connection.session(shell)
            server = try session.json(try await session.transport.raw("/version", accept: "application/json").body)
        } catch let error as KubeconfigError {
            throw error
        } catch {
            failure = error
        }
        show(server, shell)
        if let failure { throw failure }
    }

    private func checkOutput() throws {
        if let output, !["", "json", "yaml"].contains(output) { throw Failure("--output must be 'yaml' or 'json'") }
    }

    /// What is known without a server.
    func show(_ server: JSON?, _ shell: Shell) {
        var document: JSON = [
            "clientVersion": [
                "major": .string(Versions.major), "minor": .string(Versions.minor), "gitVersion": .string(Versions.kubernetes),
                "swkubeVersion": .string(Versions.swkube),
                "compiler": "swift", "platform": .string(Versions.platform),
            ]
        ]
        if let server { document["serverVersion"] = server }
        switch output {
        case "json": shell.output.line(document.sortedByKey.text(JSONStyle(indent: 2)))
        case "yaml": shell.output.write(YAML.write(document))
        default:
            shell.output.line("Client Version: \(Versions.kubernetes)")
            shell.output.line("swkube Version: \(Versions.swkube)")
            if let text = server?["gitVersion"]?.string { shell.output.line("Server Version: \(text)") }
        }
    }
}
