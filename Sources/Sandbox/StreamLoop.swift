import CSandbox
import Glibc

/// Connections of this process to others, each a ``DescriptorStream``; one thread waits for all of them.
package final class StreamLoop: Sendable {
    private let reactor: Reactor

    package init() throws(SandboxError) { reactor = try Reactor() }

    deinit { reactor.stop() }

    /// The two ends of a new pipe. Blocking, and the caller's to close.
    package static func pipe() throws(SandboxError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let failure: Int32 = swkube_pipe(&ends)
        guard failure == 0 else { throw .system(call: "pipe", errno: failure, path: "") }
        return (ends[0], ends[1])
    }

    /// Takes over a descriptor.
    package func stream(_ fd: Int32) -> DescriptorStream { DescriptorStream(fd, reactor: reactor) }

    /// Listens at an address of IPv4 or IPv6. - Parameter port: 0 takes a free one.
    package func listen(address: String, port: UInt16) throws(SandboxError) -> Listener {
        try Listener(address: address, port: port, reactor: reactor)
    }
}

/// A port on which this process takes connections.
package final class Listener: Sendable {
    package let address: String
    package let port: UInt16
    private let stream: DescriptorStream
    private let reactor: Reactor

    init(address: String, port: UInt16, reactor: Reactor) throws(SandboxError) {
        let isSix: Bool = address.utf8.contains(UInt8(ascii: ":"))
        func fail(_ call: String) -> SandboxError {
            .system(call: call, errno: errno, path: isSix ? "[\(address)]:\(port)" : "\(address):\(port)")
        }
        let fd: Int32 = socket(isSix ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw fail("socket") }
        var on: Int32 = 1
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var four = sockaddr_in()
        var six = sockaddr_in6()
        var result: Int32
        if isSix {
            setsockopt(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            result = inet_pton(AF_INET6, address, &six.sin6_addr) == 1 ? 0 : -1
        } else {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            result = inet_pton(AF_INET, address, &four.sin_addr) == 1 ? 0 : -1
        }
        guard result == 0 else {
            Glibc.close(fd)
            throw .system(call: "listen", errno: EINVAL, path: address)
        }
        func bound<Address>(_ place: inout Address) -> Int32 {
            var size = socklen_t(MemoryLayout<Address>.size)
            return withUnsafeMutablePointer(to: &place) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    bind(fd, pointer, size) < 0 || Glibc.listen(fd, 128) < 0 || getsockname(fd, pointer, &size) < 0 ? -1 : 0
                }
            }
        }
        result = isSix ? bound(&six) : bound(&four)
        guard result == 0 else {
            defer { Glibc.close(fd) }
            throw fail("listen")
        }
        self.address = address
        self.port = UInt16(bigEndian: isSix ? six.sin6_port : four.sin_port)
        self.reactor = reactor
        stream = DescriptorStream(fd, reactor: reactor)
    }

    /// The next connection; nil when the listener was closed or the task cancelled.
    package func accept() async -> DescriptorStream? {
        await stream.accepted().map { DescriptorStream($0, reactor: reactor) }
    }

    package func close() { stream.close() }
}
