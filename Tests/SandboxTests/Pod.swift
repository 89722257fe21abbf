import Glibc
import Sandbox
import Testing

/// A sandbox in a folder of its own, and the few things that every test does with it. The folder goes with `end()`.
final class Pod: Sendable {
    let folder: String
    let runtime: SandboxRuntime
    let sandbox: Sandbox
    /// Nil: the host's.
    private let network: ClusterNetwork?

    /// The program beside the test bundle whose `main` can be a sandbox parent.
    static var executable: String {
        var path: [Substring] = Host.executable.split(separator: "/", omittingEmptySubsequences: false)
        path.removeLast()
        return path.joined(separator: "/") + "/swkube"
    }

    init(maskedPaths: [String] = [], userNamespace: Bool = !Host.isRoot, hostProcesses: Bool = false) async throws {
        folder = Pod.newFolder()
        network = nil
        runtime = try SandboxRuntime(executable: Pod.executable)
        var configuration = SandboxConfiguration(
            id: "test", folder: folder + "/pod", hostname: "test-0", maskedPaths: maskedPaths, userNamespace: userNamespace)
        configuration.hostProcesses = hostProcesses
        sandbox = try await runtime.create(configuration)
    }

    /// A pod with a network of its own, in the cluster's.
    init(network: ClusterNetwork, address: String, six: String? = nil) async throws {
        folder = Pod.newFolder()
        self.network = network
        runtime = try SandboxRuntime(executable: Pod.executable)
        var configuration = SandboxConfiguration(id: "test", folder: folder + "/pod", hostname: "test-0")
        configuration.cluster = network
        configuration.link = PodLink(addresses: [address] + (six.map { [$0] } ?? []), gateways: ["10.244.0.1", "fd00:10:244::1"])
        sandbox = try await runtime.create(configuration)
    }

    static func newFolder() -> String {
        var template: [CChar] = Array("/var/tmp/swkube-test-XXXXXX".utf8CString)
        return mkdtemp(&template) == nil
            ? "/var/tmp/missing" : String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func process(_ id: String, _ arguments: String...) -> ContainerProcess {
        ContainerProcess(
            id: id, folder: "\(folder)/\(id)", arguments: arguments, environment: [(name: "PATH", value: "/usr/bin:/bin")],
            logPath: "\(folder)/\(id).log")
    }

    func shell(_ id: String, _ script: String) -> ContainerProcess { process(id, "sh", "-c", script) }

    /// Starts a container and waits for its end.
    func run(_ container: ContainerProcess) async throws -> ContainerExit {
        _ = try await sandbox.start(container)
        return try await exit(of: container.id)
    }

    /// Waits for a container's end and acknowledges it. The first consumer of the events.
    func exit(of id: String) async throws -> ContainerExit {
        for await exit in sandbox.events where exit.id == id {
            try await sandbox.acknowledge(id)
            return exit
        }
        throw SandboxError.gone
    }

    func log(_ id: String) -> String { contents("\(folder)/\(id).log") }

    /// The log's texts alone, times and tags taken off; they are checked in the tests of the log.
    func output(_ id: String) -> [String] {
        log(id).split(separator: "\n").map {
            $0.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).last.map(String.init) ?? ""
        }
    }

    func write(_ name: String, _ text: String) -> String {
        let path = "\(folder)/\(name)"
        let fd: Int32 = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        _ = Glibc.write(fd, text, text.utf8.count)
        close(fd)
        return path
    }

    /// A test that failed half way leaves nothing behind either.
    deinit {
        sandbox.kill()
        try? remove()
    }

    func end() async throws {
        await sandbox.shutdown()
        try remove()
    }

    private func remove() throws {
        if let network { try network.remove(folder) } else { try removeFolder(folder) }
    }
}

func contents(_ path: String) -> String {
    let fd: Int32 = open(path, O_RDONLY)
    guard fd >= 0 else { return "" }
    defer { close(fd) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while case let count = read(fd, &chunk, chunk.count), count > 0 { bytes.append(contentsOf: chunk[..<count]) }
    return String(decoding: bytes, as: UTF8.self)
}

func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Whether a process is there and no zombie.
func isAlive(_ pid: Int32) -> Bool {
    let stat: String = contents("/proc/\(pid)/stat")
    guard let end = stat.lastIndex(of: ")") else { return false }
    return !stat[end...].hasPrefix(") Z") && !stat[end...].hasPrefix(") X")
}

/// Waits until a condition holds; gives up after 10 s, with the failure shown where it is called.
func eventually(_ what: String, _ condition: () async throws -> Bool, at location: SourceLocation = #_sourceLocation) async throws {
    for _ in 0..<2000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("never: \(what)", sourceLocation: location)
}
