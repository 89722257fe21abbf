package import Machinery

extension CronSchedule {
    /// The first time of the schedule after another; nil when there is none within five years, as for February 30th.
    ///
    /// On the day that clocks go forward the skipped times are left out; when they go back, those that come twice count twice.
    /// Source: `SpecSchedule.Next` of github.com/robfig/cron/v3.
    package func next(after time: Time, in zone: ZoneRules) -> Time? {
        switch times {
        case .every(let interval): return time + interval
        case .fields(let minutes, let hours, let daysOfMonth, let months, let daysOfWeek, let anyDay):
            var search = Search(seconds: time.seconds + 60 - time.seconds % 60, zone: zone)
            let lastYear: Int = search.local.year + 5
            while search.local.year <= lastYear {
                let local: CivilTime = search.local
                let isDayOfMonth: Bool = daysOfMonth.has(local.day)
                let isDayOfWeek: Bool = daysOfWeek.has(local.weekday)
                if !months.has(local.month) {
                    search.toNextMonth()
                } else if !(anyDay ? isDayOfMonth && isDayOfWeek : isDayOfMonth || isDayOfWeek) {
                    search.toNextDay()
                } else if !hours.has(local.hour) {
                    search.go(to: search.seconds + Int64(3600 - local.minute * 60 - local.second))
                } else if !minutes.has(local.minute) {
                    search.go(to: search.seconds + Int64(60 - local.second))
                } else {
                    return Time(seconds: search.seconds)
                }
            }
            return nil
        }
    }

    /// A moment and what the clock on the wall shows then.
    private struct Search {
        private(set) var seconds: Int64
        private(set) var local: CivilTime
        private let zone: ZoneRules

        init(seconds: Int64, zone: ZoneRules) {
            self.seconds = seconds
            self.zone = zone
            local = CivilTime(secondsSinceEpoch: seconds + Int64(zone.offset(at: seconds)))
        }

        mutating func go(to seconds: Int64) { self = Search(seconds: seconds, zone: zone) }

        mutating func toNextMonth() {
            let isLast: Bool = local.month == 12
            go(toStartOf: CivilTime(year: isLast ? local.year + 1 : local.year, month: isLast ? 1 : local.month + 1, day: 1))
        }

        mutating func toNextDay() {
            let midnight: Int64 = CivilTime(year: local.year, month: local.month, day: local.day).secondsSinceEpoch + 86_400
            go(toStartOf: CivilTime(secondsSinceEpoch: midnight))
        }

        /// The first moment of a day: midnight, or what comes after it where clocks skip it.
        private mutating func go(toStartOf day: CivilTime) {
            let wanted: Int64 = day.secondsSinceEpoch
            var guess: Int64 = wanted - Int64(zone.offset(at: wanted - Int64(zone.offset(at: seconds))))
            while guess + Int64(zone.offset(at: guess)) < wanted { guess += 1800 }
            go(to: guess)
        }
    }
}

extension UInt64 {
    fileprivate func has(_ bit: Int) -> Bool { self & 1 << UInt64(bit) != 0 }
}
