import Synchronization

/// A standing wish to be woken after writes; ends with `cancel()` or with its last reference.
package final class Subscription: Sendable {
    private let end: Mutex<(@Sendable () -> Void)?>

    /// - Parameter end: called once, when the subscription ends.
    package init(end: @escaping @Sendable () -> Void) {
        self.end = Mutex(end)
    }

    /// Ends the subscription; harmless when it has ended.
    package func cancel() {
        let end: (@Sendable () -> Void)? = self.end.withLock { end in
            defer { end = nil }
            return end
        }
        end?()
    }

    deinit { cancel() }
}
