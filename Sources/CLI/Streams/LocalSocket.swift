import Client
import Glibc

/// Sockets in the file system.
enum LocalSocket {
    /// A socket that listens, at a path that nothing else is at. Throws ``Failure`` that says why not.
    static func listen(_ path: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes: [UInt8] = Array(path.utf8)
        let room: Int = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else {
            throw Failure("the path of the socket is too long: \(bytes.count) bytes, \(room - 1) at most: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        func failure() -> Failure { Failure("listen unix \(path): \(FileError.reason(of: errno))") }
        let descriptor: Int32 = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure() }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result: Int32 = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard result == 0, Glibc.listen(descriptor, 128) == 0 else {
            let problem: Failure = failure()
            close(descriptor)
            throw problem
        }
        return descriptor
    }
}
