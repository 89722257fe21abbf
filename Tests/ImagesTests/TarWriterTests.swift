import Glibc
import Testing

@testable import Images

/// Archives that we write, read again by our reader.
@Suite struct TarWriterTests {
    @Test func `members come back as they were, long names and all`() throws {
        let long = String(repeating: "folder/", count: 30) + "file name"
        let entries: [(TarEntry, [UInt8])] = [
            (TarEntry(path: "a", kind: .folder, mode: 0o755, seconds: 1_700_000_000), []),
            (
                TarEntry(path: "a/b c", kind: .file, mode: 0o640, user: 7, group: 8, size: 1000, seconds: 5),
                [UInt8](repeating: 66, count: 1000)
            ),
            (TarEntry(path: long, kind: .file, mode: 0o4755, size: 512, seconds: 0), [UInt8](repeating: 67, count: 512)),
            (TarEntry(path: "link", kind: .symbolicLink(to: long), mode: 0o777, seconds: 9), []),
            (TarEntry(path: "empty", kind: .file, mode: 0o600, size: 0, seconds: 9), []),
        ]
        var bytes: [UInt8] = []
        let writer = TarWriter { bytes += Array($0) }
        for (entry, content) in entries {
            try writer.begin(entry)
            try content.withUnsafeBytes { try writer.add($0) }
            try writer.pad(entry.size)
        }
        try writer.finish()
        #expect(bytes.count % 512 == 0)
        let reader = TarReader(Source(bytes), of: "the archive")
        for (entry, content) in entries {
            var found: TarEntry = try #require(try reader.next())
            #expect(try reader.bytes(limit: 4096) == content)
            if found.path.hasSuffix("/") { found.path.removeLast() }
            #expect(found == entry)
        }
        #expect(try reader.next() == nil)
    }

    @Test func `an archive that ends with its last member's bytes is whole, one that ends in them is not`() throws {
        var bytes: [UInt8] = []
        let writer = TarWriter { bytes += Array($0) }
        try writer.begin(TarEntry(path: "a", kind: .file, mode: 0o640, size: 700, seconds: 5))
        try [UInt8](repeating: 66, count: 700).withUnsafeBytes { try writer.add($0) }
        let whole = TarReader(Source(bytes), of: "the archive")
        #expect(try whole.next()?.size == 700)
        #expect(try whole.next() == nil)
        let cut = TarReader(Source(bytes.dropLast()), of: "the archive")
        #expect(try cut.next()?.size == 700)
        #expect(throws: ImageError.self) { try cut.next() }
    }

    /// Bytes in memory.
    private final class Source: ByteSource {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: [UInt8]) { rest = bytes[...] }

        func read(_ buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int {
            let count: Int = min(buffer.count, rest.count)
            for index in 0..<count { buffer[index] = rest[rest.startIndex + index] }
            rest = rest.dropFirst(count)
            return count
        }
    }
}
