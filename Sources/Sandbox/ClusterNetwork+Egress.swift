import CSandbox
import Glibc
import Synchronization

/// The way from the cluster's network to the rest of the world: a program of the host that carries packets as an ordinary user.
extension ClusterNetwork {
    package enum EgressProgram: Sendable, Equatable {
        case slirp4netns(String)
        case pasta(String)

        package var path: String {
            switch self {
            case .slirp4netns(let path), .pasta(let path): path
            }
        }
    }

    /// Of the interface through which packets leave.
    package static let egressInterface = "egress0"
    /// The ranges of the program's own addresses, which hardly any network behind the host has.
    private static let egressRange = "100.64.97.0/24"
    private static let egressAddress = "100.64.97.100"
    private static let egressGateway = "100.64.97.1"
    private static let egressAddressOfIPv6 = "fd73:776b:7562:65::64"
    private static let egressGatewayOfIPv6 = "fd73:776b:7562:65::1"

    /// The program that this host has; nil for none. pasta gives up root's rights, and with them the way into root's cluster.
    package static var egressProgram: EgressProgram? {
        func find(_ name: String) -> String? {
            ["/usr/bin/", "/usr/local/bin/", "/bin/"].map { $0 + name }.first { access($0, X_OK) == 0 }
        }
        if !Host.isRoot, let path = find("pasta") { return .pasta(path) }
        return find("slirp4netns").map { .slirp4netns($0) }
    }

    /// Whether packets can leave now.
    package var hasEgress: Bool {
        guard isOwn, let fd = try? socket(type: Int32(SOCK_DGRAM.rawValue)) else { return false }
        defer { close(fd) }
        return swkube_has_interface(fd, Self.egressInterface) == 1
    }

    /// Starts the program, which ends with the network, unless one is there. Blocks until packets can leave.
    ///
    /// Throws ``SandboxError`` with ETIMEDOUT when the program brings up no interface, with ECHILD when it ended at once.
    package func openEgress(by program: EgressProgram) throws(SandboxError) {
        guard let configuration, !hasEgress else { return }
        var status: Int32 = 0
        egressProcess.withLock { process in
            // One that ended since is let go.
            if process > 0, waitpid(process, &status, WNOHANG) == process { process = 0 }
        }
        // One that is left of a network before this, whose holder and main process were killed.
        Self.closeEgress(folder: configuration.folder)
        // The program ends when the holder does: its other end of this connection closes.
        let lifeline: Int32 = swkube_connect(configuration.folder, "socket", Int32(SOCK_SEQPACKET.rawValue))
        guard lifeline >= 0 else { throw SandboxError.system(call: "connect", errno: -lifeline, path: configuration.folder) }
        defer { close(lifeline) }
        let process: pid_t = try startSession(
            program.path, words(program, configuration), environment: [], inherited: [lifeline, userNamespace ?? -1, networkNamespace]
        ).get()
        egressProcess.withLock { $0 = process }
        let end: ContinuousClock.Instant = .now.advanced(by: .seconds(3))
        while !hasEgress {
            if waitpid(process, &status, WNOHANG) == process {
                egressProcess.withLock { $0 = 0 }
                throw SandboxError.system(call: "egress", errno: ECHILD, path: program.path)
            }
            guard ContinuousClock.now < end else {
                throw SandboxError.system(call: "egress", errno: ETIMEDOUT, path: program.path)
            }
            usleep(10_000)
        }
    }

    /// A command line for the descriptors that ``openEgress(by:)`` passes on: 3 is the connection to the holder, then come the namespaces.
    private func words(_ program: EgressProgram, _ configuration: Configuration) -> [String] {
        switch program {
        case .slirp4netns:
            // Its IPv6 has one fixed range, which may be that of a network behind the host.
            [
                "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", "--disable-dns", "--cidr=" + Self.egressRange,
                "--exit-fd=3", "--netns-type=path",
            ] + (userNamespace == nil ? [] : ["--userns-path=/proc/self/fd/4"]) + ["/proc/self/fd/5", Self.egressInterface]
        case .pasta:
            // With addresses of its own instead of the host's, which would then not be reached. What the host has no route to it leaves out.
            ["pasta", "--config-net", "-q", "-f", "--no-map-gw", "-a", Self.egressAddress, "-n", "24", "-g", Self.egressGateway]
                + (hasIPv6 ? ["-a", Self.egressAddressOfIPv6, "-g", Self.egressGatewayOfIPv6] : ["-4"])
                + ["-T", "none", "-U", "none", "-t", "none", "-u", "none"]
                + ["-I", Self.egressInterface, "-P", Self.pidFile(configuration.folder)]
                + (userNamespace == nil ? [] : ["--userns", "/proc/self/fd/4"]) + ["--netns", "/proc/self/fd/5"]
        }
    }

    /// Ends a pasta, which does not see the network end.
    static func closeEgress(folder: String) {
        guard let file = fopen(pidFile(folder), "r") else { return }
        defer { fclose(file) }
        var number: Int32 = 0
        var line = [CChar](repeating: 0, count: 32)
        if fgets(&line, 32, file) != nil {
            number = Int32(String(decoding: line.prefix { $0 > 32 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)) ?? 0
        }
        unlink(pidFile(folder))
        guard number > 1, let words = fopen("/proc/\(number)/cmdline", "r") else { return }
        defer { fclose(words) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count: Int = fread(&bytes, 1, bytes.count, words)
        // A number may be another's by now; this one was told of the same file.
        guard bytes[..<count].split(separator: 0).contains(where: { $0.elementsEqual(pidFile(folder).utf8) }) else { return }
        kill(number, SIGTERM)
    }

    private static func pidFile(_ folder: String) -> String { folder + "/egress.pid" }
}
