import CSandbox
import Glibc
import Synchronization

/// Something whose descriptor the reactor watches.
protocol ReactorMember: AnyObject, Sendable {
    var fd: Int32 { get }
    /// On the reactor's thread: the kernel has something, or takes something. An end or an error counts as something to read.
    func isReady(toRead: Bool, toWrite: Bool)
    /// On the reactor's thread, when it ends.
    func close()
}

/// One thread that waits for all sandboxes' connections and streams, and runs the short blocking jobs, so that no thread of the cooperative pool does.
final class Reactor: Sendable {
    private struct State {
        var members: [Int32: any ReactorMember] = [:]
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
            run { continuation.resume(returning: work()) }
        }
        return try result.get()
    }

    /// Runs `work` on the thread soon.
    func run(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.jobs.append(work) }
        wake()
    }

    func add(_ connection: Connection) {
        state.withLock { $0.members[connection.fd] = connection }
        control(EPOLL_CTL_ADD, connection.fd, writing: false)
    }

    /// Tells the member once when it may read or write; to be asked again each time. False when its descriptor cannot be waited for.
    func wait(_ member: any ReactorMember, toRead: Bool, toWrite: Bool) -> Bool {
        let isNew: Bool = state.withLock { state in
            defer { state.members[member.fd] = member }
            return state.members[member.fd] == nil
        }
        var event = epoll_event()
        event.events = EPOLLONESHOT.rawValue | (toRead ? EPOLLIN.rawValue : 0) | (toWrite ? EPOLLOUT.rawValue : 0)
        event.data.fd = member.fd
        return epoll_ctl(poll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, member.fd, &event) == 0
    }

    /// Whether the connection has bytes that the kernel did not take yet.
    func setWriting(_ connection: Connection, _ writing: Bool) { control(EPOLL_CTL_MOD, connection.fd, writing: writing) }

    /// From here on the descriptor may be closed.
    func remove(_ member: any ReactorMember) {
        state.withLock { $0.members[member.fd] = nil }
        epoll_ctl(poll, EPOLL_CTL_DEL, member.fd, nil)
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
                guard let member = state.withLock({ $0.members[event.data.fd] }) else { continue }
                member.isReady(toRead: event.events & ~EPOLLOUT.rawValue != 0, toWrite: event.events & EPOLLOUT.rawValue != 0)
            }
            let (jobs, isStopping, open): ([@Sendable () -> Void], Bool, [any ReactorMember]) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isStopping, state.isStopping ? Array(state.members.values) : [])
            }
            for job in jobs { job() }
            if isStopping {
                for member in open { member.close() }
                return
            }
        }
    }
}
