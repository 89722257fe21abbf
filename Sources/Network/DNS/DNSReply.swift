/// Answers of other name servers, as bytes. Source: RFC 1035, RFC 2308.
enum DNSReply {
    /// Where each record's time to live stands; nil when the bytes are no whole message.
    private static func times(_ bytes: [UInt8]) -> [Int]? {
        guard bytes.count >= 12 else { return nil }
        func number(_ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }
        var at = 12
        /// Steps over a name; false when it leads out of the message.
        func skipName() -> Bool {
            while at < bytes.count {
                let length = Int(bytes[at])
                if length == 0 {
                    at += 1
                    return true
                }
                if length >= 0xC0 {
                    at += 2
                    return at <= bytes.count
                }
                at += length + 1
            }
            return false
        }
        for _ in 0..<number(4) {
            guard skipName(), at + 4 <= bytes.count else { return nil }
            at += 4
        }
        var places: [Int] = []
        for _ in 0..<(number(6) + number(8) + number(10)) {
            guard skipName(), at + 10 <= bytes.count else { return nil }
            // What stands there in an OPT record is no time.
            if number(at) != Int(DNSQuery.Kind.opt) { places.append(at + 4) }
            at += 10 + number(at + 8)
            guard at <= bytes.count else { return nil }
        }
        return places
    }

    private static func time(_ bytes: [UInt8], _ at: Int) -> UInt32 { bytes[at..<(at + 4)].reduce(0) { $0 << 8 | UInt32($1) } }

    /// Seconds for which all of an answer holds; nil when the bytes are no answer, or one without any record that says so.
    static func lifetime(_ bytes: [UInt8]) -> UInt32? { times(bytes)?.map { time(bytes, $0) }.min() }

    /// The answer as it is some seconds later.
    static func aged(_ bytes: [UInt8], by seconds: UInt32) -> [UInt8] {
        guard seconds > 0, let places = times(bytes) else { return bytes }
        var aged: [UInt8] = bytes
        for place in places {
            let left: UInt32 = time(bytes, place) - min(seconds, time(bytes, place))
            for (index, shift) in [24, 16, 8, 0].enumerated() { aged[place + index] = UInt8(left >> UInt32(shift) & 0xFF) }
        }
        return aged
    }

    /// The answer under the number and in the letters of a question; without records, and marked so, when it is longer than the asker
    /// takes.
    static func fitted(_ bytes: [UInt8], to query: DNSQuery, limit: Int) -> [UInt8] {
        var bytes: [UInt8] = bytes
        bytes[0] = UInt8(query.id >> 8)
        bytes[1] = UInt8(query.id & 0xFF)
        let end: Int = 12 + query.question.count
        if bytes.count >= end, bytes[4] == 0, bytes[5] == 1 { bytes.replaceSubrange(12..<end, with: query.question) }
        guard bytes.count > limit, bytes.count >= end else { return bytes }
        bytes[2] |= 2
        return Array(bytes[..<6]) + [0, 0, 0, 0, 0, 0] + bytes[12..<end]
    }
}
