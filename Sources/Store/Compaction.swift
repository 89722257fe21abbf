/// A step of compaction: what to forget in one transaction, so that writers wait for a step and never for the whole.
struct CompactionStep {
    /// The compacted revision after the step.
    let revision: Revision
    /// Rows of the log that are needed no more.
    let obsolete: [Revision]
    /// Whether more steps are needed to reach the goal.
    let isLast: Bool

    private static let mostEvents = 1024

    /// The next step towards the revision asked for (nil: none was) and the bounds of retention; nil when there is nothing to do.
    static func next(in state: Published, to wanted: Revision?, retention: Retention) -> CompactionStep? {
        let goal: Revision = wanted ?? 0
        var (count, bytes): (Int, Int) = (state.history.count, state.history.bytes)
        let isTrimming: Bool = retention.isExceeded(by: state.history)
        guard goal > state.compacted || isTrimming else { return nil }
        var obsolete: [Revision] = []
        var (examined, revision): (Int, Revision) = (0, state.compacted)
        var isLast: Bool = true
        state.history.forEach(after: state.compacted) { event in
            let isOver: Bool = isTrimming && !retention.allows(events: count, bytes: bytes)
            guard event.revision <= goal || isOver else { return false }
            guard examined < mostEvents else {
                isLast = false
                return false
            }
            examined += 1
            count -= 1
            bytes -= event.retainedBytes
            revision = event.revision
            obsolete += event.obsoleteRevisions
            return true
        }
        // A revision that a failed write left empty is reached too.
        return CompactionStep(revision: isLast ? max(revision, goal) : revision, obsolete: obsolete, isLast: isLast)
    }
}
