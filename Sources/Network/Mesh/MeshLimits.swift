/// Lets so many requests a second through, and as many at once after a silence.
struct MeshLimiter: Sendable {
    private let rate: Double
    private var tokens: Double
    private var last: ContinuousClock.Instant

    init(rate: Int, now: ContinuousClock.Instant) {
        self.rate = Double(rate)
        tokens = Double(rate)
        last = now
    }

    mutating func takes(_ now: ContinuousClock.Instant) -> Bool {
        tokens = min(rate, tokens + rate * (last.duration(to: now) / .seconds(1)))
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}

/// Which endpoints are out because they failed so often in a row. An endpoint that comes back is out again with its first failure, until
/// it has answered well once.
struct MeshBreaker<Endpoint: Hashable & Sendable>: Sendable {
    private struct Record: Sendable {
        var failures = 0
        var out: ContinuousClock.Instant?
    }

    private let most: Int
    private let coolDown: Duration
    private var records: [Endpoint: Record] = [:]

    init(most: Int, coolDown: Duration) {
        self.most = most
        self.coolDown = coolDown
    }

    mutating func note(_ endpoint: Endpoint, isGood: Bool, _ now: ContinuousClock.Instant) {
        guard !isGood else {
            records[endpoint] = nil
            return
        }
        var record: Record = records[endpoint] ?? Record()
        record.failures += 1
        if record.failures >= most { record.out = now.advanced(by: coolDown) }
        records[endpoint] = record
    }

    func isOut(_ endpoint: Endpoint, _ now: ContinuousClock.Instant) -> Bool { records[endpoint]?.out.map { $0 > now } ?? false }
}

/// How many requests may be sent again: a share of those of the last seconds, and a few a second in any case, so that retries do not
/// bring down what is only slow.
struct MeshBudget: Sendable {
    private static let interval: Double = 10
    private static let leastPerSecond: Double = 10

    private let share: Double
    private var requests: Double = 0
    private var retries: Double = 0
    private var last: ContinuousClock.Instant

    init(percent: Int, now: ContinuousClock.Instant) {
        share = Double(percent) / 100
        last = now
    }

    mutating func note(_ now: ContinuousClock.Instant) {
        fade(now)
        requests += 1
    }

    mutating func takes(_ now: ContinuousClock.Instant) -> Bool {
        fade(now)
        guard retries + 1 <= max(requests * share, share == 0 ? 0 : Self.leastPerSecond * Self.interval) else { return false }
        retries += 1
        return true
    }

    /// What is an interval old counts nothing.
    private mutating func fade(_ now: ContinuousClock.Instant) {
        let rest: Double = max(0, 1 - last.duration(to: now) / .seconds(1) / Self.interval)
        requests *= rest
        retries *= rest
        last = now
    }
}
