import Machinery
import Synchronization
import Testing

@Suite struct TimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-22T20:51:52Z", 1_795_380_712), ("2000-02-29T12:00:00+02:00", 951_818_400),
        ("1969-12-31T23:59:59Z", -1), ("2024-02-29T00:00:00.999Z", 1_709_164_800),
    ])
    func `RFC 3339 is read`(text: String, seconds: Int64) throws {
        #expect(try Time(parsing: text).seconds == seconds)
    }

    @Test(arguments: (-50...200).map { Int64($0) * 1_234_567_891 })
    func `the calendar goes both ways`(seconds: Int64) {
        let civil = CivilTime(secondsSinceEpoch: seconds)
        #expect(civil.secondsSinceEpoch == seconds)
        #expect(civil.day <= CivilTime.days(inMonth: civil.month, of: civil.year))
        #expect(Time(Time(seconds: seconds).description)?.seconds == seconds || civil.year < 0)
    }

    @Test(arguments: [
        ("foo", "parsing time \"foo\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"foo\" as \"2006\""),
        ("2026-13-01T00:00:00Z", "parsing time \"2026-13-01T00:00:00Z\": month out of range"),
        ("2026-02-30T00:00:00Z", "parsing time \"2026-02-30T00:00:00Z\": day out of range"),
        (
            "2026-02-03 00:00:00Z",
            "parsing time \"2026-02-03 00:00:00Z\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \" 00:00:00Z\" as \"T\""
        ),
        ("2026-02-03T00:00:00Zx", "parsing time \"2026-02-03T00:00:00Zx\": extra text: \"x\""),
    ])
    func `what is no time is refused in Go's words`(text: String, expected: String) {
        #expect(performing: { try Time(parsing: text) }, throws: { "\($0)" == expected })
    }

    @Test func `microseconds are kept`() {
        #expect(MicroTime("2026-11-22T20:51:52.123456789Z")?.description == "2026-11-22T20:51:52.123456Z")
        #expect(MicroTime(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
        #expect(MicroTime(microseconds: -1).time.seconds == -1)
        #expect(Time(seconds: 90) - Time(seconds: 30) == .seconds(60) && Time(seconds: 5) + .seconds(5) == Time(seconds: 10))
        #expect(CivilTime(year: 2026, month: 11, day: 22).weekday == 0 && CivilTime(year: 1969, month: 12, day: 31).weekday == 3)
    }

    @Test(arguments: [
        (-2, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (130, "2m10s"), (600, "10m"), (10_799, "179m"),
        (10_800, "3h"),
        (11_100, "3h5m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (183_600, "2d3h"), (691_200, "8d"), (63_072_000, "2y"),
        (64_000_000, "2y10d"), (252_288_000, "8y"),
    ])
    func `ages are short`(seconds: Int, expected: String) {
        #expect((seconds == -1 ? Duration.milliseconds(-999) : .seconds(seconds)).human == (seconds == -1 ? "0s" : expected))
    }

    @Test(arguments: [("1h30m", 5400, "1h30m0s"), ("90s", 90, "1m30s"), ("-2m", -120, "-2m0s"), ("0", 0, "0s"), ("1.5h", 5400, "1h30m0s")])
    func `Go durations are read and written`(text: String, seconds: Int, expected: String) throws {
        #expect(try GoDuration.parse(text) == .seconds(seconds))
        #expect(GoDuration.text(.seconds(seconds)) == expected)
    }

    @Test func `small durations`() throws {
        #expect(GoDuration.text(.milliseconds(1500)) == "1.5s" && GoDuration.text(.microseconds(1500)) == "1.5ms")
        #expect(try GoDuration.parse("1.5ms") == .microseconds(1500) && GoDuration.text(.nanoseconds(7)) == "7ns")
        #expect(performing: { try GoDuration.parse("5") }, throws: { "\($0)" == "time: missing unit in duration \"5\"" })
        #expect(performing: { try GoDuration.parse("5x") }, throws: { "\($0)" == "time: unknown unit \"x\" in duration \"5x\"" })
        #expect(performing: { try GoDuration.parse("") }, throws: { "\($0)" == "time: invalid duration \"\"" })
    }
}

@Suite(.timeLimit(.minutes(1))) struct ClusterClockTests {
    @Test func `a paused clock stands still and wakes sleepers when it is moved on`() async throws {
        let clock = ClusterClock(at: .init(nanoseconds: 1000), isPaused: true)
        final class Log: Sendable { let hours = Mutex<[Int]>([]) }
        let log = Log()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for hours in [3, 1, 2] {
                group.addTask {
                    try await clock.sleep(for: .seconds(3600 * hours))
                    log.hours.withLock { $0.append(hours) }
                }
            }
            while clock.waiterCount < 3 { await Task.yield() }
            #expect(clock.now.nanoseconds == 1000)
            for count in 1...3 {
                #expect(clock.advanceToNextDeadline() == .seconds(3600))
                while log.hours.withLock({ $0.count }) < count { await Task.yield() }
            }
            try await group.waitForAll()
        }
        #expect(log.hours.withLock { $0 } == [1, 2, 3])
        #expect(clock.now.nanoseconds == 1000 + 3 * 3_600_000_000_000 && clock.advanceToNextDeadline() == nil)
    }

    @Test func `a cancelled sleep ends at once and leaves nothing behind`() async throws {
        let clock = ClusterClock(at: .init(nanoseconds: 0), isPaused: true)
        let task = Task { try await clock.sleep(for: .seconds(1)) }
        while clock.waiterCount < 1 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.waiterCount == 0)
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(for: .seconds(1))
        }
        await #expect(throws: CancellationError.self) { try await early.value }
        #expect(clock.waiterCount == 0 && clock.nextDeadline == nil)
    }

    @Test func `scheduled actions run in order unless they are cancelled`() {
        final class Log: Sendable { let seconds = Mutex<[Int]>([]) }
        let clock = ClusterClock(at: .init(nanoseconds: 0), isPaused: true)
        let log = Log()
        let timers: [(Int, ClusterClock.Timer)] = (1...1000).shuffled().map { second in
            (second, clock.schedule(after: .seconds(second)) { log.seconds.withLock { $0.append(second) } })
        }
        for (_, timer) in timers.prefix(500) { #expect(timer.cancel()) }
        clock.advance(by: .seconds(2000))
        #expect(clock.waiterCount == 0)
        #expect(log.seconds.withLock { $0 } == timers.dropFirst(500).map(\.0).sorted())
        #expect(timers.allSatisfy { !$0.1.cancel() })
    }

    @Test func `a running clock wakes sleepers by itself, and at once for a time gone by`() async throws {
        let clock = ClusterClock()
        try await clock.sleep(for: .milliseconds(2))
        try await clock.sleep(until: .init(nanoseconds: 0))
        let start = clock.now
        async let long: Void = clock.sleep(for: .seconds(3600))
        while clock.waiterCount < 1 { await Task.yield() }
        async let short: Void = clock.sleep(for: .milliseconds(1))
        try await short
        clock.pause()
        clock.advance(by: .seconds(3600))
        try await long
        #expect(start.duration(to: clock.now) >= .seconds(3600))
        clock.resume()
        try await clock.sleep(for: .milliseconds(1))
    }

    @Test func `thousands of sleepers are cheap`() async throws {
        let clock = ClusterClock(at: .init(nanoseconds: 0), isPaused: true)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<5000 { group.addTask { try await clock.sleep(for: .seconds(index % 100 + 1)) } }
            while clock.waiterCount < 5000 { await Task.yield() }
            clock.advance(by: .seconds(100))
            try await group.waitForAll()
        }
        #expect(clock.waiterCount == 0)
    }
}
