/// A date and time of day in UTC by the proleptic Gregorian calendar, without leap seconds.
public struct CivilTime: Sendable, Hashable {
    public var year: Int
    /// 1 to 12.
    public var month: Int
    /// 1 to 31.
    public var day: Int
    public var hour: Int
    public var minute: Int
    public var second: Int

    public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years start in March, eras have 400 years.
    public init(secondsSinceEpoch seconds: Int64) {
        let days: Int = Int(seconds.flooredQuotient(86_400))
        let rest: Int = Int(seconds) - days * 86_400
        let shifted: Int = days + 719_468
        let era: Int = Int(Int64(shifted).flooredQuotient(146_097))
        let dayOfEra: Int = shifted - era * 146_097
        let yearOfEra: Int = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear: Int = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth: Int = (5 * dayOfYear + 2) / 153
        let month: Int = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month, day: dayOfYear - (153 * marchMonth + 2) / 5 + 1,
            hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60)
    }

    public var secondsSinceEpoch: Int64 {
        let marchYear: Int = month <= 2 ? year - 1 : year
        let era: Int = Int(Int64(marchYear).flooredQuotient(400))
        let yearOfEra: Int = marchYear - era * 400
        let dayOfYear: Int = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra: Int = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days: Int = era * 146_097 + dayOfEra - 719_468
        return Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// 0 is Sunday.
    public var weekday: Int {
        let days: Int64 = secondsSinceEpoch.flooredQuotient(86_400)
        let sinceSunday: Int64 = days + 4  // 1970-01-01 was a Thursday
        return Int(sinceSunday - sinceSunday.flooredQuotient(7) * 7)
    }

    public static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// `2006-01-02T15:04:05`
    public var text: String {
        guard (0...9999).contains(year) else { return slowText }
        return String(unsafeUninitializedCapacity: 19) { bytes in
            var end = 0
            func write(_ number: Int, _ width: Int, then mark: UInt8?) {
                var rest: Int = number
                for place in stride(from: end + width - 1, through: end, by: -1) {
                    bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
                end += width
                guard let mark else { return }
                bytes[end] = mark
                end += 1
            }
            write(year, 4, then: UInt8(ascii: "-"))
            write(month, 2, then: UInt8(ascii: "-"))
            write(day, 2, then: UInt8(ascii: "T"))
            write(hour, 2, then: UInt8(ascii: ":"))
            write(minute, 2, then: UInt8(ascii: ":"))
            write(second, 2, then: nil)
            return end
        }
    }

    private var slowText: String {
        "\(year.padded(4))-\(month.padded(2))-\(day.padded(2))T\(hour.padded(2)):\(minute.padded(2)):\(second.padded(2))"
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder): (Int64, Int64) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Int {
    /// Decimal digits with zeros in front up to a width.
    func padded(_ width: Int) -> String {
        let text: String = String(magnitude)
        let zeros: String = String(repeating: "0", count: Swift.max(0, width - text.utf8.count))
        return (self < 0 ? "-" : "") + zeros + text
    }
}
