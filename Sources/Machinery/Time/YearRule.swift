/// When clocks change each year, in the form of the environment variable TZ: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2017, chapter 8.3, with hours from -167 to 167 as in RFC 9636.
struct YearRule: Sendable {
    private let standard: Int
    private let summer: (offset: Int, from: Day, to: Day)?

    /// A day of the year and the local second of it at which clocks change.
    private struct Day: Sendable {
        enum Form: Sendable {
            /// 1 to 365; February 29th is never counted.
            case julian(Int)
            /// 0 to 365.
            case zeroBased(Int)
            /// The fifth week is the last.
            case weekday(month: Int, week: Int, day: Int)
        }

        let form: Form
        let second: Int

        /// Seconds since the epoch on a clock that shows local time.
        func local(_ year: Int) -> Int64 {
            let days: Int64
            switch form {
            case .zeroBased(let day): days = Self.days(year, 1, 1) + Int64(day)
            case .julian(let day):
                let isLeap: Bool = CivilTime.days(inMonth: 2, of: year) == 29
                days = Self.days(year, 1, 1) + Int64(day - 1) + (isLeap && day >= 60 ? 1 : 0)
            case .weekday(let month, let week, let weekday):
                let first: Int = CivilTime(year: year, month: month, day: 1).weekday
                var day: Int = 1 + (weekday - first + 7) % 7 + (week - 1) * 7
                while day > CivilTime.days(inMonth: month, of: year) { day -= 7 }
                days = Self.days(year, month, day)
            }
            return days * 86_400 + Int64(second)
        }

        private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
            CivilTime(year: year, month: month, day: day).secondsSinceEpoch / 86_400
        }
    }

    /// nil for an empty text and for one that can't be read.
    init?(_ text: String) {
        var reader = Reader(rest: text[...])
        guard reader.name(), let west = reader.time() else { return nil }
        standard = -west
        guard !reader.rest.isEmpty else {
            summer = nil
            return
        }
        guard reader.name() else { return nil }
        let offset: Int = reader.rest.first == "," ? standard + 3600 : reader.time().map { -$0 } ?? standard + 3600
        guard reader.take(","), let from = reader.day(), reader.take(","), let to = reader.day(), reader.rest.isEmpty else { return nil }
        summer = (offset, from, to)
    }

    /// Seconds east of UTC.
    func offset(at seconds: Int64) -> Int {
        guard let summer else { return standard }
        let year: Int = CivilTime(secondsSinceEpoch: seconds + Int64(standard)).year
        // Each change is told in the time that holds before it.
        let from: Int64 = summer.from.local(year) - Int64(standard)
        let to: Int64 = summer.to.local(year) - Int64(summer.offset)
        let isSummer: Bool = from < to ? seconds >= from && seconds < to : !(seconds >= to && seconds < from)
        return isSummer ? summer.offset : standard
    }

    private struct Reader {
        var rest: Substring

        init(rest: Substring) { self.rest = rest }

        mutating func take(_ mark: Character) -> Bool {
            guard rest.first == mark else { return false }
            rest.removeFirst()
            return true
        }

        /// Letters, or anything between < and >.
        mutating func name() -> Bool {
            if take("<") {
                guard let end = rest.firstIndex(of: ">") else { return false }
                rest = rest[rest.index(after: end)...]
                return true
            }
            let letters: Substring = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(letters.count)
            return letters.count >= 3
        }

        mutating func number() -> Int? {
            let digits: Substring = rest.prefix { $0.isNumber }
            rest = rest.dropFirst(digits.count)
            return Int(digits)
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int? {
            let isNegative: Bool = take("-")
            if !isNegative { _ = take("+") }
            guard let hours = number() else { return nil }
            var seconds: Int = hours * 3600
            if take(":") { seconds += (number() ?? 0) * 60 }
            if take(":") { seconds += number() ?? 0 }
            return isNegative ? -seconds : seconds
        }

        mutating func day() -> Day? {
            let form: Day.Form
            if take("M") {
                guard let month = number(), take("."), let week = number(), take("."), let day = number(), (1...12).contains(month),
                    (1...5).contains(week), (0...6).contains(day)
                else { return nil }
                form = .weekday(month: month, week: week, day: day)
            } else if take("J") {
                guard let day = number() else { return nil }
                form = .julian(day)
            } else {
                guard let day = number() else { return nil }
                form = .zeroBased(day)
            }
            return Day(form: form, second: take("/") ? time() ?? 7200 : 7200)
        }
    }
}
