package import API
package import Logging
package import Machinery
import Synchronization

/// The informers of one process: one for each kind, shared by all who read it, started when first asked for.
package final class Informers: Sendable {
    private struct State {
        var informers: [ObjectIdentifier: any AnyInformer] = [:]
        var waiting: [any AnyInformer] = []
        var start: (@Sendable (any AnyInformer) -> Void)?
    }

    private let client: Client
    private let clock: ClusterClock
    private let log: Logger
    private let state = Mutex(State())

    package init(_ client: Client, clock: ClusterClock, log: Logger) {
        self.client = client
        self.clock = clock
        self.log = log
    }

    package func informer<K: Kind>(_ kind: K.Type = K.self) -> Informer<K> {
        let (informer, start) = state.withLock { state in
            if let found = state.informers[ObjectIdentifier(kind)] as? Informer<K> {
                return (found, (@Sendable (any AnyInformer) -> Void)?.none)
            }
            let informer = Informer<K>(client, clock: clock, log: log)
            state.informers[ObjectIdentifier(kind)] = informer
            if state.start == nil { state.waiting.append(informer) }
            return (informer, state.start)
        }
        start?(informer)
        return informer
    }

    /// Runs all informers, those asked for later too, until the task is cancelled.
    package func run() async {
        let (stream, continuation) = AsyncStream<any AnyInformer>.makeStream()
        let waiting: [any AnyInformer] = state.withLock { state in
            defer { state.waiting = [] }
            state.start = { continuation.yield($0) }
            return state.waiting
        }
        for informer in waiting { continuation.yield(informer) }
        await withDiscardingTaskGroup { group in
            for await informer in stream { group.addTask { await informer.run() } }
        }
    }
}
