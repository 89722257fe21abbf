import CSandbox
import Glibc
import Synchronization

/// One thread that waits for all sandboxes' connections and runs the short blocking jobs, so that no thread of the cooperative pool does.
final class Reactor: Sendable {
    private struct State {
        var connections: [Int32: Connection] = [:]
        var jobs: [@Sendable () -> Void] = []
        var isStopping = false
    }

    private let poll: Int32
    private let wakeUp: Int32
    private let state = Mutex(State())

    init() throws(SandboxError) {
        poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard poll >= 0, wakeUp >= 0 else { throw SandboxError.system(call: "epoll_create", errno: errno, path: "") }
        control(EPOLL_CTL_ADD, wakeUp, writing: false)
        var thread = pthread_t()
        let box: Unmanaged<Reactor> = Unmanaged.passRetained(self)
        let result: Int32 = pthread_create(
            &thread, nil,
            { argument in
                // Proved: the argument is the box made above.
                let reactor: Reactor = Unmanaged<Reactor>.fromOpaque(argument!).takeRetainedValue()
                swkube_name_thread("sandboxes")
                reactor.run()
                return nil
            }, box.toOpaque())
        guard result == 0 else {
            box.release()
            throw SandboxError.system(call: "pthread_create", errno: result, path: "")
        }
        pthread_detach(thread)
    }

    deinit {
        close(poll)
        close(wakeUp)
    }

    /// Ends the thread once its jobs are done; connections that are still open are closed.
    func stop() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    /// Runs `work` on the thread and hands back what it returns.
    func perform<T: Sendable, E: Error>(_ work: @escaping @Sendable () -> Result<T, E>) async throws(E) -> T {
        let result: Result<T, E> = await withCheckedContinuation { continuation in
            state.withLock { $0.jobs.append { continuation.resume(returning: work()) } }
            wake()
        }
        return try result.get()
    }

    func add(_ connection: Connection) {
        state.withLock { $0.connections[connection.fd] = connection }
        control(EPOLL_CTL_ADD, connection.fd, writing: false)
    }

    /// Whether the connection has bytes that the kernel did not take yet.
    func setWriting(_ connection: Connection, _ writing: Bool) { control(EPOLL_CTL_MOD, connection.fd, writing: writing) }

    /// From here on the descriptor may be closed.
    func remove(_ connection: Connection) {
        state.withLock { $0.connections[connection.fd] = nil }
        epoll_ctl(poll, EPOLL_CTL_DEL, connection.fd, nil)
    }

    private func control(_ operation: Int32, _ fd: Int32, writing: Bool) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (writing ? EPOLLOUT.rawValue : 0)
        event.data.fd = fd
        epoll_ctl(poll, operation, fd, &event)
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)  // full means that it is awake already
    }

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count: Int32 = epoll_wait(poll, &events, Int32(events.count), -1)
            for index in 0..<max(0, Int(count)) {
                let event: epoll_event = events[index]
                if event.data.fd == wakeUp {
                    var value: UInt64 = 0
                    _ = read(wakeUp, &value, MemoryLayout<UInt64>.size)
                    continue
                }
                guard let connection = state.withLock({ $0.connections[event.data.fd] }) else { continue }
                if event.events & EPOLLOUT.rawValue != 0 { connection.flush() }
                if event.events & ~EPOLLOUT.rawValue != 0 { connection.receive() }
            }
            let (jobs, isStopping, open): ([@Sendable () -> Void], Bool, [Connection]) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isStopping, state.isStopping ? Array(state.connections.values) : [])
            }
            for job in jobs { job() }
            if isStopping {
                for connection in open { connection.close() }
                return
            }
        }
    }
}
