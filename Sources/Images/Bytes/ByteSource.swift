import Glibc

/// Bytes that come one after the other. Used by one thread.
package protocol ByteSource: AnyObject {
    /// Fills some of a buffer, which is not empty; 0 at the end.
    func read(_ buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int
}

extension ByteSource {
    /// Fills the whole buffer; false when the end came before its first byte. Throws when it came later.
    func fill(_ buffer: UnsafeMutableRawBufferPointer, of what: String) throws(ImageError) -> Bool {
        var have = 0
        while have < buffer.count {
            let count: Int = try read(UnsafeMutableRawBufferPointer(rebasing: buffer[have...]))
            if count == 0 {
                if have == 0 { return false }
                throw .damaged("\(what) ends in the middle")
            }
            have += count
        }
        return true
    }

    /// Reads to the end, for the digest's sake.
    func drain() throws(ImageError) {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { scratch.deallocate() }
        while try read(scratch) > 0 {}
    }
}

/// The bytes of an open file, a pipe or a socket.
package final class FileSource: ByteSource {
    private let fd: Int32
    private let path: String
    private let owns: Bool

    /// Opens a file. Throws ``ImageError/file(call:errno:path:)``.
    init(path: String) throws(ImageError) {
        fd = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        owns = true
        if fd < 0 { throw .system("open", path) }
    }

    /// Reads from a descriptor of the caller's.
    package init(fd: Int32, path: String) {
        self.fd = fd
        self.path = path
        owns = false
    }

    deinit { if owns, fd >= 0 { close(fd) } }

    package func read(_ buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int {
        while true {
            let count: Int = Glibc.read(fd, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw .system("read", path) }
        }
    }
}

/// Passes bytes on and digests them on the way.
final class DigestingSource: ByteSource {
    private let source: any ByteSource
    private var digest = RunningDigest()
    private(set) var count: Int64 = 0

    init(_ source: any ByteSource) { self.source = source }

    func read(_ buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int {
        let count: Int = try source.read(buffer)
        digest.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        self.count += Int64(count)
        return count
    }

    /// Of what was read.
    var value: Digest { digest.finish() }
}
