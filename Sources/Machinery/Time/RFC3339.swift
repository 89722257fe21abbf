/// Why a text is no time, in the words that Go's `time` package has made well known.
public struct TimeError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}

/// Reads `2006-01-02T15:04:05[.fraction](Z|±07:00)`. Source: RFC 3339, section 5.6.
enum RFC3339 {
    /// `layout` only names the expected form in errors.
    static func parse(_ text: String, layout: String) throws(TimeError) -> (seconds: Int64, nanoseconds: Int64) {
        var reader = Reader(text: text, layout: layout, bytes: Array(text.utf8))
        return try reader.read()
    }

    private struct Reader {
        let text: String
        let layout: String
        let bytes: [UInt8]
        var at: Int = 0

        init(text: String, layout: String, bytes: [UInt8]) {
            self.text = text
            self.layout = layout
            self.bytes = bytes
        }

        mutating func read() throws(TimeError) -> (seconds: Int64, nanoseconds: Int64) {
            let year: Int = try number(4, "2006")
            try separator("-")
            let month: Int = try number(2, "01")
            guard (1...12).contains(month) else { throw outOfRange("month") }
            try separator("-")
            let day: Int = try number(2, "02")
            try separator("T")
            let hour: Int = try number(2, "15")
            guard hour < 24 else { throw outOfRange("hour") }
            try separator(":")
            let minute: Int = try number(2, "04")
            guard minute < 60 else { throw outOfRange("minute") }
            try separator(":")
            let second: Int = try number(2, "05")
            guard second < 60 else { throw outOfRange("second") }
            let nanoseconds: Int64 = fraction()
            let offset: Int = try zone()
            guard at == bytes.count else { throw error(": extra text: \(quoted(from: at))") }
            guard day >= 1, day <= CivilTime.days(inMonth: month, of: year) else { throw outOfRange("day") }
            let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
            return (civil.secondsSinceEpoch - Int64(offset), nanoseconds)
        }

        private mutating func number(_ width: Int, _ element: String) throws(TimeError) -> Int {
            guard at + width <= bytes.count else { throw cannotParse(element) }
            var value: Int = 0
            for byte in bytes[at..<at + width] {
                guard byte >= 0x30, byte <= 0x39 else { throw cannotParse(element) }
                value = value * 10 + Int(byte - 0x30)
            }
            at += width
            return value
        }

        private mutating func separator(_ mark: Unicode.Scalar) throws(TimeError) {
            guard at < bytes.count, bytes[at] == UInt8(ascii: mark) else { throw cannotParse(String(mark)) }
            at += 1
        }

        /// Nanoseconds; a fraction may have any number of digits.
        private mutating func fraction() -> Int64 {
            guard at + 1 < bytes.count, bytes[at] == UInt8(ascii: ".") || bytes[at] == UInt8(ascii: ","),
                bytes[at + 1] >= 0x30, bytes[at + 1] <= 0x39
            else { return 0 }
            at += 1
            var nanoseconds: Int64 = 0
            var unit: Int64 = 100_000_000
            while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39 {
                nanoseconds += Int64(bytes[at] - 0x30) * unit
                unit /= 10
                at += 1
            }
            return nanoseconds
        }

        /// Seconds east of UTC.
        private mutating func zone() throws(TimeError) -> Int {
            guard at < bytes.count else { throw cannotParse("Z07:00") }
            if bytes[at] == UInt8(ascii: "Z") {
                at += 1
                return 0
            }
            let start: Int = at
            guard bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-"), at + 6 <= bytes.count,
                bytes[at + 3] == UInt8(ascii: ":")
            else { throw cannotParse("Z07:00") }
            let sign: Int = bytes[at] == UInt8(ascii: "-") ? -1 : 1
            do {
                at = start + 1
                let hours: Int = try number(2, "Z07:00")
                at = start + 4
                let minutes: Int = try number(2, "Z07:00")
                guard hours <= 24, minutes < 60 else { throw outOfRange("time zone offset \(hours <= 24 ? "minute" : "hour")") }
                return sign * (hours * 3600 + minutes * 60)
            }
        }

        private func quoted(from index: Int) -> String { "\"\(String(decoding: bytes[index...], as: UTF8.self))\"" }

        private func cannotParse(_ element: String) -> TimeError {
            TimeError(description: "parsing time \"\(text)\" as \"\(layout)\": cannot parse \(quoted(from: at)) as \"\(element)\"")
        }

        private func outOfRange(_ what: String) -> TimeError { error(": \(what) out of range") }

        private func error(_ problem: String) -> TimeError { TimeError(description: "parsing time \"\(text)\"\(problem)") }
    }
}
