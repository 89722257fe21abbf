import API
import Machinery

/// Results in a row, and what they come to. Source: pkg/kubelet/prober/worker.go.
struct ProbeCount: Sendable, Equatable {
    let successThreshold: Int
    let failureThreshold: Int
    private var lastWasSuccess: Bool?
    private var inRow = 0

    init(_ probe: View<Probe>) {
        successThreshold = max(1, probe.successThreshold)
        failureThreshold = max(1, probe.failureThreshold)
    }

    /// What is now certain; nil while the threshold is not reached.
    mutating func add(_ isSuccess: Bool) -> Bool? {
        inRow = lastWasSuccess == isSuccess ? inRow + 1 : 1
        lastWasSuccess = isSuccess
        return inRow >= (isSuccess ? successThreshold : failureThreshold) ? isSuccess : nil
    }
}
