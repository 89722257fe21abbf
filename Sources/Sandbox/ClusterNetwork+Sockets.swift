import CSandbox
import Glibc
import Synchronization

/// Sockets of the cluster's network, and of the host's where that is meant.
extension ClusterNetwork {
    /// A socket of the cluster's network, closed on exec; arguments as socket(2) has them. The caller closes it.
    package func socket(
        domain: Int32 = AF_INET, type: Int32 = Int32(SOCK_STREAM.rawValue), protocol: Int32 = 0
    ) throws(SandboxError) -> Int32 {
        guard isOwn else { return try Self.hostSocket(domain, type, `protocol`) }
        if domain == AF_INET, type == Self.streamType, `protocol` == 0, let ready = streamFromStock() { return ready }
        let answer: Answer = try request(NETWORK_SOCKET, numbers: (domain, type, `protocol`))
        guard answer.descriptors[0] >= 0 else { throw SandboxError.system(call: "socket", errno: EPROTO, path: "") }
        return answer.descriptors[0]
    }

    private static let streamType = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

    /// A socket for a connection, without asking the holder for each. nil when the holder has none to give: it may be of an older version.
    private func streamFromStock() -> Int32? {
        stock.withLock { stock in
            if stock.isEmpty {
                let answer: Answer? = try? request(NETWORK_SOCKETS, numbers: (AF_INET, Self.streamType, Int32(NETWORK_DESCRIPTORS)))
                stock = answer?.descriptors.filter { $0 >= 0 } ?? []
            }
            return stock.popLast()
        }
    }

    /// A TCP connection to a pod or a service, as a descriptor that does not block; the caller closes it. `address` is IPv4 or IPv6, no
    /// name. Loopback addresses are those of the host, on which pods of the host's network answer.
    ///
    /// Throws ``SandboxError/system(call:errno:path:)`` of `connect` with ECONNREFUSED, ETIMEDOUT and the like.
    package func connect(_ address: String, port: Int, timeout: Duration = .seconds(30)) async throws(SandboxError) -> Int32 {
        let result: Result<Int32, SandboxError> = await BlockingThread.run { [self] in
            Result { () throws(SandboxError) -> Int32 in try connectBlocking(address, port: port, timeout: timeout) }
        }
        return try result.get()
    }

    /// A socket that connects; it can be written to when it has.
    ///
    /// - Parameters:
    ///   - isStream: false makes one for datagrams.
    ///   - speaks: whether the last step of the handshake may wait for the first bytes, a packet less. Who has none yet sends it by setting
    ///     TCP_QUICKACK.
    package func beginConnect(
        _ address: String, port: Int, isStream: Bool = true, speaks: Bool = false
    ) throws(SandboxError) -> Int32 {
        guard let target = SocketAddress(address, port: port) else {
            throw SandboxError.system(call: "connect", errno: EINVAL, path: Self.place(address, port))
        }
        let type: Int32 = isStream ? Self.streamType : Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let fd: Int32 =
            SocketAddress.isLoopback(address)
            ? try Self.hostSocket(target.family, type, 0) : try socket(domain: target.family, type: type)
        if speaks {
            var none: Int32 = 0
            setsockopt(fd, Int32(IPPROTO_TCP), TCP_QUICKACK, &none, socklen_t(MemoryLayout<Int32>.size))
        }
        if target.withPointer({ Glibc.connect(fd, $0, $1) }) == 0 || errno == EINPROGRESS { return fd }
        let code: Int32 = errno
        close(fd)
        throw SandboxError.system(call: "connect", errno: code, path: Self.place(address, port))
    }

    private static func place(_ address: String, _ port: Int) -> String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    /// As ``connect(_:port:timeout:)``, on the caller's thread.
    package func connectBlocking(_ address: String, port: Int, timeout: Duration) throws(SandboxError) -> Int32 {
        let fd: Int32 = try beginConnect(address, port: port)
        let end: ContinuousClock.Instant = .now.advanced(by: timeout)
        var code: Int32 = ETIMEDOUT
        var entry = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
        while true {
            let left: Duration = max(.zero, ContinuousClock.Instant.now.duration(to: end))
            let milliseconds: Int64 = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
            let count: Int32 = poll(&entry, 1, Int32(clamping: milliseconds))
            if count < 0, errno == EINTR { continue }
            if count > 0 {
                var size = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size)
            }
            break
        }
        if code == 0 { return fd }
        close(fd)
        throw SandboxError.system(call: "connect", errno: code, path: Self.place(address, port))
    }

    /// A listening TCP socket of the cluster's network; the caller closes it.
    package func listen(_ address: String, port: Int) throws(SandboxError) -> Int32 {
        try bind(address, port: port, type: Int32(SOCK_STREAM.rawValue))
    }

    /// A bound UDP socket of the cluster's network; the caller closes it.
    package func datagrams(_ address: String, port: Int) throws(SandboxError) -> Int32 {
        try bind(address, port: port, type: Int32(SOCK_DGRAM.rawValue))
    }

    private func bind(_ address: String, port: Int, type: Int32) throws(SandboxError) -> Int32 {
        try Self.bind(
            socket(domain: address.contains(":") ? AF_INET6 : AF_INET, type: type | Int32(SOCK_NONBLOCK.rawValue)), address, port, type)
    }

    /// A listening TCP socket of the host's network that does not block, or a bound one for datagrams.
    package static func hostListener(_ address: String, port: Int, isStream: Bool = true) throws(SandboxError) -> Int32 {
        let type = Int32(isStream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue)
        let family: Int32 = address.contains(":") ? AF_INET6 : AF_INET
        return try bind(hostSocket(family, type | Int32(SOCK_NONBLOCK.rawValue), 0), address, port, type)
    }

    static func bind(_ fd: Int32, _ address: String, _ port: Int, _ type: Int32) throws(SandboxError) -> Int32 {
        guard let place = SocketAddress(address, port: port) else {
            close(fd)
            throw SandboxError.system(call: "bind", errno: EINVAL, path: "\(address):\(port)")
        }
        var one: Int32 = 1
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let isBound: Bool = place.withPointer { Glibc.bind(fd, $0, $1) } == 0
        if isBound, type != Int32(SOCK_STREAM.rawValue) || Glibc.listen(fd, 1024) == 0 { return fd }
        let code: Int32 = errno
        close(fd)
        throw SandboxError.system(call: "bind", errno: code, path: "\(address):\(port)")
    }

    /// A socket of the host's network that sends to one place; the caller closes it. `type` as socket(2) has it. Blocks for TCP.
    package static func hostConnection(_ address: String, port: Int, type: Int32) throws(SandboxError) -> Int32 {
        guard let place = SocketAddress(address, port: port) else {
            throw SandboxError.system(call: "connect", errno: EINVAL, path: address)
        }
        let fd: Int32 = try hostSocket(place.family, type, 0)
        if place.withPointer({ Glibc.connect(fd, $0, $1) }) == 0 { return fd }
        let code: Int32 = errno
        close(fd)
        throw SandboxError.system(call: "connect", errno: code, path: address)
    }

    /// Whether somebody takes TCP connections at an address of the host.
    package static func isListening(_ address: String, port: Int) -> Bool {
        guard let fd = try? hostConnection(address, port: port, type: Int32(SOCK_STREAM.rawValue)) else { return false }
        close(fd)
        return true
    }

    private static func hostSocket(_ domain: Int32, _ type: Int32, _ protocol: Int32) throws(SandboxError) -> Int32 {
        let fd: Int32 = Glibc.socket(domain, type | Int32(SOCK_CLOEXEC.rawValue), `protocol`)
        guard fd >= 0 else { throw SandboxError.system(call: "socket", errno: errno, path: "") }
        return fd
    }
}
