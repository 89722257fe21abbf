/// A moment to the second, as most times in Kubernetes objects are: `2006-01-02T15:04:05Z`.
public struct Time: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    /// Reads RFC 3339 with any offset; a fraction of a second is dropped.
    public init(parsing text: String) throws(TimeError) {
        seconds = try RFC3339.parse(text, layout: "2006-01-02T15:04:05Z07:00").seconds
    }

    /// nil when the text is no time; ``init(parsing:)`` says why.
    public init?(_ text: String) {
        guard let time = try? Time(parsing: text) else { return nil }
        self = time
    }

    public static let epoch = Time(seconds: 0)

    public var civil: CivilTime { CivilTime(secondsSinceEpoch: seconds) }
}

/// A moment to the microsecond, as leases and events have it: `2006-01-02T15:04:05.000000Z`.
public struct MicroTime: Sendable, Hashable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// The start of that second.
    public init(_ time: Time) { microseconds = time.seconds * 1_000_000 }

    /// Reads RFC 3339 with any offset; digits beyond the sixth of the fraction are dropped. No fraction is read as none, which
    /// Kubernetes refuses.
    public init(parsing text: String) throws(TimeError) {
        let (seconds, nanoseconds): (Int64, Int64) = try RFC3339.parse(text, layout: "2006-01-02T15:04:05.000000Z07:00")
        microseconds = seconds * 1_000_000 + nanoseconds / 1000
    }

    /// nil when the text is no time; ``init(parsing:)`` says why.
    public init?(_ text: String) {
        guard let time = try? MicroTime(parsing: text) else { return nil }
        self = time
    }

    public static let epoch = MicroTime(microseconds: 0)

    /// The second that this moment falls in.
    public var time: Time { Time(seconds: microseconds.flooredQuotient(1_000_000)) }
}

extension Time: Comparable, CustomStringConvertible {
    public static func < (one: Time, other: Time) -> Bool { one.seconds < other.seconds }
    public static func - (one: Time, other: Time) -> Duration { .seconds(one.seconds - other.seconds) }
    /// Parts of a second are dropped.
    public static func + (time: Time, duration: Duration) -> Time { Time(seconds: time.seconds + duration.components.seconds) }
    public static func - (time: Time, duration: Duration) -> Time { Time(seconds: time.seconds - duration.components.seconds) }

    public var description: String { civil.text + "Z" }
    public var json: JSON { .string(description) }
}

extension MicroTime: Comparable, CustomStringConvertible {
    public static func < (one: MicroTime, other: MicroTime) -> Bool { one.microseconds < other.microseconds }
    public static func - (one: MicroTime, other: MicroTime) -> Duration { .microseconds(one.microseconds - other.microseconds) }
    public static func + (time: MicroTime, duration: Duration) -> MicroTime {
        MicroTime(microseconds: time.microseconds + duration.nanoseconds / 1000)
    }
    public static func - (time: MicroTime, duration: Duration) -> MicroTime {
        MicroTime(microseconds: time.microseconds - duration.nanoseconds / 1000)
    }

    public var description: String {
        let second: Time = time
        return "\(second.civil.text).\(Int(microseconds - second.seconds * 1_000_000).padded(6))Z"
    }
    public var json: JSON { .string(description) }
}

extension Duration {
    /// Whole nanoseconds; stays at the ends of 64 bits (292 years).
    public var nanoseconds: Int64 {
        let (seconds, attoseconds): (Int64, Int64) = components
        let (product, overflow): (Int64, Bool) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carries): (Int64, Bool) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carries ? (seconds < 0 ? .min : .max) : sum
    }

    /// Seconds with fraction.
    public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
