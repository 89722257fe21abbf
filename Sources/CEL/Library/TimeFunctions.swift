import Machinery

/// Parts of timestamps and durations: `getHours()` and the like. Time zones are offsets such as `-08:00`, or `UTC`.
enum TimeFunctions {
    static let all: [Overload] =
        part("<timestamp>getFullYear() -> int", "<timestamp>getFullYear(string) -> int") { civil, _ in civil.year }
        + part("<timestamp>getMonth() -> int", "<timestamp>getMonth(string) -> int") { civil, _ in civil.month - 1 }
        + part("<timestamp>getDayOfYear() -> int", "<timestamp>getDayOfYear(string) -> int") { civil, _ in
            Int((civil.secondsSinceEpoch - CivilTime(year: civil.year, month: 1, day: 1).secondsSinceEpoch) / 86_400)
        }
        + part("<timestamp>getDayOfMonth() -> int", "<timestamp>getDayOfMonth(string) -> int") { civil, _ in civil.day - 1 }
        + part("<timestamp>getDate() -> int", "<timestamp>getDate(string) -> int") { civil, _ in civil.day }
        + part("<timestamp>getDayOfWeek() -> int", "<timestamp>getDayOfWeek(string) -> int") { civil, _ in civil.weekday }
        + part("<timestamp>getHours() -> int", "<timestamp>getHours(string) -> int") { civil, _ in civil.hour }
        + part("<timestamp>getMinutes() -> int", "<timestamp>getMinutes(string) -> int") { civil, _ in civil.minute }
        + part("<timestamp>getSeconds() -> int", "<timestamp>getSeconds(string) -> int") { civil, _ in civil.second }
        + part("<timestamp>getMilliseconds() -> int", "<timestamp>getMilliseconds(string) -> int") { _, rest in Int(rest) / 1_000_000 }
        + [
            .one("<duration>getHours() -> int") { span($0) { $0 / 3_600_000_000_000 } },
            .one("<duration>getMinutes() -> int") { span($0) { $0 / 60_000_000_000 } },
            .one("<duration>getSeconds() -> int") { span($0) { $0 / 1_000_000_000 } },
            .one("<duration>getMilliseconds() -> int") { span($0) { $0 / 1_000_000 } },
        ]

    private static func span(_ value: Value, _ part: (Int64) -> Int64) -> Value? {
        if case .duration(let nanoseconds) = value { .int(part(nanoseconds)) } else { nil }
    }

    private static func part(
        _ plain: StaticString, _ zoned: StaticString, _ read: @escaping @Sendable (CivilTime, Int32) -> Int
    ) -> [Overload] {
        [
            .one(plain) { value in
                guard case .timestamp(let seconds, let rest) = value else { return nil }
                return .int(Int64(read(CivilTime(secondsSinceEpoch: seconds), rest)))
            },
            .two(zoned) { value, zone throws(EvaluationError) in
                guard case .timestamp(let seconds, let rest) = value, case .string(let name) = zone else { return nil }
                return .int(Int64(read(CivilTime(secondsSinceEpoch: seconds + Int64(try offset(name, at: seconds))), rest)))
            },
        ]
    }

    /// Seconds east of UTC.
    private static func offset(_ zone: String, at seconds: Int64) throws(EvaluationError) -> Int {
        if zone.isEmpty || zone == "UTC" || zone == "Z" { return 0 }
        if zone.contains(":") {
            var text: Substring = zone[...]
            let sign: Int = text.hasPrefix("-") ? -1 : 1
            if text.hasPrefix("-") || text.hasPrefix("+") { text.removeFirst() }
            let parts: [Substring] = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let hours = Int(parts[0]), let minutes = Int(parts[1]), (0...23).contains(hours),
                (0...59).contains(minutes)
            else { throw EvaluationError("invalid timezone: \(zone)") }
            return sign * (hours * 3600 + minutes * 60)
        }
        guard let rules = TimeZones.shared.zone(zone) else { throw EvaluationError("unknown time zone \(zone)") }
        return rules.offset(at: seconds)
    }
}
