package import API
package import Logging
import Synchronization

/// The informers of one process: one for each kind or named part of it, shared by all who read it, started when first asked for.
package final class Informers: Sendable {
    /// What an informer holds.
    private struct Copied: Hashable {
        let kind: ObjectIdentifier
        let name: String?
    }

    private struct State {
        var informers: [Copied: any AnyInformer] = [:]
        var waiting: [any AnyInformer] = []
        var start: (@Sendable (any AnyInformer) -> Void)?
        var podsByNode: PodsByNode?
        var podsByLabel: PodsByLabel?
    }

    private let client: Client
    private let log: Logger
    private let state = Mutex(State())

    package init(_ client: Client, log: Logger) {
        self.client = client
        self.log = log
    }

    /// - Parameter name: copies only objects of this name; nil copies all.
    package func informer<K: Kind>(_ kind: K.Type = K.self, name: String? = nil) -> Informer<K> {
        let copied = Copied(kind: ObjectIdentifier(kind), name: name)
        let (informer, isNew) = state.withLock { state in
            if let found = state.informers[copied] as? Informer<K> { return (found, false) }
            let informer = Informer<K>(client, name: name, log: log)
            state.informers[copied] = informer
            return (informer, true)
        }
        if isNew { start(informer) }
        return informer
    }

    /// The one index of pods by their nodes.
    package var podsByNode: PodsByNode { index(\.podsByNode) { PodsByNode($0) } }

    /// The one index of pods by their labels.
    package var podsByLabel: PodsByLabel { index(\.podsByLabel) { PodsByLabel($0) } }

    private func index<Index: Sendable>(_ path: any WritableKeyPath<State, Index?> & Sendable, _ make: (Informer<Pod>) -> Index) -> Index {
        let pods: Informer<Pod> = informer()
        if let known = state.withLock({ $0[keyPath: path] }) { return known }
        let index: Index = make(pods)
        return state.withLock { state in
            let one: Index = state[keyPath: path] ?? index
            state[keyPath: path] = one
            return one
        }
    }

    /// Runs a feed of the metadata of a resource beside the informers.
    ///
    /// - Parameter isWanted: asked before each list; the feed ends with the first no.
    package func feed(
        _ resource: GroupVersionResource, while isWanted: @escaping @Sendable () -> Bool = { true },
        _ handler: @escaping @Sendable (MetadataFeed.Change) -> Void
    ) {
        start(MetadataFeed(client, resource, log: log, while: isWanted, handler))
    }

    private func start(_ informer: any AnyInformer) {
        let start: (@Sendable (any AnyInformer) -> Void)? = state.withLock { state in
            if state.start == nil { state.waiting.append(informer) }
            return state.start
        }
        start?(informer)
    }

    /// Runs all informers, those asked for later too, until the task is cancelled.
    package func run() async {
        let (stream, continuation) = AsyncStream<any AnyInformer>.makeStream()
        let waiting: [any AnyInformer] = state.withLock { state in
            defer { state.waiting = [] }
            state.start = { informer in
                // What is asked for at the end runs no more, and lets go of whoever waits for it.
                if case .terminated = continuation.yield(informer) { Task { await informer.run() }.cancel() }
            }
            return state.waiting
        }
        for informer in waiting { continuation.yield(informer) }
        await withDiscardingTaskGroup { group in
            for await informer in stream { group.addTask { await informer.run() } }
        }
    }
}
