import Machinery

/// Timestamps as texts: `2006-01-02T15:04:05.123Z`, from the year 1 to 9999.
enum TimestampText {
    /// Seconds of 0001-01-01T00:00:00Z and of 9999-12-31T23:59:59Z.
    static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    static func read(_ text: String) -> (seconds: Int64, nanoseconds: Int32)? {
        guard let time = Time(text) else { return nil }
        guard range.contains(time.seconds) else { return nil }
        return (time.seconds, nanoseconds(text))
    }

    private static func nanoseconds(_ text: String) -> Int32 {
        guard let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
        var value: Int32 = 0
        var unit: Int32 = 100_000_000
        for byte in text.utf8[text.utf8.index(after: dot)...] {
            guard (0x30...0x39).contains(byte), unit > 0 else { break }
            value += Int32(byte - 0x30) * unit
            unit /= 10
        }
        return value
    }

    static func text(_ seconds: Int64, _ nanoseconds: Int32) -> String {
        let whole: String = Time(seconds: seconds).civil.text
        guard nanoseconds != 0 else { return whole + "Z" }
        var digits: String = String(Int(nanoseconds) + 1_000_000_000)
        digits.removeFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)Z"
    }
}

/// Durations as `string()` writes them: seconds with a fraction, `3600s`.
enum DurationText {
    static func text(_ nanoseconds: Int64) -> String {
        let whole: UInt64 = nanoseconds.magnitude / 1_000_000_000
        let rest: UInt64 = nanoseconds.magnitude % 1_000_000_000
        let sign: String = nanoseconds < 0 ? "-" : ""
        guard rest != 0 else { return "\(sign)\(whole)s" }
        var digits: String = String(rest + 1_000_000_000)
        digits.removeFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(sign)\(whole).\(digits)s"
    }
}
