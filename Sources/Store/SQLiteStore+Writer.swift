import Synchronization

extension SQLiteStore {
    /// The writer thread: takes what waits, batch after batch, until the store is closed and all is answered.
    func runWriter() {
        var compactions: Compactions = Compactions()
        while true {
            if compactions.isIdle { awaitWork() }
            let (items, isClosed): ([Staging.Item], Bool) = staging.withLock { ($0.take(), $0.isClosed) }
            commit(items, &compactions)
            compact(&compactions)
            if log.isTooLong { log.moveLog() }
            if isClosed, items.isEmpty, compactions.isIdle { break }
            if isClosed { bell.ring() }
        }
        log.close()
    }

    /// Waits for the bell. The write-ahead log is moved when it did not ring for a while: whoever writes meanwhile waits for a long fsync.
    private func awaitWork() {
        if log.isLong {
            if bell.wait(atMost: 100) { return }
            log.moveLog()
        }
        bell.wait()
    }

    /// Makes the writes of a batch durable, all or none, then answers each item in its turn.
    private func commit(_ items: [Staging.Item], _ compactions: inout Compactions) {
        let events: [Event] = items.compactMap { item in
            if case .write(let event, _) = item { event } else { nil }
        }
        var listening: [Subscriber] = []
        do {
            if !events.isEmpty {
                let began = ContinuousClock.now
                try log.append(events)
                committed(events.count, began.duration(to: .now))
                publish(events)
                listening = subscribers.withLock { $0.all }
                for subscriber in listening { subscriber.wake(events) }
            }
        } catch {
            let all: [Staging.Item] = items + staging.withLock { $0.fail(events, error) }
            let failed: [Key] = all.compactMap { item in
                if case .write(let event, _) = item { Key(event.entry.key) } else { nil }
            }
            return answer(all, failed: Set(failed), error, &compactions)
        }
        answer(items, failed: [], .closed, &compactions)
        for subscriber in listening { subscriber.answered() }
    }

    /// Moves durable events to the readers and frees their places in staging.
    private func publish(_ events: [Event]) {
        published.withLock { state in
            for event in events { state.apply(event) }
        }
        staging.withLock { $0.settle(events) }
    }

    /// - Parameters:
    ///   - failed: keys whose writes did not become durable.
    ///   - error: why.
    private func answer(_ items: [Staging.Item], failed: Set<Key>, _ error: StoreError, _ compactions: inout Compactions) {
        for item in items {
            let isFailed: Bool = !failed.isEmpty && item.builds(on: failed)
            switch item {
            case .write(let event, let done): done(isFailed ? .failure(error) : .success(event.entry))
            case .refusal(_, let refusal, let done): done(.failure(isFailed ? error : refusal))
            case .compaction(let revision, let done): compactions.add(revision, done)
            case .resealing(let done): done(Result { () throws(StoreError) in try log.reseal() })
            }
        }
    }

    /// Takes one step of the compactions that were asked for, and of those that the bounds of retention ask for.
    private func compact(_ compactions: inout Compactions) {
        let state: Published = published.withLock { $0 }
        compactions.refuseFuture(state.revision)
        guard let step: CompactionStep = .next(in: state, to: compactions.goal, retention: retention) else {
            return compactions.finish(.success(state.compacted))
        }
        do {
            try log.compact(to: step.revision, deleting: step.obsolete)
            published.withLock { $0.compact(through: step.revision) }
            if step.isLast { compactions.finish(.success(step.revision)) } else { compactions.isUnfinished = true }
        } catch {
            // Nothing was forgotten. Bounds of retention are tried again with the next batch.
            compactions.finish(.failure(error))
        }
    }
}

/// The compactions under way, of which the furthest serves all.
private struct Compactions {
    private var waiting: [(revision: Revision, done: @Sendable (Result<Revision, StoreError>) -> Void)] = []
    var isUnfinished = false

    var isIdle: Bool { waiting.isEmpty && !isUnfinished }

    var goal: Revision? { waiting.map(\.revision).max() }

    mutating func add(_ revision: Revision, _ done: @escaping @Sendable (Result<Revision, StoreError>) -> Void) {
        waiting.append((revision, done))
    }

    mutating func refuseFuture(_ newest: Revision) {
        for refused in waiting where refused.revision > newest { refused.done(.failure(.future(current: newest))) }
        waiting.removeAll { $0.revision > newest }
    }

    mutating func finish(_ result: Result<Revision, StoreError>) {
        let answered = waiting
        waiting = []
        isUnfinished = false
        for compaction in answered { compaction.done(result) }
    }
}
