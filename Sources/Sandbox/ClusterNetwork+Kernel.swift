import CSandbox
import Glibc

/// What the kernel is told within the cluster's network.
extension ClusterNetwork {
    /// Runs a program in the namespaces, with `input` on its standard input. Returns its exit code and what it wrote to standard error.
    package func run(_ arguments: [String], input: [UInt8]) async throws(SandboxError) -> (exitCode: Int32, error: String) {
        let result: Result<(Int32, String), SandboxError> = await BlockingThread.run { [self] in
            Result { () throws(SandboxError) -> (Int32, String) in try runBlocking(arguments, input: input) }
        }
        let (code, text): (Int32, String) = try result.get()
        return (code, text)
    }

    private func runBlocking(_ arguments: [String], input: [UInt8]) throws(SandboxError) -> (Int32, String) {
        var into: [Int32] = [-1, -1]
        var from: [Int32] = [-1, -1]
        guard swkube_pipe(&into) == 0, swkube_pipe(&from) == 0 else { throw SandboxError.system(call: "pipe", errno: errno, path: "") }
        let started: Result<pid_t, SandboxError> = startSession(
            executable, [SWKUBE_NETWORK_NAME, "run", userNamespace == nil ? "0" : "1"] + arguments, environment: [], input: into[0],
            error: from[1], inherited: [-1, userNamespace ?? -1, networkNamespace])
        close(into[0])
        close(from[1])
        defer { close(from[0]) }
        var rest: ArraySlice<UInt8> = input[...]
        while !rest.isEmpty {
            let count: Int = rest.withUnsafeBytes { swkube_write(into[1], $0.baseAddress, $0.count) }
            if count == -Int(EINTR) { continue }
            guard count > 0 else { break }  // a program that does not read to the end says why
            rest = rest.dropFirst(count)
        }
        close(into[1])
        let pid: pid_t = try started.get()
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count: Int = read(from[0], &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            text += chunk[..<count]
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let code: Int32 = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        return (code, String(decoding: text, as: UTF8.self))
    }

    /// Forgets the datagram flows that a place answers: what its clients send next goes another way. Blocks shortly.
    package func forgetDatagrams(of address: String, port: Int) throws(SandboxError) {
        let fd: Int32 = try socket(domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: Self.netfilter)
        defer { close(fd) }
        var result: Int32 = EAGAIN
        for _ in 0..<64 where result == EAGAIN { result = swkube_forget_connections(fd, Int32(IPPROTO_UDP), address, Int32(port)) }
        if result != 0, result != EAGAIN { throw SandboxError.system(call: "conntrack", errno: result, path: "\(address):\(port)") }
    }

    /// Gives the cluster one more address to answer on; one that it has already is a success. It goes with the network.
    package func addAddress(_ address: String) throws(SandboxError) {
        let fd: Int32 = try socket(domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: 0)
        defer { close(fd) }
        let result: Int32 = swkube_add_address(fd, address)
        if result != 0 { throw SandboxError.system(call: "address", errno: result, path: address) }
    }

    /// Keeps one more range in the cluster, as those of its configuration; one that is kept already is a success. It goes with the network.
    ///
    /// - Parameter source: the cluster's own address of that family.
    package func addRange(_ address: String, bits: Int, from source: String) throws(SandboxError) {
        let fd: Int32 = try socket(domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: 0)
        defer { close(fd) }
        let result: Int32 = swkube_add_range(fd, address, Int32(bits), source)
        if result != 0 { throw SandboxError.system(call: "route", errno: result, path: "\(address)/\(bits)") }
    }

    /// NETLINK_NETFILTER of linux/netlink.h.
    static var netfilter: Int32 { 12 }
}
