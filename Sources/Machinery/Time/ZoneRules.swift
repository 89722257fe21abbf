/// The offsets of a time zone, as the tz database has them.
///
/// Reads the compiled form of `/usr/share/zoneinfo`. Source: RFC 9636 (TZif), and POSIX for the rule of the years to come.
package struct ZoneRules: Sendable {
    private struct Change: Sendable {
        let at: Int64
        let offset: Int
    }

    /// In rising order.
    private let changes: [Change]
    /// Before the first change.
    private let first: Int
    /// After the last change; nil keeps that of the last change.
    private let rule: YearRule?

    package static let utc = ZoneRules(changes: [], first: 0, rule: nil)

    private init(changes: [Change], first: Int, rule: YearRule?) {
        self.changes = changes
        self.first = first
        self.rule = rule
    }

    /// - Parameter file: bytes of the compiled form.
    package init(tzif file: [UInt8]) throws(TimeError) {
        var reader = TZifReader(bytes: file)
        let old: TZifReader.Counts = try reader.header()
        guard old.version >= 2 else { throw TZifReader.malformed }
        try reader.skip(old.size(timeWidth: 4))
        let counts: TZifReader.Counts = try reader.header()
        let times: [Int64] = try reader.numbers(counts.times, width: 8)
        let kinds: [Int] = try reader.numbers(counts.times, width: 1).map { Int($0) & 0xFF }
        var offsets: [Int] = []
        for _ in 0..<counts.types {
            offsets.append(Int(try reader.numbers(1, width: 4)[0]))
            try reader.skip(2)
        }
        try reader.skip(counts.characters + counts.leaps * 12 + counts.standard + counts.universal)
        guard let start = offsets.first, kinds.allSatisfy(offsets.indices.contains) else { throw TZifReader.malformed }
        self.init(
            changes: zip(times, kinds).map { Change(at: $0, offset: offsets[$1]) }, first: start, rule: YearRule(reader.footer()))
    }

    /// Seconds east of UTC at a moment, given in seconds since 1970-01-01T00:00:00Z.
    package func offset(at seconds: Int64) -> Int {
        guard let last = changes.last else { return rule?.offset(at: seconds) ?? first }
        if seconds >= last.at { return rule?.offset(at: seconds) ?? last.offset }
        // The last change that is not later.
        var (low, high): (Int, Int) = (0, changes.count)
        while low < high {
            let middle: Int = (low + high) / 2
            if changes[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : changes[low - 1].offset
    }
}

/// Goes through the compiled form.
private struct TZifReader {
    struct Counts {
        let version: Int
        let universal: Int
        let standard: Int
        let leaps: Int
        let times: Int
        let types: Int
        let characters: Int

        func size(timeWidth: Int) -> Int {
            times * (timeWidth + 1) + types * 6 + characters + leaps * (timeWidth + 4) + standard + universal
        }
    }

    static let malformed = TimeError(description: "malformed time zone information")

    let bytes: [UInt8]
    var at: Int = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func header() throws(TimeError) -> Counts {
        guard bytes.count >= at + 44, bytes[at..<at + 4].elementsEqual("TZif".utf8) else { throw Self.malformed }
        // The digit 2 or a later one; a zero byte for the first version.
        let version: Int = max(1, Int(bytes[at + 4]) - 0x30)
        at += 20
        let counts: [Int] = try numbers(6, width: 4).map { Int($0) }
        guard counts.allSatisfy({ $0 >= 0 && $0 <= bytes.count }) else { throw Self.malformed }
        return Counts(
            version: version, universal: counts[0], standard: counts[1], leaps: counts[2], times: counts[3], types: counts[4],
            characters: counts[5])
    }

    mutating func skip(_ count: Int) throws(TimeError) {
        guard at + count <= bytes.count else { throw Self.malformed }
        at += count
    }

    /// Signed, with the highest byte first.
    mutating func numbers(_ count: Int, width: Int) throws(TimeError) -> [Int64] {
        guard count >= 0, at + count * width <= bytes.count else { throw Self.malformed }
        defer { at += count * width }
        return (0..<count).map { index in
            let start: Int = at + index * width
            let sign: UInt64 = bytes[start] & 0x80 == 0 ? 0 : .max
            return Int64(bitPattern: bytes[start..<start + width].reduce(sign) { $0 << 8 | UInt64($1) })
        }
    }

    /// The rule of the years to come, between two line ends.
    func footer() -> String {
        guard at < bytes.count, bytes[at] == 0x0A else { return "" }
        return String(decoding: bytes[(at + 1)...].prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
