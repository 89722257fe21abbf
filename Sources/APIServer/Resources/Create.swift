import API
import Machinery
import Store

extension APIServer {
    /// Reads, defaults, admits, prepares, validates, admits again and stores.
    func create(_ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        let object: JSON = try BodyReader(call: call).object()
        try create(object, call, reply)
    }

    /// The same for a decoded object, as ``BodyReader`` and ``decoded(_:_:)`` make it.
    ///
    /// - Parameter attempt: how many generated names were taken before.
    func create(_ decoded: JSON, _ call: Call, attempt: Int = 0, _ reply: @escaping Reply) throws(APIStatus) {
        guard call.type.custom?.isTerminating != true else { throw Self.isTerminating(call) }
        var object: JSON = decoded
        if call.names.has("status"), !call.names.takesStatus { object["status"] = OwnershipTemplate.of(call.type.schema).status }
        try Metadata.fill(&object, call)
        OwnerReferences.removeDuplicates(&object, isAdmitted: false, call)
        call.type.rules.applyDefaults(&object)
        if call.request.contentType != .applyYAML { object = track(old: nil, new: object, call) }
        call.type.prepareForCreate(&object)
        let asked: JSON = object
        try admit(.create, &object, old: nil, call)
        OwnerReferences.removeDuplicates(&object, isAdmitted: true, call)
        if object != asked { call.type.rules.applyDefaults(&object, since: asked) }
        let name: String = object[["metadata", "name"]]?.string ?? ""
        do throws(APIStatus) {
            try validate(object, name, call)
        } catch {
            followUp(object, old: nil, call).abandoned()
            throw error
        }
        for warning in call.type.warnings(object, nil) { call.warnings.add(warning) }

        guard !call.options.dryRun else {
            if store.newest(call.key(name)) != nil { throw .alreadyExists(call.names, name) }
            return reply(.success(.json(object, code: 201, warnings: call.warnings.all)))
        }
        let stored: StoredObject
        do throws(APIStatus) {
            stored = try call.stored(object, about: call.request.body.count * 2)
        } catch {
            followUp(object, old: nil, call).abandoned()
            throw error
        }
        let write = Write(.put, call.key(name), if: .absent, value: bytes(of: stored, object, call))
        let followUp: AdmissionFollowUp = followUp(object, old: nil, call)
        // Only what is made again under another name is needed again. (`nil` would be JSON's null.)
        let generated: JSON? = Metadata.generatesName(decoded) ? .some(decoded) : .none
        self.write(write, "create", call) { [self] result in
            switch result {
            case .success(let entry):
                followUp.written()
                answer(entry, code: 201, call, reply)
            case .failure(let error):
                followUp.abandoned()
                guard case .conflict = error else { return reply(.failure(status(error, call, name: name))) }
                guard let generated else { return reply(.failure(.alreadyExists(call.names, name))) }
                guard attempt + 1 < Metadata.nameAttempts else { return reply(.failure(.noUniqueName(call.names, name))) }
                proceed(call, reply) { [self] () throws(APIStatus) in try create(generated, call, attempt: attempt + 1, reply) }
            }
        }
    }

    /// The bytes to store of a new version of an object; watches in this process get its tree as it is.
    func bytes(of stored: StoredObject, _ object: JSON, _ call: Call) -> @Sendable (Revision) -> [UInt8] {
        // What is converted is stored as another tree.
        guard call.type.conversion == nil, stored.count <= EventRings.largest else { return { stored.bytes($0) } }
        let (rings, tree): (EventRings, WrittenTree) = (watches.rings, WrittenTree(object, call.names))
        return { revision in
            tree.keep(in: rings, at: revision)
            return stored.bytes(revision)
        }
    }

    private func validate(_ object: JSON, _ name: String, _ call: Call) throws(APIStatus) {
        var problems = Problems()
        ObjectMeta.validateObject(View(object["metadata"] ?? [:]), of: call.names, &problems)
        call.type.rules.validate(object, nil, &problems)
        guard problems.isEmpty else { throw .invalid(call.names, name, problems) }
        try validateAdmission(.create, object, old: nil, call)
    }

    /// Brings a tree into the form that is stored: the objects that Go always writes, then defaults.
    func normalized(_ object: JSON, _ call: Call) throws(APIStatus) -> JSON {
        var result: JSON = try decoded(object, call)
        call.type.rules.applyDefaults(&result)
        return result
    }

    /// A tree of the server's own making with the objects that Go always writes.
    func decoded(_ object: JSON, _ call: Call) throws(APIStatus) -> JSON {
        var findings = DecodingFindings()
        do {
            return try call.type.rules.decode(object, &findings)
        } catch {
            throw .badRequest("\(call.names.kind) in version \"\(call.names.version)\" cannot be handled as a \(call.names.kind): \(error)")
        }
    }

    /// The object as the client asked to see it.
    func answer(_ entry: Entry, code: Int, _ call: Call, _ reply: @escaping Reply) {
        guard call.type.conversion?.blocks == true else { return answerAtOnce(entry, code: code, call, reply) }
        // The write that led here ended on the store's thread, which must not wait for a webhook.
        proceed(call, reply) { [self] in answerAtOnce(entry, code: code, call, reply) }
    }

    private func answerAtOnce(_ entry: Entry, code: Int, _ call: Call, _ reply: Reply) {
        do throws(APIStatus) {
            switch call.request.representation {
            case .object: reply(.success(.bytes(try call.bytes(entry), code: code, warnings: call.warnings.all)))
            case .table, .metadata, .metadataList:
                reply(.success(.json(represent(try call.tree(entry), call), code: code, warnings: call.warnings.all)))
            }
        } catch {
            reply(.failure(error))
        }
    }

    /// - Parameter type: of the object, where it is another than that of the resource.
    func represent(_ object: JSON, _ call: Call, as type: ResourceType? = nil) -> JSON {
        switch call.request.representation {
        case .object: object
        case .metadata, .metadataList: Representations.metadata(object)
        case .table:
            TableWriter(call, type).table([object], metadata: ["resourceVersion": object[["metadata", "resourceVersion"]] ?? ""])
        }
    }
}
