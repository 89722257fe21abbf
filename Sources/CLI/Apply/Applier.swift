import API
import Client
import Machinery

/// What `apply` did, or would do, to one object.
struct Applied {
    let object: JSON
    /// `created`, `configured`, `unchanged`, `serverside-applied`
    let done: String
}

/// Applies one manifest, in the client's way or in the server's.
struct Applier {
    var session: Session
    let dryRun: DryRun
    let fieldValidation: String
    let fieldManager: String
    /// Takes the values of the manifest even where others changed them meanwhile.
    let overwrite: Bool
    let forceConflicts: Bool
    /// Deletes and makes anew what cannot be changed in place.
    let recreates: Bool
    /// Takes over what was applied in the client's way before.
    var migrates: Bool = true
    /// Part of the object that server-side apply changes; nil for the whole.
    var subresource: String?

    // MARK: - The server's way

    func applyOnServer(_ manifest: Manifest) async throws -> Applied {
        guard !manifest.name.isEmpty else {
            throw Failure(
                "error when applying patch: metadata.name of \(JSON.quoted(manifest.source)) is empty; server-side apply needs a name")
        }
        var request: APIRequest = request(.patch, manifest)
        request.subresource = subresource
        request.contentType = .applyYAML
        request.body = manifest.json.serialized()
        request.options.force = forceConflicts
        do {
            let applied: JSON = try await session.send(request)
            guard subresource == nil, migrates else { return Applied(object: applied, done: "serverside-applied") }
            return Applied(object: await migrated(applied, manifest, reapplying: request), done: "serverside-applied")
        } catch let status as APIStatus
            where status.isConflict && status.details?.causes.contains(where: { $0.reason == "FieldManagerConflict" }) == true
        {
            if !CLI.isKubectl, let conflict = ConflictingFields(status), let current = try? await session.send(self.request(.get, manifest))
            {
                let text: String = conflict.explanation(manifest, current: current, besides: fieldManager, now: session.shell.now())
                if !text.isEmpty { session.output.note(text) }
            }
            throw Failure(status.message + "\n" + Self.conflictAdvice)
        }
    }

    /// Takes over the fields of an object that was applied in the client's way before. What fails of it is a warning only: the manifest is
    /// applied, and the next time tries again. Source: `migrateToSSAIfNecessary` of k8s.io/kubectl/pkg/cmd/apply.
    private func migrated(_ applied: JSON, _ manifest: Manifest, reapplying request: APIRequest) async -> JSON {
        var object: JSON = applied
        func warn(_ what: String, _ error: any Error) {
            session.output.warn(
                "\(what) This is non-fatal and will be retried next time you apply. Error: \((error as? APIStatus)?.message ?? "\(error)")")
        }
        do {
            object = try await keepingNote(object, manifest)
        } catch {
            warn("failed to migrate \(LastApplied.annotation) for Server-Side Apply.", error)
            return object
        }
        do {
            guard let moved = try await takingOver(object, manifest) else { return object }
            object = moved
        } catch {
            warn("server rejected managed fields migration to Server-Side Apply.", error)
            return object
        }
        // What the manifest dropped goes now that its owner is this one.
        do { return try await session.send(request) } catch {
            warn("failed to re-apply configuration after performing Server-Side Apply migration.", error)
            return object
        }
    }

    /// Gives the note of client-side apply an owner of its own, so that it stays when the rest is handed over.
    private func keepingNote(_ object: JSON, _ manifest: Manifest) async throws -> JSON {
        guard fieldManager == "kubectl", let note = object[["metadata", "annotations", LastApplied.annotation]],
            ManagerUpgrade.owners(object, operation: "Apply").isEmpty
        else { return object }
        var metadata: JSON = ["name": .string(manifest.name), "annotations": [LastApplied.annotation: note]]
        if let namespace = manifest.namespace { metadata["namespace"] = .string(namespace) }
        var request: APIRequest = request(.patch, manifest)
        request.contentType = .applyYAML
        request.options.fieldManager = "kubectl-last-applied"
        let bare: JSON = [
            "apiVersion": manifest.json["apiVersion"] ?? "", "kind": manifest.json["kind"] ?? "", "metadata": metadata,
        ]
        request.body = bare.serialized()
        return try await session.send(request)
    }

    /// nil when nothing is to be taken over.
    private func takingOver(_ object: JSON, _ manifest: Manifest) async throws -> JSON? {
        var object: JSON = object
        let owners: Set<String> = ManagerUpgrade.owners(object, operation: "Update")
        var request: APIRequest = request(.patch, manifest)
        request.contentType = .jsonPatch
        for attempt in 1...5 {
            guard let patch = ManagerUpgrade.patch(object, from: owners, to: fieldManager) else { return nil }
            request.body = patch.serialized()
            do { return try await session.send(request) } catch let status as APIStatus where status.isConflict && attempt < 5 {
                object = try await session.send(self.request(.get, manifest))
            }
        }
        return nil
    }

    /// Source: k8s.io/kubectl/pkg/cmd/apply/apply.go.
    private static let conflictAdvice = """
        Please review the fields above--they currently have other managers. Here
        are the ways you can resolve this warning:
        * If you intend to manage all of these fields, please re-run the apply
          command with the `--force-conflicts` flag.
        * If you do not intend to manage all of the fields, please edit your
          manifest to remove references to the fields that should keep their
          current managers.
        * You may co-own fields by updating your manifest to match the existing
          value; in this case, you'll become the manager if the other manager(s)
          stop managing the field (remove it from their configuration).
        See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
        """

    // MARK: - The client's way

    func applyOnClient(_ manifest: Manifest) async throws -> Applied {
        let modified: JSON = LastApplied.added(to: manifest.json)
        guard !manifest.name.isEmpty else { return try await create(manifest, manifest.json) }
        let current: JSON
        do {
            current = try await session.send(self.request(.get, manifest))
        } catch let status as APIStatus where status.isNotFound {
            return try await create(manifest, modified)
        } catch let status as APIStatus {
            throw status.retrieving(manifest)
        }
        warn(current, manifest)
        var live: JSON = current
        for _ in 0..<5 {
            do { return try await patch(manifest, modified, live) } catch let status as APIStatus where status.isConflict {
                live = try await session.send(self.request(.get, manifest))
            } catch let status as APIStatus where recreates && [409, 422].contains(status.code) && dryRun.isReal {
                return try await recreate(manifest, modified)
            }
        }
        return try await patch(manifest, modified, live)
    }

    /// The object as apply would leave it, tried on the server; used by diff, which warns of nothing.
    func mergedOnClient(_ manifest: Manifest, _ live: JSON?) async throws -> JSON {
        guard let live else {
            var request: APIRequest = request(.create, manifest)
            request.name = nil
            request.body = manifest.json.sortedByKey.serialized()
            return try await session.send(request)
        }
        // Without the note of what was applied: it changes with everything else.
        var bare: JSON = manifest.json
        bare[["metadata", "annotations", LastApplied.annotation]] = nil
        return try await patch(manifest, bare, live).object
    }

    private func warn(_ current: JSON, _ manifest: Manifest) {
        if current[["metadata", "deletionTimestamp"]] != nil {
            session.output.warn("Detected changes to resource \(manifest.name) which is currently being deleted.")
        }
        if current[["metadata", "annotations", LastApplied.annotation]] == nil {
            session.output.warn(
                "resource \(manifest.resource.resource.resource)/\(manifest.name) is missing the \(LastApplied.annotation) annotation which is "
                    + "required by \(CLI.program) apply. \(CLI.program) apply should only be used on resources created declaratively by either "
                    + "\(CLI.program) create --save-config or \(CLI.program) apply. The missing annotation will be patched automatically.")
        }
    }

    private func create(_ manifest: Manifest, _ object: JSON) async throws -> Applied {
        if case .client = dryRun { return Applied(object: object, done: "created") }
        var request: APIRequest = request(.create, manifest)
        request.name = nil
        request.body = object.sortedByKey.serialized()
        do { return Applied(object: try await session.send(request), done: "created") } catch let status as APIStatus {
            throw status.when("creating", manifest.source)
        }
    }

    private func patch(_ manifest: Manifest, _ modified: JSON, _ current: JSON) async throws -> Applied {
        let schema: ObjectSchema? = KnownSchema.of(manifest.resource.resource)
        let original: JSON? = try LastApplied.of(current)
        let (patch, isStrategic): (JSON, Bool) = try ApplyPatch.make(
            original: original, modified: modified, current: current, schema: schema)
        if patch.isEmpty { return Applied(object: current, done: "unchanged") }
        guard dryRun.reachesServer else {
            let live = Manifest(json: current, resource: manifest.resource, namespace: manifest.namespace, source: manifest.source)
            return Applied(object: try live.patched(patch, isStrategic ? .strategicMergePatch : .mergePatch), done: "configured")
        }
        if !overwrite { try refuseConflicts(patch, original ?? [:], current, manifest) }
        var request: APIRequest = request(.patch, manifest)
        request.contentType = isStrategic ? .strategicMergePatch : .mergePatch
        request.body = patch.sortedByKey.serialized()
        do {
            return Applied(object: try await session.send(request), done: "configured")
        } catch var status as APIStatus {
            if !CLI.isKubectl, let fields = ImmutableFields(status) {
                session.output.note(fields.explanation(manifest, current: current))
            }
            status.message =
                "error when applying patch:\n\(patch.sortedByKey.text())\nto:\nResource: \(JSON.quoted(manifest.described)), GroupVersionKind: "
                + "\(JSON.quoted(manifest.resource.describedKind))\nName: \(JSON.quoted(manifest.name)), Namespace: "
                + "\(JSON.quoted(manifest.namespace ?? ""))\nfor: \(JSON.quoted(manifest.source)): error when patching "
                + "\(JSON.quoted(manifest.source)): \(status.message)"
            throw status
        }
    }

    /// With `--overwrite=false`: a field that somebody else changed since the last apply is not touched.
    private func refuseConflicts(_ patch: JSON, _ original: JSON, _ current: JSON, _ manifest: Manifest) throws {
        for member in patch.object ?? [:] where !["metadata", "status"].contains(member.key) {
            let (was, isNow): (JSON?, JSON?) = (original[member.key], current[member.key])
            if let was, let isNow, ApplyPatch.mergePatch(original: [:], modified: was, current: isNow) != [:] {
                throw Failure("patch conflicts with changes made from original to current in \(manifest.shown): \(member.key)")
            }
        }
    }

    private func recreate(_ manifest: Manifest, _ modified: JSON) async throws -> Applied {
        var delete: APIRequest = request(.delete, manifest)
        delete.options = RequestOptions()
        delete.body = DeletionOptions(propagationPolicy: "Background", gracePeriodSeconds: 0).body
        _ = try await session.send(delete)
        try await Disappearance(session: session, deadline: nil).wait(
            for: manifest.resource, namespace: manifest.namespace, name: manifest.name, uid: nil)
        return Applied(object: try await create(manifest, modified).object, done: "configured")
    }

    private func request(_ verb: Verb, _ manifest: Manifest) -> APIRequest {
        var request = APIRequest(verb, manifest.resource.resource, namespace: manifest.namespace, name: manifest.name)
        guard verb != .get else { return request }
        request.options.fieldManager = fieldManager
        request.options.fieldValidation = fieldValidation
        if case .server = dryRun { request.options.dryRun = true }
        return request
    }

    private typealias Verb = API.Verb
}

extension DryRun {
    /// True when things really change.
    var isReal: Bool { if case .none = self { true } else { false } }
}

extension Manifest {
    /// `apps/v1, Resource=deployments`
    fileprivate var described: String { "\(resource.resource.group)/\(resource.resource.version), Resource=\(resource.resource.resource)" }
}

extension APIResource {
    /// `apps/v1, Kind=Deployment`
    fileprivate var describedKind: String { "\(resource.group)/\(resource.version), Kind=\(kind)" }
}

extension APIStatus {
    fileprivate func retrieving(_ manifest: Manifest) -> APIStatus {
        var status: APIStatus = self
        status.message =
            "error when retrieving current configuration of:\nResource: \(JSON.quoted(manifest.described)), GroupVersionKind: "
            + "\(JSON.quoted(manifest.resource.describedKind))\nName: \(JSON.quoted(manifest.name)), Namespace: "
            + "\(JSON.quoted(manifest.namespace ?? ""))\nfrom server for: \(JSON.quoted(manifest.source)): \(message)"
        return status
    }
}
