import Glibc

/// A thread of its own for work that blocks.
///
/// fsync on the cooperative pool would hold up half of the program on two cores.
final class WriterThread: Sendable {
    private let thread: pthread_t

    /// - Parameter body: runs on the new thread, to its end.
    init(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        thread = try Self.start(body)
    }

    var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    /// Waits for the end of the body. Called once, and not from the thread itself.
    func join() { pthread_join(thread, nil) }

    /// Lets the thread end on its own. Called once, in place of ``join()``.
    func detach() { pthread_detach(thread) }

    /// Runs `body` soon, off the caller's stack.
    static func runSoon(_ body: @escaping @Sendable () -> Void) {
        // Without the memory for a thread, the caller's stack is the only place left.
        guard let thread: pthread_t = try? start(body) else { return body() }
        pthread_detach(thread)
    }

    struct Errno: Error {
        let value: Int32
    }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func start(_ run: @escaping @Sendable () -> Void) throws(Errno) -> pthread_t {
        let body: Unmanaged<Body> = Unmanaged.passRetained(Body(run))
        var thread: pthread_t = pthread_t()
        let failure: Int32 = pthread_create(
            &thread, nil,
            { context in
                // The pointer made by passRetained above, handed over once.
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        guard failure == 0 else {
            body.release()
            throw Errno(value: failure)
        }
        return thread
    }
}

/// What wakes a thread: as many waits pass as there were rings, and a ring before the wait is not lost.
final class Bell: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t> = .allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func ring() { sem_post(semaphore) }

    func wait() {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }

    /// False when there was no ring for so many milliseconds.
    func wait(atMost milliseconds: Int) -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        end.tv_nsec += milliseconds * 1_000_000
        end.tv_sec += end.tv_nsec / 1_000_000_000
        end.tv_nsec %= 1_000_000_000
        while sem_timedwait(semaphore, &end) != 0 {
            if errno == ETIMEDOUT { return false }
        }
        return true
    }
}
