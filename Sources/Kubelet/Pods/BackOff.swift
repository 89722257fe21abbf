import Machinery

/// How long to wait before something that failed is tried again: 10 s, twice as long each further time, 5 min at most.
///
/// The first attempt after a failure is at once. Ten quiet minutes make it forget. Source: k8s.io/client-go/util/flowcontrol.
struct BackOff: Sendable, Equatable {
    static let first: Duration = .seconds(10)
    static let limit: Duration = .seconds(300)
    private static let memory: Duration = .seconds(600)

    private(set) var delay: Duration = .zero
    private var updated = ClusterClock.Instant(nanoseconds: 0)

    /// When the next attempt is due after a failure at this time; nil when it is due now.
    func deadline(after failure: ClusterClock.Instant, now: ClusterClock.Instant) -> ClusterClock.Instant? {
        guard delay > .zero, !isForgotten(failure) else { return nil }
        let due: ClusterClock.Instant = failure.advanced(by: delay)
        return now < due ? due : nil
    }

    /// An attempt begins.
    mutating func next(after failure: ClusterClock.Instant, now: ClusterClock.Instant) {
        delay = delay == .zero || isForgotten(failure) ? Self.first : min(delay * 2, Self.limit)
        updated = now
    }

    private func isForgotten(_ failure: ClusterClock.Instant) -> Bool { updated.duration(to: failure) > Self.memory }

    /// For the next kubelet: the delay in seconds and the time of the last attempt in nanoseconds.
    var json: JSON { ["delay": .int(delay.components.seconds), "updated": .int(updated.nanoseconds)] }

    init() {}

    init(_ json: JSON) {
        delay = .seconds(json["delay"]?.int ?? 0)
        updated = ClusterClock.Instant(nanoseconds: json["updated"]?.int ?? 0)
    }

    /// `10s`, `2m40s`.
    var text: String { GoDuration.text(delay) }
}
