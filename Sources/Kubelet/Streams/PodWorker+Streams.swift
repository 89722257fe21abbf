import API
import Machinery
import Sandbox

/// Programs that run in a pod's containers for somebody outside, and connections to its ports.
extension PodWorker {
    /// The sandbox's name of a container's run that goes on; nil when none does.
    func running(_ container: String) -> String? {
        guard let record = records[container], record.isRunning, sandbox != nil else { return nil }
        return record.sandboxID
    }

    /// Runs a program beside a container's own. Throws what kubelet and containerd say when they can't.
    func exec(
        _ command: [String], in name: String, terminal: WindowSize?, streams: ProgramStreams.Choice
    ) async throws -> ProgramStreams {
        guard let id = running(name), let sandbox, let container = container(name) else {
            throw StreamError("container not found (\(JSON.quoted(name)))")
        }
        var process: ContainerProcess = try await program(command, in: container, id: id, sandbox)
        if let terminal {
            process.terminal = terminal
            process.nameTerminal()
        }
        do {
            return try await sandbox.exec(process, streams: streams)
        } catch .gone {
            throw StreamError("container not found (\(JSON.quoted(name)))")
        } catch {
            throw StreamError(
                "failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: "
                    + "unable to start container process: \(error)")
        }
    }

    /// Attaches to a container's own program.
    func attach(_ name: String, streams: ProgramStreams.Choice) async throws -> ProgramStreams {
        guard let id = running(name), let sandbox, let container = container(name) else {
            throw StreamError("container \(name) not found in pod \(pod.name)_\(pod.namespace)")
        }
        var streams: ProgramStreams.Choice = streams
        streams.input = streams.input && container.stdin
        do {
            return try await sandbox.attach(id, streams: streams)
        } catch {
            throw StreamError("failed to attach to container: \(error)")
        }
    }

    /// Connects to a port at the pod's localhost.
    func connect(to port: Int) async throws -> DescriptorStream {
        guard let sandbox else { throw StreamError("pod \(pod.name)_\(pod.namespace) is not running") }
        do {
            return try await sandbox.connect(to: localhost, port: port)
        } catch {
            throw StreamError(
                "failed to execute portforward in network namespace \(JSON.quoted(pod.spec.hostNetwork ? "host" : "pod")): "
                    + "failed to connect to localhost:\(port) inside namespace, IPv4: dial tcp4 \(localhost):\(port): connect: "
                    + "\(error.reason)")
        }
    }

    /// Connects to a port at the pod's address. Throws ``SandboxError``.
    func connectAtAddress(to port: Int) async throws -> DescriptorStream {
        guard let sandbox, !podIP.isEmpty else { throw SandboxError.gone }
        return try await sandbox.connect(to: podIP, port: port)
    }

    /// Where the pod's processes listen when they listen at localhost: where pods share the host's network each has an address in its
    /// place.
    private var localhost: String { node.network.isOwn ? NodeContext.loopback : podIP }
}

extension ContainerProcess {
    /// Programs on a terminal want to know its kind. As containerd: xterm, unless the manifest says another one.
    mutating func nameTerminal() {
        if !environment.contains(where: { $0.name == "TERM" }) { environment.append((name: "TERM", value: "xterm")) }
    }
}

/// Why a stream to a container cannot be, as a sentence for whoever asked.
struct StreamError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
