import Glibc

/// An internet address as the kernel takes it.
struct SocketAddress: Sendable {
    private var storage = sockaddr_storage()
    private var length: socklen_t = 0
    private(set) var family: Int32 = AF_INET

    /// nil for a text that is no IPv4 or IPv6 address.
    init?(_ text: String, port: Int) {
        var four = sockaddr_in()
        if inet_pton(AF_INET, text, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
            store(four)
            return
        }
        var six = sockaddr_in6()
        guard inet_pton(AF_INET6, text, &six.sin6_addr) == 1 else { return nil }
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = UInt16(truncatingIfNeeded: port).bigEndian
        family = AF_INET6
        store(six)
    }

    private mutating func store<T>(_ address: T) {
        length = socklen_t(MemoryLayout<T>.size)
        withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: T.self) }
    }

    /// Whether it is one of the machine's own that never leave it: 127.0.0.0/8 or ::1.
    static func isLoopback(_ text: String) -> Bool { text.hasPrefix("127.") || text == "::1" }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) } }
    }
}
