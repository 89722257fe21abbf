import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The TCP connections of a name server, so many at once: for one more the one that has asked nothing for longest makes room, so that
/// clients who only hold connections keep nobody out.
final class DNSConnections: Sendable {
    private struct State {
        /// By descriptor, when it last had something to say.
        var turns: [Int32: UInt64] = [:]
        var turn: UInt64 = 0
    }

    private let most: Int
    private let state = Mutex(State())

    init(most: Int) { self.most = most }

    func add(_ fd: Int32) {
        state.withLock { state in
            if state.turns.count >= most, let oldest = state.turns.min(by: { $0.value < $1.value })?.key {
                // Its thread hears the end, and closes it.
                shutdown(oldest, Int32(SHUT_RDWR))
                state.turns[oldest] = nil
            }
            state.turn += 1
            state.turns[fd] = state.turn
        }
    }

    func heard(_ fd: Int32) {
        state.withLock { state in
            guard state.turns[fd] != nil else { return }
            state.turn += 1
            state.turns[fd] = state.turn
        }
    }

    /// Closes it, while nobody takes its number for another's.
    func end(_ fd: Int32) {
        state.withLock { state in
            state.turns[fd] = nil
            close(fd)
        }
    }
}
