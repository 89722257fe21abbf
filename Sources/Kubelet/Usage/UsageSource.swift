package import API
package import Machinery

/// What containers and the node use, as `metrics.k8s.io` shows it.
package protocol UsageSource: Sendable {
    /// Of all pods that were measured; without labels.
    func podMetrics() -> [View<PodMetrics>]
    func nodeMetrics() -> [View<NodeMetrics>]
}

/// One measurement of a container: what it has used so far, and when that was read.
struct UsageSample: Sendable, Equatable {
    /// Nanoseconds of processor time.
    let cpu: Int64
    /// Bytes.
    let memory: Int64
    let at: ContinuousClock.Instant

    /// Thousandths of a processor between two measurements; nil when the second begins anew, as after a restart.
    func rate(since before: UsageSample) -> Quantity? {
        let time: Int64 = before.at.duration(to: at).nanoseconds
        guard time > 0, cpu >= before.cpu else { return nil }
        return Quantity(nanos: Int128(cpu - before.cpu) * 1_000_000_000 / Int128(time), format: .decimalSI)
    }
}
