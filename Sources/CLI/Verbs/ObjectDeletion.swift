import API
import Client
import Machinery

/// Deletes objects one by one and tells of each.
struct ObjectDeletion {
    struct Deleted {
        let target: Target
        let name: String
        /// Empty when the server did not say.
        let uid: String
    }

    let session: Session
    let dryRun: DryRun
    /// nil leaves it to the object.
    let gracePeriodSeconds: Int?
    let propagationPolicy: String
    let showsNameOnly: Bool
    /// Says nothing of what it deleted.
    var isQuiet: Bool = false
    /// `force deleted` for what had no time to end.
    var tellsForce: Bool = true
    /// nil waits without end.
    let timeout: Duration?

    /// Targets with names: those that mean all of a type are listed.
    func expanded(_ targets: [Target], _ selection: SelectionOptions, ignoresAbsence: Bool) async throws -> [Target] {
        var expanded: [Target] = []
        for target in targets {
            guard target.name == nil else {
                expanded.append(target)
                continue
            }
            var request = APIRequest(.list, target.resource.resource, namespace: target.namespace, representation: .metadataList)
            request.options.labelSelector = selection.selector
            request.options.fieldSelector = selection.fieldSelector
            request.options.limit = 500
            repeat {
                let list: JSON = try await session.send(request)
                for item in list["items"]?.array ?? [] {
                    expanded.append(
                        Target(
                            resource: target.resource, name: item[["metadata", "name"]]?.string ?? "",
                            namespace: target.resource.isNamespaced ? item[["metadata", "namespace"]]?.string : nil))
                }
                request.options.continueToken = list.continueToken
            } while request.options.continueToken != nil
        }
        return expanded
    }

    /// Asks for the deletion and tells of it. nil when nothing is there to wait for.
    func delete(_ target: Target) async throws -> Deleted? {
        guard let name = target.name else { return nil }
        var uid: String = ""
        var isClientDryRun: Bool = false
        if case .client = dryRun { isClientDryRun = true }
        // As kubectl: a dry run of the client asks nothing.
        if !isClientDryRun {
            var isServerDryRun: Bool = false
            if case .server = dryRun { isServerDryRun = true }
            var request = APIRequest(.delete, target.resource.resource, namespace: target.namespace, name: name)
            request.body =
                DeletionOptions(
                    propagationPolicy: propagationPolicy, gracePeriodSeconds: gracePeriodSeconds, dryRun: isServerDryRun
                ).body
            request.options.dryRun = isServerDryRun
            let answer: JSON = try await session.send(request)
            uid = (answer["kind"] == "Status" ? answer[["details", "uid"]] : answer[["metadata", "uid"]])?.string ?? ""
        }
        if !isQuiet { session.output.line(told(target, name)) }
        return Deleted(target: target, name: name, uid: uid)
    }

    private func told(_ target: Target, _ name: String) -> String {
        let kind: String =
            target.resource.kind.lowercased() + (target.resource.resource.group.isEmpty ? "" : "." + target.resource.resource.group)
        if showsNameOnly { return "\(kind)/\(name)" }
        let done: String = gracePeriodSeconds == 0 && tellsForce ? "force deleted" : "deleted"
        let place: String = target.namespace.map { " from \($0) namespace" } ?? ""
        return "\(kind) \"\(name)\" \(done)\(place)\(dryRun.suffix)"
    }

    /// Returns when all are gone.
    func wait(for deleted: [Deleted]) async throws {
        let disappearance = Disappearance(session: session, deadline: timeout.map { ContinuousClock.now + $0 })
        for one in deleted {
            try await disappearance.wait(
                for: one.target.resource, namespace: one.target.namespace, name: one.name, uid: one.uid.isEmpty ? nil : one.uid)
        }
    }
}
