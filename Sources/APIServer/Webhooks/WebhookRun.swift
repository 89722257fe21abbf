import Machinery
import Synchronization

/// The way of one request through the mutating webhooks, which may lead past some of them twice.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/webhook/mutating/reinvocationcontext.go.
final class WebhookRun: Sendable {
    private struct State {
        var isSecond = false
        /// A webhook changed the object: the plugins run again.
        var isChanged = false
        /// Asked already and willing to be asked again.
        var asked: Set<String> = []
        /// To be asked again.
        var again: Set<String> = []
        /// What the webhooks of the first pass left.
        var output: JSON?

        mutating func askAgain() {
            again.formUnion(asked)
            asked = []
        }
    }

    private let state = Mutex(State())

    /// The first pass begins; what a lost race left is forgotten.
    func begin() { state.withLock { $0 = State() } }

    /// True when a second pass is due, which then begins.
    ///
    /// - Parameter others: whether somebody else than a webhook wants one.
    func beginAgain(whether others: Bool) -> Bool {
        state.withLock { state in
            guard state.isChanged || others, !state.isSecond else { return false }
            state.isSecond = true
            return true
        }
    }

    /// The webhooks' turn in a pass. In the second, an object that other plugins changed is shown to all once more.
    func enter(_ object: JSON) {
        state.withLock { state in
            if state.isSecond, state.output != object { state.askAgain() }
        }
    }

    func leave(_ object: JSON) { state.withLock { $0.output = object } }

    func isDue(_ webhook: Webhook) -> Bool { state.withLock { !$0.isSecond || $0.again.contains(webhook.id) } }

    func wasAsked(_ webhook: Webhook, isChanged: Bool) {
        state.withLock { state in
            if isChanged {
                state.askAgain()
                state.isChanged = true
            }
            if webhook.isAskedAgain { state.asked.insert(webhook.id) }
        }
    }
}
