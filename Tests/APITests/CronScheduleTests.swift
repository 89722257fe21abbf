import API
import FoundationEssentials
import Machinery
import Testing

struct CronScheduleTests {
    @Test(arguments: [
        ("*/15 * * * *", "2026-06-01T12:00:30Z", "2026-06-01T12:15:00Z"),
        ("0 0 * * *", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"),
        ("30 4 1 * *", "2026-06-01T12:00:00Z", "2026-07-01T04:30:00Z"),
        ("0 0 29 feb *", "2026-06-01T12:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 9 * * mon-fri", "2026-06-05T10:00:00Z", "2026-06-08T09:00:00Z"),
        ("0 0 13 * fri", "2026-06-06T00:00:00Z", "2026-06-12T00:00:00Z"),
        ("@hourly", "2026-12-31T23:30:00Z", "2027-01-01T00:00:00Z"),
        ("@every 90s", "2026-06-01T12:00:30Z", "2026-06-01T12:02:00Z"),
    ])
    func `the next time of a schedule`(line: String, after: String, next: String) throws {
        let time: Time = try Time(parsing: after)
        #expect(try CronSchedule(line).next(after: time, in: .utc)?.description == next)
    }

    @Test func `a day that never comes has no next time`() throws {
        #expect(try CronSchedule("0 0 30 2 *").next(after: .epoch, in: .utc) == nil)
    }

    /// Clocks of Berlin go forward on 2026-03-29 at 01:00Z and back on 2026-10-25 at 01:00Z.
    @Test(arguments: [
        ("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
        ("0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        ("0 * * * *", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"),
        ("0 12 * * *", "2026-07-01T00:00:00Z", "2026-07-01T10:00:00Z"),
        ("0 12 * * *", "2041-01-01T00:00:00Z", "2041-01-01T11:00:00Z"),
    ])
    func `times are those of the zone's clocks`(line: String, after: String, next: String) throws {
        let berlin = try ZoneRules(tzif: Array(Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin"))))
        let time: Time = try Time(parsing: after)
        #expect(try CronSchedule(line).next(after: time, in: berlin)?.description == next)
    }
}
