import CSandbox
import Glibc
import Synchronization

/// The network that the pods of a cluster share: a namespace of its own, which a tiny process holds, and which outlives this process.
///
/// This process stays in the host's network. It reaches pods and services by sockets that are made in the namespace:
/// ``socket(domain:type:protocol:)`` and ``connect(_:port:timeout:)``. Where the host allows no namespaces the pods share the host's
/// network, ``isOwn`` is false, and both work there.
package final class ClusterNetwork: Sendable {
    package struct Configuration: Sendable {
        /// Of the holder's socket, made with mode 0700 when missing.
        package var folder: String
        /// Those that the cluster itself answers on; the first one of a family is the gateway of pods. IPv6 is set up where one is of it.
        package var addresses: [String]
        /// Ranges that are kept in the cluster, such as those of services: `10.96.0.0/16`.
        package var ranges: [String]
        /// An ordinary user needs a user namespace to have a network; root does without.
        package var userNamespace: Bool

        package init(folder: String, addresses: [String], ranges: [String], userNamespace: Bool = !Host.isPrivileged) {
            self.folder = folder
            self.addresses = addresses
            self.ranges = ranges
            self.userNamespace = userNamespace
        }
    }

    /// What a holder says of itself.
    private struct Facts: Sendable {
        var process: Int32
        var identities: Int
        var network: UInt64
    }

    /// Whether the cluster has a network of its own. False where the host forbids one; ``problem`` says why.
    package var isOwn: Bool { networkNamespace >= 0 }
    /// Whether the kernel lends programs of the cluster's network as much memory as they ask for, as it does the host's root.
    package var isPrivileged: Bool { userNamespace == nil }
    /// Whether pods and services may have addresses of IPv6, too.
    package let hasIPv6: Bool
    /// Why there is none.
    package let problem: SandboxError?
    /// Number of user and group identities that exist in the cluster, counted from 0. 1: the user's own, whatever it is called inside.
    package let identities: Int
    /// Tells this network from one that was there before it, under which old pods are cut off. 0 for the host's.
    package let generation: UInt64

    /// Descriptors, open as long as this object: they keep the namespaces alive when the holder dies.
    let userNamespace: Int32?
    let networkNamespace: Int32
    let configuration: Configuration?
    let executable: String
    /// The program that carries packets out, as long as this process is its parent; 0 for none.
    let egressProcess = Mutex<pid_t>(0)
    /// TCP sockets of the cluster's network that nobody has yet.
    let stock = Mutex<[Int32]>([])
    private let holder: Mutex<(socket: Int32, process: Int32, isStopped: Bool)>

    /// Finds the holder of an earlier process, or starts one. Blocks for some milliseconds.
    ///
    /// Throws ``SandboxError`` with the kernel's reason when the host forbids a namespace.
    package init(_ configuration: Configuration, executable: String = "/proc/self/exe") throws(SandboxError) {
        if mkdir(configuration.folder, 0o700) < 0, errno != EEXIST {
            throw SandboxError.system(call: "mkdir", errno: errno, path: configuration.folder)
        }
        let found: Int32 = swkube_connect(configuration.folder, "socket", Int32(SOCK_SEQPACKET.rawValue))
        var answer: Answer?
        var socket: Int32 = -1
        if found >= 0 {
            socket = found
            // A holder that ends just now answers no more: then another is started.
            answer = try? Self.ask(found, NETWORK_HELLO)
            if answer == nil { close(found) }
        }
        if answer == nil { (socket, answer) = try Self.start(configuration, executable, joining: nil) }
        guard let answer, answer.descriptors[0] >= 0 else {
            close(socket)
            throw SandboxError.system(call: "network", errno: EPROTO, path: configuration.folder)
        }
        networkNamespace = answer.descriptors[0]
        userNamespace = answer.descriptors[1] >= 0 ? answer.descriptors[1] : nil
        identities = Int(answer.value.identities)
        generation = answer.value.network
        holder = Mutex((socket, answer.value.process, false))
        hasIPv6 = configuration.addresses.first { $0.contains(":") }.map { Self.has($0, holder: socket) } ?? false
        problem = nil
        self.configuration = configuration
        self.executable = executable
    }

    /// The host's own network, for a host that allows no other.
    package init(hostNetworkBecause problem: SandboxError?) {
        self.problem = problem
        hasIPv6 = false
        networkNamespace = -1
        userNamespace = nil
        identities = Host.isRoot ? 1 << 32 - 1 : 1
        generation = 0
        holder = Mutex((-1, 0, true))
        configuration = nil
        executable = ""
    }

    deinit {
        holder.withLock { if $0.socket >= 0 { close($0.socket) } }
        stock.withLock { for descriptor in $0 { close(descriptor) } }
        if networkNamespace >= 0 { close(networkNamespace) }
        if let userNamespace { close(userNamespace) }
    }

    /// Number of the holder as this process counts; 0 for the host's network.
    package var holderProcess: Int32 { holder.withLock { $0.process } }

    // MARK: - Files of other identities

    /// Gives a file or folder to a group, and to a user unless that is nil, who exist in the cluster, and then a mode. Follows no link.
    package func give(_ path: String, toGroup group: UInt32, user: UInt32? = nil, mode: UInt32) throws(SandboxError) {
        guard userNamespace != nil else {
            if lchown(path, user ?? uid_t.max, gid_t(group)) < 0 || chmod(path, mode_t(mode)) < 0 {
                throw SandboxError.system(call: "chown", errno: errno, path: path)
            }
            return
        }
        _ = try request(
            NETWORK_OWN, numbers: (Int32(bitPattern: group), Int32(bitPattern: mode), user.map { Int32(bitPattern: $0 &+ 1) } ?? 0),
            path: path)
    }

    /// Removes a folder and everything below it, whichever of the cluster's identities owns it. Blocks.
    package func remove(_ path: String) throws(SandboxError) {
        do throws(SandboxError) {
            return try removeFolder(path)
        } catch {
            guard userNamespace != nil else { throw error }
        }
        // On a connection of its own: others need not wait for it.
        let fd: Int32 = swkube_connect(configuration?.folder ?? "", "socket", Int32(SOCK_SEQPACKET.rawValue))
        guard fd >= 0 else { throw SandboxError.system(call: "connect", errno: -fd, path: "network") }
        defer { close(fd) }
        _ = try Self.ask(fd, NETWORK_REMOVE, path: path)
    }

    // MARK: - The holder

    /// Ends the holder; with it and this object goes the network. Pods that are left are cut off.
    package func stop() {
        holder.withLock { holder in
            holder.isStopped = true
            guard holder.socket >= 0 else { return }
            if let configuration { Self.closeEgress(folder: configuration.folder) }
            // One that is gone has done what it was asked for.
            _ = try? Self.ask(holder.socket, NETWORK_STOP)
            close(holder.socket)
            holder.socket = -1
        }
    }

    /// Ends the holder of a cluster that does not run; does nothing when there is none.
    package static func stop(folder: String) {
        let fd: Int32 = swkube_connect(folder, "socket", Int32(SOCK_SEQPACKET.rawValue))
        closeEgress(folder: folder)
        guard fd >= 0 else { return }
        _ = try? ask(fd, NETWORK_STOP)
        close(fd)
    }

    /// Whether the network that a holder keeps has an address: one of an older version, or of a host without IPv6, has none of that.
    private static func has(_ address: String, holder: Int32) -> Bool {
        guard let answer = try? ask(holder, NETWORK_SOCKET, numbers: (AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)),
            let fd = try? bind(answer.descriptors[0], address, 0, Int32(SOCK_DGRAM.rawValue))
        else { return false }
        close(fd)
        return true
    }

    func request(
        _ kind: network_request_kind, numbers: (Int32, Int32, Int32) = (0, 0, 0), path: String = ""
    ) throws(SandboxError) -> Answer {
        try holder.withLock { holder throws(SandboxError) -> Answer in
            do throws(SandboxError) {
                return try Self.ask(holder.socket, kind, numbers: numbers, path: path)
            } catch .gone {}
            // The holder was killed. The namespaces live on by the descriptors here; another process takes its place.
            guard let configuration, !holder.isStopped else { throw SandboxError.gone }
            close(holder.socket)
            holder.socket = -1
            let (socket, answer) = try Self.start(configuration, executable, joining: (userNamespace ?? -1, networkNamespace))
            for descriptor in answer.descriptors where descriptor >= 0 { close(descriptor) }
            holder = (socket, answer.value.process, false)
            return try Self.ask(socket, kind, numbers: numbers, path: path)
        }
    }

    struct Answer {
        var value: network_answer
        /// -1 where none came.
        var descriptors: [Int32]
    }

    /// Throws ``SandboxError/gone`` when the other end is.
    private static func ask(
        _ fd: Int32, _ kind: network_request_kind, numbers: (Int32, Int32, Int32) = (0, 0, 0), path: String = ""
    ) throws(SandboxError) -> Answer {
        var request = network_request()
        request.kind = kind.rawValue
        request.numbers = numbers
        let room: Int = MemoryLayout.size(ofValue: request.path) - 1
        guard path.utf8.count <= room else { throw SandboxError.system(call: "network", errno: ENAMETOOLONG, path: path) }
        withUnsafeMutableBytes(of: &request.path) { $0.copyBytes(from: path.utf8) }
        let sent: Int = withUnsafeBytes(of: &request) { swkube_send(fd, $0.baseAddress, $0.count, nil, 0) }
        guard sent == MemoryLayout<network_request>.size else { throw SandboxError.gone }
        let answer: Answer = try receive(fd)
        if answer.value.error != 0 { throw SandboxError.system(call: "network", errno: answer.value.error, path: path) }
        return answer
    }

    private static func receive(_ fd: Int32) throws(SandboxError) -> Answer {
        var value = network_answer()
        var descriptors = [Int32](repeating: -1, count: Int(NETWORK_DESCRIPTORS))
        var passed = Int32(descriptors.count)
        var count: Int
        repeat {
            count = withUnsafeMutableBytes(of: &value) { swkube_receive(fd, $0.baseAddress, $0.count, &descriptors, &passed) }
        } while count == -Int(EINTR)
        guard count == MemoryLayout<network_answer>.size else {
            for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
            throw SandboxError.gone
        }
        return Answer(value: value, descriptors: descriptors)
    }

    private static func start(
        _ configuration: Configuration, _ executable: String, joining namespaces: (Int32, Int32)?
    ) throws(SandboxError) -> (Int32, Answer) {
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw SandboxError.system(call: "socketpair", errno: errno, path: "")
        }
        let arguments: [String] =
            [SWKUBE_NETWORK_NAME, configuration.folder, configuration.userNamespace ? "1" : "0", namespaces == nil ? "0" : "1"]
            + configuration.addresses.map { "address=" + $0 } + configuration.ranges.map { "route=" + $0 }
        let started: Result<pid_t, SandboxError> = startSession(
            executable, arguments, environment: [],
            inherited: [pair[1]] + (namespaces.map { [$0.0, $0.1] } ?? []))
        close(pair[1])
        do throws(SandboxError) {
            let pid: pid_t = try started.get()
            var status: Int32 = 0
            // The first process ends as soon as the namespaces are made.
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let answer: Answer = try receive(pair[0])
            if answer.value.error != 0 {
                let what: String = withUnsafeBytes(of: answer.value.what) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                throw SandboxError.setup(stage: "network namespace", errno: answer.value.error, path: what)
            }
            return (pair[0], answer)
        } catch {
            close(pair[0])
            throw error
        }
    }
}
