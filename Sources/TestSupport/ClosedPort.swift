import Glibc

/// A port of 127.0.0.1 on which nothing listens, and nothing else will while this lives: connections to it are refused.
package final class ClosedPort: Sendable {
    package let number: Int
    let descriptor: Int32

    /// Throws ``TestFailure`` when the machine has no port left.
    package init() throws {
        let opened: Int32 = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound: Bool = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(opened, $0, length) == 0 && getsockname(opened, $0, &length) == 0
            }
        }
        guard isBound else { throw TestFailure("cannot bind a port: \(String(cString: strerror(errno)))") }
        number = Int(UInt16(bigEndian: address.sin_port))
        descriptor = opened
    }

    deinit { close(descriptor) }
}
