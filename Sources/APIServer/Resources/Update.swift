import API
import Machinery
import Store

extension APIServer {
    /// Replaces an object, or its status. For a few kinds, makes the object if there is none.
    func update(_ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        let object: JSON = try BodyReader(call: call).object()
        if call.names.createsOnUpdate, call.request.subresource == nil, store.newest(call.key(call.request.name ?? "")) == nil {
            return try createInstead(object, call, reply)
        }
        let revision: String = object[["metadata", "resourceVersion"]]?.string ?? ""
        let isBlind: Bool = call.names.needsRevision && (revision.isEmpty || revision == "0")
        modify(call, reply) { _ throws(APIStatus) in
            if isBlind { throw .revisionMissing(call.names, call.request.name ?? "") }
            return object
        }
    }

    /// An update of an absent object: whoever may create may do it, and who was slower than another updates after all.
    private func createInstead(_ object: JSON, _ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        try authorizeCreation(call)
        let found: String = object[["metadata", "name"]]?.string ?? ""
        guard let name: String = call.request.name, found.isEmpty || found == name else {
            throw .badRequest("the name of the object (\(found)) does not match the name on the URL (\(call.request.name ?? ""))")
        }
        var named: JSON = object
        named[["metadata", "name"]] = .string(name)
        named[["metadata", "resourceVersion"]] = nil
        try create(named, call) { [self] result in
            if case .failure(let status) = result, status.isAlreadyExists {
                return modify(call, reply) { _ throws(APIStatus) in object }
            }
            reply(result)
        }
    }

    /// What makes an object needs the right to create it, whatever the request is called. Throws ``APIStatus`` (403).
    func authorizeCreation(_ call: Call) throws(APIStatus) {
        var asked: APIRequest = call.request
        asked.verb = .create
        try authorizer.authorize(call.user, .resource(asked), method: "POST")
    }

    /// Changes an object: reads the newest version, lets `change` make the next one, and stores that if nobody was faster.
    ///
    /// Where the next version carries a resourceVersion, that is the precondition (409 otherwise); where it has none, a lost race is
    /// run again. Answers without a write when nothing changed.
    ///
    /// - Parameter change: gives a decoded object.
    func modify(
        _ call: Call, attempt: Int = 0, _ reply: @escaping Reply, _ change: @escaping @Sendable (JSON) throws(APIStatus) -> JSON
    ) {
        do throws(APIStatus) {
            let name: String = call.request.name ?? ""
            guard let entry = store.newest(call.key(name)) else { throw .notFound(call.names, name) }
            let old: JSON = try call.tree(entry)
            let changed: JSON = try change(old)
            let wanted: String = changed[["metadata", "resourceVersion"]]?.string ?? ""
            if !wanted.isEmpty, wanted != "0", wanted != String(entry.revision) { throw .conflict(call.names, name) }
            let next: JSON = call.isOwnChange ? changed : try prepare(changed, old: old, call)

            // Nothing to write; but what is answered must be durable already.
            if next == old, entry.revision <= store.revision, call.isStoredAsWished(entry) { return answer(entry, code: 200, call, reply) }
            if isReadyToGo(next, call) { return remove(next, entry, call, reply) { [self] in answer($0, code: 200, call, reply) } }
            guard !call.options.dryRun else { return reply(.success(.json(represent(next, call), warnings: call.warnings.all))) }

            let stored: StoredObject
            do throws(APIStatus) {
                stored = try call.stored(next, about: entry.value.count)
            } catch {
                followUp(next, old: old, call).abandoned()
                throw error
            }
            let write = Write(.put, entry.key, if: .revision(entry.revision), value: bytes(of: stored, next, call))
            let followUp: AdmissionFollowUp = followUp(next, old: old, call)
            self.write(write, "update", call) { [self] result in
                switch result {
                case .success(let entry):
                    followUp.written()
                    answer(entry, code: 200, call, reply)
                case .failure(let error):
                    followUp.abandoned()
                    if case .conflict(_, .some) = error, wanted.isEmpty, attempt < 100 {
                        return proceed(call, reply) { [self] in modify(call, attempt: attempt + 1, reply, change) }
                    }
                    reply(.failure(status(error, call, name: name)))
                }
            }
        } catch {
            reply(.failure(error))
        }
    }

    /// From what the client wants to what is stored: keeps what the client may not change, defaults, admits, validates.
    private func prepare(_ changed: JSON, old: JSON, _ call: Call) throws(APIStatus) -> JSON {
        var next: JSON = changed
        try Metadata.keep(&next, from: old, call)
        if call.request.verb == .update { OwnerReferences.removeDuplicates(&next, isAdmitted: false, call) }
        if call.request.subresource == "status" {
            var kept: JSON = old
            kept["status"] = next["status"]
            switch call.names.statusMetadata {
            case .kept: kept[["metadata", "managedFields"]] = next[["metadata", "managedFields"]]
            case .written(let others):
                kept["metadata"] = next["metadata"]
                for member in others { kept[["metadata", member]] = old[["metadata", member]] }
            }
            next = kept
        } else if call.names.has("status"), !call.isSystemWrite {
            next["status"] = old["status"]
        }
        call.type.rules.applyDefaults(&next)
        if call.request.contentType != .applyYAML { next = track(old: old, new: next, call) }
        if !call.isSystemWrite { call.type.prepareForUpdate(&next, old) }
        try admit(.update, &next, old: old, call)
        OwnerReferences.removeDuplicates(&next, isAdmitted: true, call)
        if call.names.tracksGeneration, Self.desired(next, call) != Self.desired(old, call) {
            next[["metadata", "generation"]] = .int((old[["metadata", "generation"]]?.int ?? 0) + 1)
        }
        do throws(APIStatus) {
            try validate(next, old: old, call)
        } catch {
            followUp(next, old: old, call).abandoned()
            throw error
        }
        if call.request.subresource == nil { for warning in call.type.warnings(next, old) { call.warnings.add(warning) } }
        return next
    }

    private func validate(_ next: JSON, old: JSON, _ call: Call) throws(APIStatus) {
        var problems = Problems()
        ObjectMeta.validateObjectUpdate(
            View(next["metadata"] ?? [:]), from: View(old["metadata"] ?? [:]), of: call.names, &problems)
        call.type.rules.validate(next, old, &problems)
        if !call.isSystemWrite { call.type.rules.validateUpdate(next, old, &problems) }
        for warning in problems.warnings { call.warnings.add(warning) }
        guard problems.isEmpty else { throw .invalid(call.names, call.request.name ?? "", problems) }
        try validateAdmission(.update, next, old: old, call)
    }

    /// Everything but metadata, and status where it is written apart.
    private static func desired(_ object: JSON, _ call: Call) -> JSONObject {
        var members: JSONObject = object.object ?? [:]
        members["metadata"] = nil
        if call.names.has("status") { members["status"] = nil }
        return members
    }

    /// Notes in `managedFields` who owns what this request changed.
    func track(old: JSON?, new: JSON, _ call: Call) -> JSON {
        ManagedFields.update(
            old: old, new: new, manager: call.fieldManager, subresource: call.request.subresource ?? "", schema: call.type.schema,
            ignoring: call.resetFields, now: call.now)
    }
}

extension Call {
    /// The name that owns what this request writes.
    var fieldManager: String { options.fieldManager ?? options.program ?? "unknown" }

    /// What this request does not change, whatever it says of it: nobody comes to own it that way.
    var resetFields: FieldSet {
        OwnershipTemplate.of(type.schema).resetFields(request.subresource ?? "", names.statusMetadata)
    }
}

extension APIStatus {
    /// 422 for a PUT that does not say which revision it is based on.
    fileprivate static func revisionMissing(_ names: KindNames, _ name: String) -> APIStatus {
        var problems = Problems()
        problems.invalid(Path("metadata").child("resourceVersion"), 0, "must be specified for an update")
        return .invalid(names, name, problems)
    }
}
