import API
import Machinery
import Store

extension APIServer {
    /// Applies a patch to an object, or to its status.
    func patch(_ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        var complaints = BodyComplaints()
        let patch: JSON = try BodyReader.parse(call.request.body, call.request.contentType, complaints: &complaints)
        guard call.request.contentType != .applyYAML else { return try apply(patch, complaints, call, reply) }
        let found: BodyComplaints = complaints
        modify(call, reply) { [self] old throws(APIStatus) in
            let changed: JSON = try patched(old, with: patch, call)
            return try BodyReader(call: call).object(changed, complaints: found)
        }
    }

    func patched(_ old: JSON, with patch: JSON, _ call: Call) throws(APIStatus) -> JSON {
        // A patch without resourceVersion is no precondition: the stored one must not come back as one.
        var base: JSON = old
        base[["metadata", "resourceVersion"]] = nil
        switch call.request.contentType {
        case .jsonPatch:
            do {
                return try JSONPatch(patch).applied(to: old).withoutRevision(old)
            } catch {
                throw error.status(call)
            }
        case .strategicMergePatch:
            do {
                return try StrategicMergePatch.apply(patch, to: base, schema: call.type.schema)
            } catch {
                throw error.status(call)
            }
        default: return MergePatch.apply(patch, to: base)
        }
    }

    /// Server-side apply: makes the object when there is none.
    private func apply(_ applied: JSON, _ complaints: BodyComplaints, _ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        let name: String = call.request.name ?? ""
        let checked: JSON = try self.applied(applied, complaints, call)
        if store.newest(call.key(name)) == nil {
            guard call.request.subresource == nil else { throw .notFound(call.names, name) }
            if let uid = checked[["metadata", "uid"]]?.string, !uid.isEmpty {
                throw .conflict(
                    call.names, name, "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
            }
            var fresh: JSON = try merged(live: nil, checked, call)
            fresh[["metadata", "name"]] = .string(name)
            fresh[["metadata", "resourceVersion"]] = nil
            try authorizeCreation(call)
            return try create(decoded(fresh, call), call) { [self] result in
                // Somebody made it meanwhile: then this apply is a change.
                if case .failure(let status) = result, status.isAlreadyExists {
                    proceed(call, reply) { [self] in applyToExisting(checked, call, reply) }
                } else {
                    reply(result)
                }
            }
        }
        applyToExisting(checked, call, reply)
    }

    /// What an apply names, checked. Throws ``APIStatus`` (400).
    ///
    /// - Parameter complaints: what a strict reader of the body refuses.
    func applied(_ applied: JSON, _ complaints: BodyComplaints, _ call: Call) throws(APIStatus) -> JSON {
        let name: String = call.request.name ?? ""
        guard let version: String = applied["apiVersion"]?.string, applied["kind"] != nil else {
            throw .badRequest("invalid object type: /, Kind=")
        }
        guard version == call.names.apiVersion else {
            throw .badRequest(
                "Incorrect version specified in apply patch. Specified patch version: \(version), expected: \(call.names.apiVersion)")
        }
        guard !(applied[["metadata", "managedFields"]]?.array?.isEmpty == false) else {
            throw .badRequest("metadata.managedFields must be nil")
        }
        // Whatever the client says of unknown fields: nobody can own them.
        do { try ApplyCheck.check(applied, call.type.schema) } catch { throw error.status }
        let checked: JSON = try BodyReader(call: call).checkedForApply(applied)
        try BodyReader(call: call).reportForApply(complaints)
        if let found = checked[["metadata", "name"]]?.string, found != name {
            throw .badRequest("the name of the object (\(found)) does not match the name on the URL (\(name))")
        }
        return checked
    }

    private func applyToExisting(_ applied: JSON, _ call: Call, _ reply: @escaping Reply) {
        modify(call, reply) { [self] old throws(APIStatus) in
            var next: JSON = try decoded(merged(live: old, applied, call), call)
            next[["metadata", "resourceVersion"]] = applied[["metadata", "resourceVersion"]]
            return next
        }
    }

    func merged(live: JSON?, _ applied: JSON, _ call: Call) throws(APIStatus) -> JSON {
        do {
            return try ManagedFields.apply(
                live: live, applied: applied, manager: call.fieldManager, force: call.options.force,
                subresource: call.request.subresource ?? "",
                schema: call.type.schema, ignoring: call.resetFields, now: call.now)
        } catch {
            throw error.status
        }
    }
}

extension BodyReader {
    /// The fields that an apply names, checked against the schema but without anything that the client did not write.
    func checkedForApply(_ applied: JSON) throws(APIStatus) -> JSON {
        let decoded: JSON = try object(applied)
        return decoded.keeping(membersOf: applied)
    }

    /// Throws ``APIStatus`` (400) for what a strict reader of YAML refuses, if the client wants that.
    func reportForApply(_ complaints: BodyComplaints) throws(APIStatus) {
        switch call.options.fieldValidation ?? "Warn" {
        case "Strict":
            guard let first = complaints.errors(call).first else { return }
            throw .badRequest("error strict decoding YAML: error converting YAML to JSON: " + first)
        case "Warn": for text in complaints.warnings(call) { call.warnings.add(text) }
        default: break
        }
    }
}

extension JSON {
    /// Without the objects that decoding added; values are the decoded ones.
    fileprivate func keeping(membersOf other: JSON) -> JSON {
        switch (self, other) {
        case (.object(let object), .object(let wanted)):
            return .object(
                JSONObject(
                    members: object.members.compactMap { member in
                        wanted[member.key].map { JSONObject.Member(key: member.key, value: member.value.keeping(membersOf: $0)) }
                    }))
        case (.array(let values), .array(let wanted)) where values.count == wanted.count:
            return .array(zip(values, wanted).map { $0.keeping(membersOf: $1) })
        default: return self
        }
    }

    /// Without the resourceVersion that came from the stored object; one that the patch wrote stays.
    fileprivate func withoutRevision(_ old: JSON) -> JSON {
        guard self[["metadata", "resourceVersion"]] == old[["metadata", "resourceVersion"]] else { return self }
        var json: JSON = self
        json[["metadata", "resourceVersion"]] = nil
        return json
    }
}
