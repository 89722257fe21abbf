import Synchronization

/// What a sender does about a client that does not read: it waits once, however often there is something new meanwhile.
final class SlowReader: Sendable {
    private let isAwaited = Mutex(false)

    /// Goes on when the client reads again; a second call before that does nothing.
    ///
    /// - Parameter onWritable: keeps what it is given until the client takes more, then calls it.
    func wait(_ onWritable: (@escaping @Sendable () -> Void) -> Void, _ goOn: @escaping @Sendable () -> Void) {
        let begins: Bool = isAwaited.withLock { isAwaited in
            defer { isAwaited = true }
            return !isAwaited
        }
        guard begins else { return }
        onWritable { [self] in
            isAwaited.withLock { $0 = false }
            goOn()
        }
    }
}
