/// Finds values in the bytes of a JSON object without building a tree: for indexes and for splicing.
///
/// The bytes must be valid JSON, as everything that was written by ``JSON/serialized(_:)`` is; ranges count from the first byte.
public struct JSONScanner {
    private let bytes: UnsafeBufferPointer<UInt8>

    /// The bytes must outlive the scanner.
    public init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Where the value at a path of member names stands; nil when there is none.
    public static func range(of path: [StaticString], in bytes: [UInt8]) -> Range<Int>? {
        bytes.withUnsafeBufferPointer { JSONScanner($0).range(of: path) }
    }

    /// The string at a path; nil when there is none or it is no string.
    public static func string(at path: [StaticString], in bytes: [UInt8]) -> String? {
        bytes.withUnsafeBufferPointer { buffer -> String? in
            let scanner = JSONScanner(buffer)
            return scanner.range(of: path).flatMap { scanner.string($0) }
        }
    }

    /// Calls `body` for each member of the object at the top of the bytes.
    public static func forEachMember(in bytes: [UInt8], _ body: (JSONScanner, JSONScanner.Member) -> Bool) {
        bytes.withUnsafeBufferPointer { buffer in
            let scanner = JSONScanner(buffer)
            scanner.forEachMember(in: 0..<buffer.count) { body(scanner, $0) }
        }
    }

    /// One member of an object.
    public struct Member {
        /// Without the quotes, escapes as they stand.
        public let key: Range<Int>
        /// With quotes or brackets.
        public let value: Range<Int>
    }

    /// Where the value at a path stands, from the object at a range, at first the whole.
    public func range(of path: [StaticString], from start: Range<Int>? = nil) -> Range<Int>? {
        var range: Range<Int> = start ?? 0..<bytes.count
        for name in path {
            var found: Range<Int>?
            forEachMember(in: range) { member in
                guard isKey(member, name) else { return true }
                found = member.value
                return false
            }
            guard let found else { return nil }
            range = found
        }
        return range
    }

    /// Calls `body` for each member of the object at a range, until it returns false. Does nothing for anything but an object.
    public func forEachMember(in range: Range<Int>, _ body: (Member) -> Bool) {
        var at: Int = skipSpace(range.lowerBound)
        guard at < range.upperBound, bytes[at] == UInt8(ascii: "{") else { return }
        at += 1
        while true {
            at = skipSpace(at)
            guard at < range.upperBound, bytes[at] == UInt8(ascii: "\"") else { return }
            let keyEnd: Int = JSONScan.stringEnd(in: bytes, from: at)
            let key: Range<Int> = at + 1..<Swift.max(at + 1, keyEnd - 1)
            at = skipSpace(keyEnd)
            guard at < range.upperBound, bytes[at] == UInt8(ascii: ":") else { return }
            let start: Int = skipSpace(at + 1)
            let end: Int = end(ofValueAt: start)
            guard body(Member(key: key, value: start..<end)) else { return }
            at = skipSpace(end)
            guard at < range.upperBound, bytes[at] == UInt8(ascii: ",") else { return }
            at += 1
        }
    }

    public func isKey(_ member: Member, _ name: StaticString) -> Bool {
        guard member.key.count == name.utf8CodeUnitCount else { return false }
        let wanted: UnsafePointer<UInt8> = name.utf8Start
        for index in 0..<member.key.count where bytes[member.key.lowerBound + index] != wanted[index] { return false }
        return true
    }

    /// The text of a member's name.
    public func name(_ member: Member) -> String {
        string(member.key.lowerBound - 1..<member.key.upperBound + 1) ?? ""
    }

    /// The text of a string value; nil for any other value.
    public func string(_ range: Range<Int>) -> String? {
        guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let inner: Range<Int> = range.lowerBound + 1..<range.upperBound - 1
        let part = UnsafeBufferPointer(rebasing: bytes[inner])
        guard part.contains(UInt8(ascii: "\\")) else { return String(decoding: part, as: UTF8.self) }
        return (try? JSON(parsing: UnsafeBufferPointer(rebasing: bytes[range])))?.string
    }

    /// The tree of the value at a range.
    public func json(_ range: Range<Int>) throws(JSONError) -> JSON {
        try JSON(parsing: UnsafeBufferPointer(rebasing: bytes[range]))
    }

    /// The tree of the value at a range, without the members that are left out.
    public static func tree(of bytes: [UInt8], in range: Range<Int>, without omissions: JSONOmissions) throws(JSONError) -> JSON {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> JSON in
            var parser = JSONParser(bytes: UnsafeBufferPointer(rebasing: buffer[range]), refusesDuplicates: true, leavingOut: omissions)
            return try parser.document()
        }
    }

    private func skipSpace(_ start: Int) -> Int {
        var at: Int = start
        while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
        return at
    }

    /// Where the value that starts at an offset ends.
    func end(ofValueAt start: Int) -> Int {
        guard start < bytes.count else { return start }
        switch bytes[start] {
        case UInt8(ascii: "\""): return JSONScan.stringEnd(in: bytes, from: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return JSONScan.containerEnd(in: bytes, from: start)
        default:
            var at: Int = start
            while at < bytes.count, bytes[at] != UInt8(ascii: ","), bytes[at] != UInt8(ascii: "}"), bytes[at] != UInt8(ascii: "]"),
                bytes[at] > 0x20
            { at += 1 }
            return at
        }
    }
}
