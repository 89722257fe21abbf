import Machinery

/// The times that a line of cron names: five fields, or a word such as `@daily`.
///
/// Source: `ParseStandard` of github.com/robfig/cron/v3, which Kubernetes uses; the texts of the errors are its own.
package struct CronSchedule: Sendable, Hashable {
    /// Why a line can't be read.
    package struct Malformed: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// The times of a schedule.
    package enum Times: Sendable, Hashable {
        /// Bit n is set for value n. Where both days are restricted, either will do.
        case fields(minutes: UInt64, hours: UInt64, daysOfMonth: UInt64, months: UInt64, daysOfWeek: UInt64, anyDay: Bool)
        /// `@every`: an interval instead of a time of day.
        case every(Duration)
    }

    package let times: Times
    /// From `TZ=` or `CRON_TZ=` at the head of the line, which a CronJob may not have.
    package let timeZone: String?

    package init(_ line: String) throws(Malformed) {
        guard !line.isEmpty else { throw Malformed(description: "empty spec string") }
        var rest: Substring = line[...]
        var zone: String?
        if Self.namesTimeZone(line), let equals = line.firstIndex(of: "=") {
            let end: String.Index = line.firstIndex(of: " ") ?? line.endIndex
            zone = equals < end ? String(line[line.index(after: equals)..<end]) : nil
            rest = line[end...]
        }
        timeZone = zone
        let words: [Substring] = rest.split(whereSeparator: { $0.isWhitespace })
        if let first = words.first, first.hasPrefix("@") {
            times = try Self.named(words.joined(separator: " "))
            return
        }
        guard words.count == 5 else {
            throw Malformed(
                description: "expected exactly 5 fields, found \(words.count): [\(words.joined(separator: " "))]")
        }
        times = .fields(
            minutes: try Self.bits(words[0], .minutes), hours: try Self.bits(words[1], .hours),
            daysOfMonth: try Self.bits(words[2], .daysOfMonth), months: try Self.bits(words[3], .months),
            daysOfWeek: try Self.bits(words[4], .daysOfWeek),
            anyDay: Self.isAny(words[2]) || Self.isAny(words[4]))
    }

    /// True for a line that begins with `TZ=` or `CRON_TZ=`.
    package static func namesTimeZone(_ line: String) -> Bool { line.hasPrefix("TZ=") || line.hasPrefix("CRON_TZ=") }

    private static func isAny(_ field: Substring) -> Bool { field == "*" || field == "?" }
}

extension CronSchedule {
    /// What a field may hold.
    private struct Bounds {
        let least: Int
        let most: Int
        let words: [String: Int]

        static let minutes = Bounds(least: 0, most: 59, words: [:])
        static let hours = Bounds(least: 0, most: 23, words: [:])
        static let daysOfMonth = Bounds(least: 1, most: 31, words: [:])
        static let months = Bounds(
            least: 1, most: 12,
            words: [
                "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
            ])
        static let daysOfWeek = Bounds(
            least: 0, most: 6, words: ["sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6])
    }

    private static func named(_ text: String) throws(Malformed) -> Times {
        switch text {
        case "@yearly", "@annually": return try CronSchedule("0 0 1 1 *").times
        case "@monthly": return try CronSchedule("0 0 1 * *").times
        case "@weekly": return try CronSchedule("0 0 * * 0").times
        case "@daily", "@midnight": return try CronSchedule("0 0 * * *").times
        case "@hourly": return try CronSchedule("0 * * * *").times
        default: break
        }
        guard text.hasPrefix("@every ") else { throw Malformed(description: "unrecognized descriptor: \(text)") }
        let interval: Substring = text.dropFirst("@every ".count)
        do {
            // Shorter intervals and parts of a second are rounded, as cron has no finer times.
            let duration: Duration = try GoDuration.parse(String(interval))
            return .every(.seconds(max(1, duration.components.seconds)))
        } catch {
            throw Malformed(description: "failed to parse duration \(text): \(error)")
        }
    }

    private static func bits(_ field: Substring, _ bounds: Bounds) throws(Malformed) -> UInt64 {
        var bits: UInt64 = 0
        for range in field.split(separator: ",") { bits |= try rangeBits(String(range), bounds) }
        return bits
    }

    /// `*`, `?`, `3`, `mon`, `1-5`, each with `/2` behind it or without.
    private static func rangeBits(_ text: String, _ bounds: Bounds) throws(Malformed) -> UInt64 {
        let parts: [Substring] = text.split(separator: "/", omittingEmptySubsequences: false)
        let ends: [Substring] = (parts.first ?? "").split(separator: "-", omittingEmptySubsequences: false)
        var from: Int
        var to: Int
        if isAny(ends.first ?? "") {
            (from, to) = (bounds.least, bounds.most)
        } else {
            from = try number(ends.first ?? "", bounds)
            switch ends.count {
            case 1: to = from
            case 2: to = try number(ends[1], bounds)
            default: throw Malformed(description: "too many hyphens: \(text)")
            }
        }
        var step: Int = 1
        switch parts.count {
        case 1: break
        case 2:
            step = try number(parts[1], nil)
            if ends.count == 1 { to = bounds.most }
        default: throw Malformed(description: "too many slashes: \(text)")
        }
        if from < bounds.least {
            throw Malformed(description: "beginning of range (\(from)) below minimum (\(bounds.least)): \(text)")
        }
        if to > bounds.most { throw Malformed(description: "end of range (\(to)) above maximum (\(bounds.most)): \(text)") }
        if from > to { throw Malformed(description: "beginning of range (\(from)) beyond end of range (\(to)): \(text)") }
        if step == 0 { throw Malformed(description: "step of range should be a positive number: \(text)") }
        return stride(from: from, through: to, by: step).reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
    }

    private static func number(_ text: Substring, _ bounds: Bounds?) throws(Malformed) -> Int {
        if let value = bounds?.words[text.lowercased()] { return value }
        guard let value = Int(text) else {
            throw Malformed(description: "failed to parse int from \(text): strconv.Atoi: parsing \"\(text)\": invalid syntax")
        }
        guard value >= 0 else { throw Malformed(description: "negative number (\(value)) not allowed: \(text)") }
        return value
    }
}
