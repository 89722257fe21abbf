/// When to draw: at once when nothing was drawn for a while, otherwise as soon as it may be again.
struct DrawPace {
    enum Decision: Equatable { case now, at(ContinuousClock.Instant), never }

    private let pause: Duration
    private var last: ContinuousClock.Instant?
    private var isPlanned = false

    /// - Parameter perSecond: how often at most.
    init(perSecond: Int) { pause = .seconds(1) / perSecond }

    /// Something changed. `never` when a drawing is planned that will show it.
    mutating func changed(_ now: ContinuousClock.Instant) -> Decision {
        guard !isPlanned else { return .never }
        guard let last, now < last + pause else {
            last = now
            return .now
        }
        isPlanned = true
        return .at(last + pause)
    }

    /// The planned moment came: draw.
    mutating func fire(_ now: ContinuousClock.Instant) {
        isPlanned = false
        last = now
    }
}
