/// Reads a tar archive member by member: the formats of POSIX (ustar and pax) and GNU.
///
/// Source: pax in POSIX.1-2017, and tar(5) of FreeBSD.
package final class TarReader {
    private let source: any ByteSource
    private let what: String
    /// Bytes of the current member that were not read yet, and what pads it to whole blocks.
    private var left: Int64 = 0
    private var padding = 0
    private let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
    /// What extended headers said of all further members.
    private var globals: [String: [UInt8]] = [:]

    /// Long names and extended headers larger than this are no names.
    private static let largestHeader: Int64 = 1 << 20

    package init(_ source: any ByteSource, of what: String) {
        self.source = source
        self.what = what
    }

    deinit { block.deallocate() }

    /// The next member; nil at the end. What was not read of the last one is passed over.
    package func next() throws(ImageError) -> TarEntry? {
        var extended: [String: [UInt8]] = globals
        var longPath: String?
        var longLink: String?
        while true {
            try skip()
            guard try source.fill(block, of: what), !block.allSatisfy({ $0 == 0 }) else { return nil }
            try check()
            let type: UInt8 = block[156]
            let size: Int64 = try number(124, 12)
            switch type {
            case UInt8(ascii: "x"), UInt8(ascii: "g"):
                let records: [String: [UInt8]] = try pax(try header(size))
                extended.merge(records) { $1 }
                if type == UInt8(ascii: "g") { globals.merge(records) { $1 } }
            case UInt8(ascii: "L"): longPath = Self.text(try header(size)[...])
            case UInt8(ascii: "K"): longLink = Self.text(try header(size)[...])
            default:
                return try entry(type, size, extended, longPath, longLink)
            }
        }
    }

    /// Reads from the current member; 0 at its end.
    package func read(_ buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int {
        guard left > 0 else { return 0 }
        let part: Int = Int(min(Int64(buffer.count), left))
        let count: Int = try source.read(UnsafeMutableRawBufferPointer(rebasing: buffer[..<part]))
        if count == 0 { throw .damaged("\(what) ends in the middle") }
        left -= Int64(count)
        return count
    }

    /// All of the current member, which must be small.
    func bytes(limit: Int64) throws(ImageError) -> [UInt8] {
        guard left <= limit else { throw .damaged("\(what) has a member that should be small and has \(left) bytes") }
        var bytes = [UInt8](repeating: 0, count: Int(left))
        var have = 0
        while have < bytes.count {
            let from: Int = have
            have += try Self.borrow(&bytes) { (all) throws(ImageError) in try read(UnsafeMutableRawBufferPointer(rebasing: all[from...])) }
        }
        return bytes
    }

    private static func borrow(
        _ bytes: inout [UInt8], _ body: (UnsafeMutableRawBufferPointer) throws(ImageError) -> Int
    ) throws(ImageError) -> Int {
        var result: Result<Int, ImageError> = .success(0)
        bytes.withUnsafeMutableBytes { all in
            result = Result { () throws(ImageError) -> Int in try body(all) }
        }
        return try result.get()
    }

    // MARK: - Headers

    private func entry(
        _ type: UInt8, _ size: Int64, _ extended: [String: [UInt8]], _ longPath: String?, _ longLink: String?
    ) throws(ImageError) -> TarEntry {
        func value(_ key: String) -> String? { extended[key].map { String(decoding: $0, as: UTF8.self) } }
        if extended.keys.contains(where: { $0.hasPrefix("GNU.sparse") }) || type == UInt8(ascii: "S") {
            throw .unsupported("\(what) has a sparse file, which this version does not read: pack it without --sparse")
        }
        let isUstar: Bool = text(257, 5) == "ustar"
        // The prefix is one in POSIX's format only: GNU keeps other things there.
        let prefix: String = isUstar && block[262] == 0 ? text(345, 155) : ""
        let path: String = value("path") ?? longPath ?? (prefix.isEmpty ? text(0, 100) : prefix + "/" + text(0, 100))
        let link: String = value("linkpath") ?? longLink ?? text(157, 100)
        let kind: TarEntry.Kind
        switch type {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = path.hasSuffix("/") ? .folder : .file
        case UInt8(ascii: "1"): kind = .hardLink(to: link)
        case UInt8(ascii: "2"): kind = .symbolicLink(to: link)
        case UInt8(ascii: "3"), UInt8(ascii: "4"): kind = .device
        case UInt8(ascii: "5"): kind = .folder
        case UInt8(ascii: "6"): kind = .pipe
        default: throw .damaged("\(what) has a member of the unknown type \(type)")
        }
        let whole: Int64 = value("size").flatMap { Int64($0) } ?? size
        guard whole >= 0 else { throw .damaged("\(what) has a member of \(whole) bytes") }
        begin(kind == .file || kind == .folder ? whole : 0)
        let stamp: Int64 = try number(136, 12)
        let (seconds, nanoseconds): (Int64, Int64) = Self.time(value("mtime")) ?? (stamp, 0)
        let (user, group): (Int64, Int64) = (try number(108, 8), try number(116, 8))
        var entry = TarEntry(
            path: path, kind: kind, mode: UInt32(truncatingIfNeeded: try number(100, 8)) & 0o7777,
            user: UInt32(clamping: value("uid").flatMap { Int64($0) } ?? user),
            group: UInt32(clamping: value("gid").flatMap { Int64($0) } ?? group), size: kind == .file ? whole : 0,
            seconds: seconds, nanoseconds: nanoseconds)
        for (key, value) in extended where key.hasPrefix("SCHILY.xattr.") { entry.attributes[String(key.dropFirst(13))] = value }
        return entry
    }

    private func begin(_ size: Int64) {
        left = size
        padding = Int((512 - size % 512) % 512)
    }

    private func skip() throws(ImageError) {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 16)
        defer { scratch.deallocate() }
        while left > 0 { _ = try read(scratch) }
        while padding > 0 {
            let count: Int = try source.read(UnsafeMutableRawBufferPointer(rebasing: scratch[..<padding]))
            if count == 0 { break }  // umoci ends with the last member's bytes, and all other readers take that
            padding -= count
        }
        padding = 0
    }

    /// The bytes of a header that stands in the place of a member.
    private func header(_ size: Int64) throws(ImageError) -> [UInt8] {
        begin(size)
        return try bytes(limit: Self.largestHeader)
    }

    private func check() throws(ImageError) {
        let wanted: Int64 = try number(148, 8)
        var sum: Int64 = 0
        var signed: Int64 = 0
        for (at, byte) in block.enumerated() {
            let counted: UInt8 = (148..<156).contains(at) ? 0x20 : byte
            sum += Int64(counted)
            signed += Int64(Int8(bitPattern: counted))
        }
        // Old programs added signed bytes.
        guard wanted == sum || wanted == signed else { throw .damaged("\(what) is no tar archive, or is damaged") }
    }

    /// Octal digits, or GNU's form for large numbers: the first bit set and the rest a number, big end first.
    private func number(_ at: Int, _ length: Int) throws(ImageError) -> Int64 {
        let field: Slice<UnsafeMutableRawBufferPointer> = block[at..<(at + length)]
        if let first = field.first, first & 0x80 != 0 {
            var value: Int64 = first & 0x40 != 0 ? -1 : 0
            for (index, byte) in field.enumerated() {
                let byte: UInt8 = index == 0 ? byte & 0x7F | (first & 0x40 != 0 ? 0x80 : 0) : byte
                guard value >> 55 == 0 || value >> 55 == -1 else { throw .damaged("\(what) has a number that is too large") }
                value = value << 8 | Int64(byte)
            }
            return value
        }
        var value: Int64 = 0
        for byte in field where byte != 0x20 && byte != 0 {
            guard (0x30...0x37).contains(byte), value >> 60 == 0 else { throw .damaged("\(what) is no tar archive, or is damaged") }
            value = value << 3 | Int64(byte - 0x30)
        }
        return value
    }

    private func text(_ at: Int, _ length: Int) -> String { Self.text(block[at..<(at + length)]) }

    private static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

    /// Records of the form `27 mtime=1350244992.023960108\n`, where the number counts the whole record.
    private func pax(_ bytes: [UInt8]) throws(ImageError) -> [String: [UInt8]] {
        var records: [String: [UInt8]] = [:]
        var at = 0
        while at < bytes.count, bytes[at] != 0 {
            guard let space = bytes[at...].firstIndex(of: 0x20), let length = Int(String(decoding: bytes[at..<space], as: UTF8.self)),
                length > space - at + 1, at + length <= bytes.count, bytes[at + length - 1] == 0x0A,
                let equals = bytes[space..<(at + length)].firstIndex(of: UInt8(ascii: "="))
            else { throw .damaged("\(what) has an extended header that is damaged") }
            records[String(decoding: bytes[(space + 1)..<equals], as: UTF8.self)] = Array(bytes[(equals + 1)..<(at + length - 1)])
            at += length
        }
        return records
    }

    private static func time(_ text: String?) -> (Int64, Int64)? {
        guard let text else { return nil }
        let parts: [Substring] = text.split(separator: ".", maxSplits: 1)
        guard let first = parts.first, let seconds = Int64(first) else { return nil }
        let digits: String = parts.count > 1 ? String(parts[1].prefix(9)) : ""
        let nanoseconds: Int64 = Int64(digits + String(repeating: "0", count: 9 - digits.utf8.count)) ?? 0
        return seconds < 0 && nanoseconds > 0 ? (seconds - 1, 1_000_000_000 - nanoseconds) : (seconds, nanoseconds)
    }
}
