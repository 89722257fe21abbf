import Client
import Dashboard
import HTTP
import Machinery
import Sandbox

/// `dashboard`: the cluster on a screen of the terminal, or as a page in the browser.
package struct DashboardVerb: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Look at a cluster and change it, in the terminal or the browser.",
        usage: "swkube dashboard [RESOURCE] [-n NAMESPACE | -A] [flags]\nswkube dashboard --web [--port PORT]",
        discussion: """
            In the terminal, keys are those of k9s. NO_COLOR turns colours off. With --web, a page is served on this machine for one \
            browser: the link that is printed is good once.

            \(KeyHelp.text)
            """)

    @Argument(help: "What to show first: pods, deploy, nodes.", value: "resource")
    var resource: String?

    @Flag("all-namespaces", "A", help: "Show the objects of all namespaces.")
    var allNamespaces = false

    @Flag("web", help: "Serve a page for a browser on 127.0.0.1.")
    var web = false

    @Option("port", help: "Port of the page; 0 takes a free one.", value: "int")
    var port = 0

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let host: DashboardHost = DashboardSource(connection: connection, shell: shell).host
        if web { return try await serve(host, shell) }
        guard Terminal.isTerminal(0), Terminal.isTerminal(1) else {
            throw Failure("the dashboard needs a terminal; give --web for a page in the browser, or use `swkube get -w`")
        }
        guard let look = Look(environment: shell.environment) else {
            throw Failure(
                "TERM is \(JSON.quoted(shell.environment("TERM") ?? "")): such a terminal cannot place text; give --web for a page")
        }
        let namespace: String? = allNamespaces ? nil : try connection.access(shell).namespace
        try await TerminalDashboard(host: host, look: look, namespace: namespace, now: shell.now).run(first: resource)
    }

    private func serve(_ host: DashboardHost, _ shell: Shell) async throws {
        let signals = StopSignals()
        let page: WebDashboard
        do { page = try await WebDashboard(host: host, port: port) } catch let error as HTTPError { throw Failure("\(error)") }
        let place: String = resource.map { "#/list/\($0)" } ?? ""
        shell.output.line("The dashboard is at \(page.url)\(place)")
        shell.output.line("The link is good once, for the browser that opens it first. Ctrl-C ends the dashboard.")
        shell.output.flush()
        await signals.wait()
        await page.shutdown()
    }
}

/// What a dashboard asks of this program.
private struct DashboardSource: Sendable {
    let connection: ConnectionOptions
    let shell: Shell

    var host: DashboardHost {
        DashboardHost(
            connect: connect, contexts: contexts,
            run: { context, words, write in
                let output = Output { stream, bytes in write(bytes, stream == .error) }
                let shell = Shell(output: output, environment: self.shell.environment, now: self.shell.now)
                return await CLI.run(words + flags(context), in: shell)
            },
            interact: { context, words in
                // Behind `--` stands what is not for this program.
                let end: Int = words.firstIndex(of: "--") ?? words.count
                var program = Program(Host.executable, words[..<end] + flags(context) + words[end...])
                program.takesInterrupts = true
                return await BlockingThread.run { [program] in
                    let code: Int32 = (try? program.run().code) ?? 127
                    guard code != 0 else { return code }
                    // What went wrong stands on the screen that is about to go.
                    self.shell.output.note("\(words[0]) ended with exit code \(code); enter goes back to the dashboard")
                    self.shell.output.flush()
                    _ = try? self.shell.line()
                    return code
                }
            })
    }

    /// Of the cluster that is shown.
    private func options(_ context: String?) -> ConnectionOptions {
        var options: ConnectionOptions = connection
        if let context, !context.isEmpty, context != options.context {
            options.context = context
            options.namespace = nil
        }
        return options
    }

    private func flags(_ context: String) -> [String] { options(context).words }

    private func connect(_ context: String?) throws -> DashboardConnection {
        let options: ConnectionOptions = options(context)
        let access: ClusterAccess = try options.access(shell).withCredentials()
        let config: Kubeconfig = try options.files(shell).load()
        let name: String = options.context ?? config.currentContext
        let user: String = options.user.last ?? config[.contexts, name]?["user"]?.string ?? ""
        return DashboardConnection(
            transport: HTTPSTransport(access, userAgent: CLI.program),
            facts: ClusterFacts(
                context: name, server: access.server.description, user: options.impersonatedUser ?? user, namespace: access.namespace))
    }

    private func contexts() throws -> [ClusterFacts] {
        let config: Kubeconfig = try connection.files(shell).load()
        return config.names(.contexts).map { name in
            let context: JSON = config[.contexts, name] ?? [:]
            return ClusterFacts(
                context: name, server: context["cluster"]?.string ?? "", user: context["user"]?.string ?? "",
                namespace: context["namespace"]?.string ?? "default")
        }
    }
}
