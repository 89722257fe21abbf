import API
import Dispatch
import Glibc
import Synchronization

/// Threads for requests that must wait for somebody outside: an admission webhook, a conversion webhook.
///
/// The pipeline runs on the event loops and on the store's writer thread, and neither may block. Such a request goes on here, where a
/// thread of its own may. Threads are made when requests come and go when they stay away.
final class SlowLane: Sendable {
    private struct Job {
        let since: ContinuousClock.Instant
        let run: @Sendable () -> Void
        let refuse: @Sendable (APIStatus) -> Void
    }

    private struct State {
        var queue: [Job] = []
        var threads = 0
        var busy = 0
    }

    /// Requests that are served at once.
    static let threads = 64
    /// Requests that may wait for a thread.
    static let places = 1_000
    /// A request that waited longer than this for a thread is given up, as upstream gives up any request.
    static let patience: Duration = .seconds(60)
    private static let idle: DispatchTimeInterval = .seconds(10)

    private let state = Mutex(State())
    /// Counts the jobs that no thread has taken yet.
    private let jobs = DispatchSemaphore(value: 0)

    /// Runs `job` soon on a thread that may block; or calls `refuse`: at once when too many wait already, later when its turn came too late.
    func run(_ job: @escaping @Sendable () -> Void, refuse: @escaping @Sendable (APIStatus) -> Void) {
        enum Place { case queued, needsThread, none }
        let place: Place = state.withLock { state in
            guard state.queue.count < Self.places else { return .none }
            state.queue.append(Job(since: .now, run: job, refuse: refuse))
            guard state.threads - state.busy < state.queue.count, state.threads < Self.threads else { return .queued }
            state.threads += 1
            return .needsThread
        }
        switch place {
        case .none: refuse(Self.tooMany)
        case .queued: jobs.signal()
        case .needsThread:
            jobs.signal()
            if !start() { state.withLock { $0.threads -= 1 } }
        }
    }

    private func work() {
        while true {
            let isCalled: Bool = jobs.wait(timeout: .now() + Self.idle) == .success
            let (job, ends): (Job?, Bool) = state.withLock { state in
                if isCalled, !state.queue.isEmpty {
                    state.busy += 1
                    return (state.queue.removeFirst(), false)
                }
                // A call that comes right after the wait ended finds the queue filled: then this thread waits for it.
                guard !isCalled, state.queue.isEmpty else { return (nil, false) }
                state.threads -= 1
                return (nil, true)
            }
            if ends { return }
            guard let job else { continue }
            if job.since.duration(to: .now) > Self.patience { job.refuse(Self.tooLate) } else { job.run() }
            state.withLock { $0.busy -= 1 }
        }
    }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// False when the system has no thread to give; those there are, or the next request's, take the job.
    private func start() -> Bool {
        let body: Unmanaged<Body> = Unmanaged.passRetained(Body { [self] in work() })
        var thread = pthread_t()
        let failure: Int32 = pthread_create(
            &thread, nil,
            { context in
                // The pointer made by passRetained above, handed over once.
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        guard failure == 0 else {
            body.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private static let tooMany: APIStatus = .tooManyRequests(
        "\(places) requests wait for webhooks already, please try again later", retryAfterSeconds: 1)

    private static let tooLate = APIStatus(
        code: 504, reason: "Timeout",
        message: "Timeout: request did not complete within the allotted timeout: it waited for webhooks "
            + "that others called before")
}
