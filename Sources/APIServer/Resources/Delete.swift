import API
import Machinery
import Store

extension APIServer {
    /// Deletes an object: at once, after its grace period, or when its finalizers are gone.
    func delete(_ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        let options: Deletion = try Deletion(call)
        let call: Call = call.dryRun(options.isDryRun)
        let name: String = call.request.name ?? ""
        guard let entry = store.newest(call.key(name)) else { throw .notFound(call.names, name) }
        try admitDeletion(of: try call.tree(entry), call)
        delete(call.key(name), options, call, reply)
    }

    /// Deletes everything that a list with these options shows; answers with that list.
    func deleteCollection(_ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        let options: Deletion = try Deletion(call)
        let call: Call = call.dryRun(options.isDryRun)
        let page: ListPage = try readPage(call)
        let answer: Answer = .document(code: 200, pieces: try page.spliced(call), warnings: call.warnings.all)
        let walk = DeletionWalk(page.entries) { status in reply(status.map { .failure($0) } ?? .success(answer)) }
        for _ in 0..<walk.width { deleteNext(walk, options, call) }
    }

    private func deleteNext(_ walk: DeletionWalk, _ options: Deletion, _ call: Call) {
        while let entry = walk.next() {
            let turn = DeletionWalk.Turn()
            let next: Reply = { [self] result in
                if case .failure(let status) = result, !status.isNotFound { walk.fail(status) }
                if turn.isOver() { deleteNext(walk, options, call) }
            }
            proceed(call, next) { [self] () throws(APIStatus) in
                if call.webhookRun != nil { try admitDeletion(of: try call.tree(entry), call) }
                delete(entry.key, options, call, next)
            }
            guard turn.isOver() else { return }
        }
    }

    private func delete(_ key: String, _ options: Deletion, _ call: Call, attempt: Int = 0, _ reply: @escaping Reply) {
        let name: String = key.split(separator: "/").last.map(String.init) ?? ""
        do throws(APIStatus) {
            guard let entry = store.newest(key) else { throw .notFound(call.names, name) }
            let old: JSON = try call.tree(entry)
            try options.check(old, entry.revision, call.names, name)
            let grace: Int = call.type.gracePeriod(old, options.gracePeriodSeconds)
            let next: JSON = marked(old, grace: grace, options, call)
            let retry: @Sendable (StoreError) -> Void = { [self] error in
                if case .conflict(_, .some) = error, attempt < 100 {
                    delete(key, options, call, attempt: attempt + 1, reply)
                } else {
                    reply(.failure(status(error, call, name: name)))
                }
            }
            if isReadyToGo(next, call) {
                return remove(next, entry, call, reply, retry: retry) { [self] in answerDeleted($0, old, call, reply) }
            }
            guard next != old, !call.options.dryRun else { return answer(entry, code: options.codeWhenHeld, call, reply) }
            let stored: StoredObject = try call.stored(next)
            write(Write(.put, key, if: .revision(entry.revision)) { stored.bytes($0) }, "update", call) { [self] result in
                switch result {
                case .success(let entry): answer(entry, code: options.codeWhenHeld, call, reply)
                case .failure(let error): retry(error)
                }
            }
        } catch {
            reply(.failure(error))
        }
    }

    /// The object with the marks of deletion: when it ends, and the finalizers that the propagation policy asks for.
    private func marked(_ old: JSON, grace: Int, _ options: Deletion, _ call: Call) -> JSON {
        var next: JSON = old
        var finalizers: [String] = (old[["metadata", "finalizers"]]?.array ?? []).compactMap(\.string)
        var wanted: String? = options.propagationPolicy
        // A policy that was asked for before is better than none.
        if wanted == nil, case .orphaned = call.names.dependents, !finalizers.contains("foregroundDeletion") { wanted = "Orphan" }
        for (policy, finalizer) in [("Orphan", "orphan"), ("Foreground", "foregroundDeletion")] where wanted != nil {
            finalizers.removeAll { $0 == finalizer }
            if wanted == policy { finalizers.append(finalizer) }
        }
        next[["metadata", "finalizers"]] = finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) })
        let end: Time = call.now + .seconds(grace)
        if let before = old[["metadata", "deletionTimestamp"]]?.string.flatMap({ Time($0) }) {
            // A second delete may shorten the grace period, never lengthen it.
            if options.gracePeriodSeconds != nil, end < before || grace == 0 {
                next[["metadata", "deletionTimestamp"]] = min(end, before).json
                next[["metadata", "deletionGracePeriodSeconds"]] = .int(Int64(grace))
            }
            return next
        }
        next[["metadata", "deletionTimestamp"]] = end.json
        next[["metadata", "deletionGracePeriodSeconds"]] = .int(Int64(grace))
        if let generation = old[["metadata", "generation"]]?.int, generation > 0 {
            next[["metadata", "generation"]] = .int(generation + 1)
        }
        call.type.prepareForDeletion(&next)
        return next
    }

    /// True when deletion was asked for and nothing keeps the object any longer.
    func isReadyToGo(_ object: JSON, _ call: Call) -> Bool {
        let metadata: JSON = object["metadata"] ?? [:]
        return metadata["deletionTimestamp"] != nil && metadata["deletionGracePeriodSeconds"]?.int ?? 0 == 0
            && metadata["finalizers"]?.array?.isEmpty ?? true && !call.type.holdsDeletion(object)
    }

    /// Takes the object out of the store; its last form is what watchers see.
    func remove(
        _ last: JSON, _ entry: Entry, _ call: Call, _ reply: @escaping Reply, retry: (@Sendable (StoreError) -> Void)? = nil,
        _ done: @escaping @Sendable (Entry) -> Void
    ) {
        guard !call.options.dryRun else { return reply(.success(.json(represent(last, call)))) }
        let stored: StoredObject
        do throws(APIStatus) { stored = try call.stored(last) } catch { return reply(.failure(error)) }
        write(Write(.delete, entry.key, if: .revision(entry.revision)) { stored.bytes($0) }, "delete", call) { [self] result in
            switch result {
            case .success(let tombstone):
                for plugin in admission.plugins { plugin.removed(last, call) }
                done(tombstone)
            case .failure(let error):
                if let retry { retry(error) } else { reply(.failure(status(error, call, name: call.request.name ?? ""))) }
            }
        }
    }

    /// Most kinds answer with a Status that names what is gone; some with the object. Source: `ReturnDeletedObject` in pkg/registry.
    private func answerDeleted(_ tombstone: Entry, _ old: JSON, _ call: Call, _ reply: @escaping Reply) {
        guard !call.names.returnsDeleted else { return answer(tombstone, code: 200, call, reply) }
        var details: JSON = ["name": old[["metadata", "name"]] ?? ""]
        if !call.names.group.isEmpty { details["group"] = .string(call.names.group) }
        details["kind"] = .string(call.names.plural)
        details["uid"] = old[["metadata", "uid"]]
        reply(
            .success(
                .json(
                    ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details],
                    warnings: call.warnings.all)))
    }
}
