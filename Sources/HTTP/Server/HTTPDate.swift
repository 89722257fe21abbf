import Glibc

/// The time of day in the form of the `Date` header, made once a second. Source: RFC 9110, 5.6.7.
package struct HTTPDate {
    private var second: Int = -1
    private var text: String = ""

    /// The present moment: `Sun, 06 Nov 1994 08:49:37 GMT`.
    mutating func now() -> String {
        let current: Int = time(nil)
        if current != second {
            second = current
            text = Self.format(current)
        }
        return text
    }

    /// A moment given in seconds since 1970.
    package static func format(_ seconds: Int) -> String {
        var seconds: time_t = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let days: [String] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months: [String] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date: String = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
        return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
