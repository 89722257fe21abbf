import API
import Client
import Machinery
import Sandbox

/// `port-forward`: opens ports of a pod on this machine.
package struct PortForward: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "port-forward", abstract: "Open ports of a pod on this machine.",
        usage: "swkube port-forward TYPE/NAME [flags] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
        discussion: "Ends when the pod does, or with Ctrl-C. A local port of 0 or none (:80) takes a free one.")

    @Argument(help: "A pod, service or workload, then ports: svc/web 8080:80.", value: "pod-and-ports")
    var words: [String] = []

    @Option("address", help: "Addresses to listen on, with commas between them; localhost is both 127.0.0.1 and ::1.", value: "list")
    var address = "localhost"

    @Option("pod-running-timeout", help: "How long to wait until a pod runs.", value: "duration")
    var podRunningTimeout = Span(.seconds(60))

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        guard words.count >= 2 else {
            throw Failure(
                "TYPE/NAME and list of ports are required for port-forward\nSee '\(CLI.program) port-forward -h' for help and examples")
        }
        if podRunningTimeout.duration <= .zero { throw ProgramOptions.noTime(Self.commandName) }
        let session: Session = try connection.session(shell)
        let target: ForwardTarget = try await ForwardTarget(words[0], session, wait: podRunningTimeout.duration)
        let ports: [ForwardedPort] = try words.dropFirst().map { try target.port($0) }
        guard target.pod.status.phase == "Running" else {
            throw Failure("unable to forward port because pod is not running. Current status=\(target.pod.status.phase)")
        }
        let loop = try StreamLoop()
        let remote = try await PodPorts(target.pod.key, session)
        let listeners: [(Listener, ForwardedPort)] = try listen(loop, ports, shell.output)
        shell.output.flush()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await remote.lost() }
            group.addTask {
                await withDiscardingTaskGroup { group in
                    for (listener, port) in listeners { group.addTask { await serve(listener, port, remote, shell.output) } }
                }
            }
            // The connection to the server is lost, or a connection to the pod failed: either way it is over.
            await group.next()
            remote.close()
            for (listener, _) in listeners { listener.close() }
            group.cancelAll()
        }
        throw Failure("lost connection to pod")
    }

    private func serve(_ listener: Listener, _ port: ForwardedPort, _ remote: PodPorts, _ output: Output) async {
        await withDiscardingTaskGroup { group in
            while let connection = await listener.accept() {
                output.line("Handling connection for \(listener.port)")
                output.flush()
                group.addTask {
                    do {
                        try await remote.forward(connection, port: port.remote)
                    } catch {
                        output.note("an error occurred forwarding \(listener.port) -> \(port.remote): \(Failure(error).description)")
                        output.flush()
                        // As kubectl since 1.23: the pod may have been replaced.
                        remote.close()
                    }
                }
            }
        }
    }

    /// Of several addresses one that can be had is enough.
    private func listen(_ loop: StreamLoop, _ ports: [ForwardedPort], _ output: Output) throws -> [(Listener, ForwardedPort)] {
        var addresses: [(text: String, isNeeded: Bool)] = []
        for part in address.split(separator: ",") {
            if part == "localhost" { addresses += [("127.0.0.1", true), ("::1", false)] } else { addresses.append((String(part), true)) }
        }
        var listeners: [(Listener, ForwardedPort)] = []
        for port in ports {
            var chosen: UInt16 = port.local
            var problems: [String] = []
            var count = 0
            for (text, _) in addresses {
                do throws(SandboxError) {
                    let listener: Listener = try loop.listen(address: text, port: chosen)
                    chosen = listener.port
                    let shown: String = text.contains(":") ? "[\(text)]" : text
                    output.line("Forwarding from \(shown):\(listener.port) -> \(port.remote)")
                    listeners.append((listener, port))
                    count += 1
                } catch {
                    problems.append(
                        "unable to create listener: Error listen \(text.contains(":") ? "tcp6" : "tcp4") "
                            + "\(text.contains(":") ? "[\(text)]" : text):\(chosen): bind: \(error.reason)")
                }
            }
            if count == 0 {
                output.note(
                    "Unable to listen on port \(port.local): Listeners failed to create with the following errors: [\(problems.joined(separator: " "))]"
                )
                throw Failure("unable to listen on any of the requested ports: [{\(port.local) \(port.remote)}]")
            }
        }
        return listeners
    }
}

/// A port here and the port of the pod that it leads to.
struct ForwardedPort: Sendable, Equatable {
    /// 0 for any that is free.
    let local: UInt16
    let remote: Int
}

/// What `port-forward` leads to: a pod, perhaps found by its service.
struct ForwardTarget {
    let pod: View<Pod>
    private let service: View<Service>?

    /// - Parameter word: `web-1`, `pod/web-1`, `svc/web`, `deploy/web`.
    init(_ word: String, _ session: Session, wait: Duration) async throws {
        let choice = PodChoice(session: session, wait: wait)
        let parts: [Substring] = word.split(separator: "/")
        if parts.count == 2, try await session.resource(String(parts[0])).resource == Service.names.resource {
            let service = View<Service>(
                try await session.send(APIRequest(.get, Service.names.resource, namespace: session.namespace, name: String(parts[1]))))
            guard let labels = try PodSelector.text(of: service.json), !labels.isEmpty else {
                throw Failure("cannot attach to *v1.Service: invalid service '\(service.name)': Service is defined without a selector")
            }
            self.service = service
            pod = try await choice.best(labels)
        } else {
            service = nil
            pod = try await choice.pod(word)
        }
    }

    /// Reads `8080:80`, `:80`, `80` and names of ports. Source: `parsePorts` of k8s.io/client-go/tools/portforward and
    /// `translateServicePortToTargetPort` of kubectl.
    func port(_ text: String) throws -> ForwardedPort {
        let parts: [Substring] = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { throw Failure("invalid port format '\(text)'") }
        let named: Substring = parts[parts.count - 1]
        let remote: Int = try Int(named).map { try number($0) } ?? number(named: String(named))
        guard (1...65535).contains(remote) else { throw Failure("remote port must be > 0") }
        if parts.count == 2 {
            guard let local = parts[0].isEmpty ? 0 : UInt16(parts[0]) else {
                throw Failure("error parsing local port '\(parts[0])': strconv.ParseUint: parsing \"\(parts[0])\": invalid syntax")
            }
            return ForwardedPort(local: local, remote: remote)
        }
        return ForwardedPort(local: UInt16(named) ?? UInt16(clamping: remote), remote: remote)
    }

    /// The pod's port for a number: a service's port leads to its target.
    private func number(_ port: Int) throws -> Int {
        guard let service else { return port }
        guard let found = service.spec.ports.first(where: { $0.port == port }) else {
            throw Failure("Service \(service.name) does not have a service port \(port)")
        }
        if service.spec.clusterIP == "None" { return port }
        switch found.targetPort {
        case .int(let number): return number == 0 ? port : number
        case .string(let name): return try podPort(name)
        }
    }

    private func number(named name: String) throws -> Int {
        guard let service else { return try podPort(name) }
        guard let found = service.spec.ports.first(where: { $0.name == name }) else {
            throw Failure("Service '\(service.name)' does not have a named port '\(name)'")
        }
        return try number(found.port)
    }

    private func podPort(_ name: String) throws -> Int {
        for container in pod.spec.containers + pod.spec.initContainers {
            if let port = container.ports.first(where: { $0.name == name }) { return port.containerPort }
        }
        throw Failure("Pod '\(pod.name)' does not have a named port '\(name)'")
    }
}
