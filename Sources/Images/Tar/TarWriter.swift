import Glibc

/// Writes a tar archive member by member in the form of POSIX, with extended headers where a name or a number does not fit.
///
/// Blocks while nobody takes the bytes. Source: pax in POSIX.1-2017.
package final class TarWriter {
    private let write: (UnsafeRawBufferPointer) throws -> Void

    /// - Parameter write: takes all bytes in order.
    package init(_ write: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.write = write }

    /// Begins a member. For a file, exactly `entry.size` bytes follow by ``add(_:)``, and then ``pad(_:)``.
    package func begin(_ entry: TarEntry) throws {
        var records: [(String, String)] = []
        let path: String = entry.kind == .folder && !entry.path.hasSuffix("/") ? entry.path + "/" : entry.path
        if path.utf8.count > 100 { records.append(("path", path)) }
        var link = ""
        if case .symbolicLink(let target) = entry.kind { link = target }
        if case .hardLink(let target) = entry.kind { link = target }
        if link.utf8.count > 100 { records.append(("linkpath", link)) }
        if entry.size >= 1 << 33 { records.append(("size", String(entry.size))) }
        if !records.isEmpty {
            let bytes: [UInt8] = records.flatMap { Self.record($0.0, $0.1) }
            try put(Self.header("././@PaxHeader", type: "x", size: Int64(bytes.count), entry: entry, link: ""))
            try put(bytes)
            try pad(Int64(bytes.count))
        }
        try put(Self.header(path, type: Self.type(of: entry.kind), size: entry.size, entry: entry, link: link))
    }

    /// Bytes of the present member.
    package func add(_ bytes: UnsafeRawBufferPointer) throws { try write(bytes) }

    /// Fills up to a whole block. - Parameter size: bytes of the member.
    package func pad(_ size: Int64) throws {
        let rest: Int = Int((512 - size % 512) % 512)
        if rest > 0 { try put([UInt8](repeating: 0, count: rest)) }
    }

    /// Ends the archive.
    package func finish() throws { try put([UInt8](repeating: 0, count: 1024)) }

    private func put(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    private static func type(of kind: TarEntry.Kind) -> Character {
        switch kind {
        case .file: "0"
        case .hardLink: "1"
        case .symbolicLink: "2"
        case .device: "3"
        case .folder: "5"
        case .pipe: "6"
        }
    }

    private static func header(_ path: String, type: Character, size: Int64, entry: TarEntry, link: String) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ at: Int, _ length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { block[at + index] = byte }
        }
        func put(_ number: Int64, _ at: Int, _ length: Int) {
            let digits = String(max(0, number), radix: 8)
            // What does not fit stands in the extended header.
            guard digits.count < length else { return put(String(repeating: "7", count: length - 1), at, length) }
            put(String(repeating: "0", count: length - 1 - digits.count) + digits, at, length)
        }
        put(path, 0, 100)
        put(Int64(entry.mode & 0o7777), 100, 8)
        put(Int64(entry.user), 108, 8)
        put(Int64(entry.group), 116, 8)
        put(size, 124, 12)
        put(entry.seconds, 136, 12)
        put("        ", 148, 8)
        put(String(type), 156, 1)
        put(link, 157, 100)
        put("ustar\u{0}00", 257, 8)
        let sum: Int64 = block.reduce(0) { $0 + Int64($1) }
        put(sum, 148, 7)
        block[155] = 0x20
        return block
    }

    /// `27 mtime=1350244992.023960108\n`, where the number counts the whole record.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest: String = " \(key)=\(value)\n"
        var length: Int = rest.utf8.count + 1
        while String(length).utf8.count + rest.utf8.count != length { length = String(length).utf8.count + rest.utf8.count }
        return Array((String(length) + rest).utf8)
    }
}
