import Machinery
import Synchronization

/// The way of one request through the mutating policies, which may lead past some of them twice.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/policy/mutating/reinvocationcontext.go.
final class PolicyRun: Sendable {
    private struct State {
        var isSecond = false
        /// A policy changed the object: the plugins run again.
        var isChanged = false
        /// Applied already and willing to be applied again.
        var applied: Set<String> = []
        /// To be applied again.
        var again: Set<String> = []
        /// What the policies of the first pass left.
        var output: JSON?

        mutating func applyAgain() {
            again.formUnion(applied)
            applied = []
        }
    }

    private let state = Mutex(State())

    /// The first pass begins; what a lost race left is forgotten.
    func begin() {
        state.withLock { state in
            if state.output != nil || state.isSecond { state = State() }
        }
    }

    var isChanged: Bool { state.withLock { $0.isChanged } }

    func beginAgain() { state.withLock { $0.isSecond = true } }

    /// The policies' turn in a pass. In the second, an object that others changed is shown to all once more.
    func enter(_ object: JSON) {
        state.withLock { state in
            if state.isSecond, state.output != object { state.applyAgain() }
        }
    }

    func leave(_ object: JSON) { state.withLock { $0.output = object } }

    func isDue(_ id: String) -> Bool { state.withLock { !$0.isSecond || $0.again.contains(id) } }

    func wasApplied(_ id: String, isChanged: Bool, runsAgain: Bool) {
        state.withLock { state in
            if isChanged {
                state.applyAgain()
                state.isChanged = true
            }
            if runsAgain { state.applied.insert(id) }
        }
    }
}
