import API
import Client
import Machinery

/// The former templates of a DaemonSet or StatefulSet, kept as ControllerRevisions so that it can be rolled back.
///
/// A revision holds a patch that brings the template back, in the form that `kubectl rollout undo` applies. Source:
/// pkg/controller/history, and the getPatch functions of both controllers.
struct RevisionHistory: Sendable {
    /// All revisions of the owner, oldest first.
    let revisions: [View<ControllerRevision>]

    init(_ revisions: [View<ControllerRevision>]) {
        self.revisions = revisions.sorted {
            ($0.revision, $0.metadata.creationTimestamp?.seconds ?? 0, $0.name)
                < ($1.revision, $1.metadata.creationTimestamp?.seconds ?? 0, $1.name)
        }
    }

    /// What has to be done so that the newest revision is that of a template.
    enum Step: Equatable {
        /// It is there already.
        case use(View<ControllerRevision>)
        /// The template was there before: its revision gets the newest number.
        case renumber(View<ControllerRevision>, Int)
        case make(Int)
    }

    /// Pure.
    func step(for template: View<PodTemplateSpec>) -> Step {
        let next: Int = (revisions.last?.revision ?? 0) + 1
        guard let same = revisions.last(where: { $0.holds(template) }) else { return .make(next) }
        return same.name == revisions.last?.name ? .use(same) : .renumber(same, next)
    }

    /// Revisions beyond the limit that nothing needs, oldest first. Pure.
    ///
    /// - Parameter live: names of those that are in use; they don't count towards the limit.
    func surplus(limit: Int, live: Set<String>) -> [View<ControllerRevision>] {
        guard limit >= 0 else { return [] }
        let idle: [View<ControllerRevision>] = revisions.filter { !live.contains($0.name) && !$0.isTerminating }
        return Array(idle.prefix(max(0, idle.count - limit)))
    }
}

extension View<ControllerRevision> {
    /// The state that brings a template back.
    static func data(of template: View<PodTemplateSpec>) -> JSON {
        var json: JSON = ["$patch": "replace"]
        for member in template.revisionJSON.object ?? [:] { json[member.key] = member.value }
        return ["spec": ["template": json]]
    }

    func holds(_ template: View<PodTemplateSpec>) -> Bool { self.data == Self.data(of: template) }

    /// The template that the revision keeps.
    var template: View<PodTemplateSpec> {
        var json: JSON = self.data[["spec", "template"]] ?? [:]
        json["$patch"] = nil
        return View<PodTemplateSpec>(json)
    }
}

/// Reads and writes the history of one owner.
struct RevisionKeeper<Owner: Kind>: Sendable {
    let context: ControllerContext
    let owner: View<Owner>
    let template: View<PodTemplateSpec>
    let selector: LabelMatch
    /// Label of the revision that carries its hash.
    let hashLabel: String
    let revisions: Informer<ControllerRevision>

    /// The history with the template's revision as its newest.
    ///
    /// - Parameter collisions: how often a name was taken; rises when that happens again.
    func history(collisions: inout Int?) async throws -> (history: RevisionHistory, newest: View<ControllerRevision>) {
        let adoption = Adoption<Owner, ControllerRevision>(context: context, owner: owner, selector: selector)
        let claimed: [View<ControllerRevision>] = try await adoption.claim(
            revisions.owned(by: owner.metadata.uid) + revisions.orphans(namespace: owner.namespace))
        let history = RevisionHistory(claimed)
        switch history.step(for: template) {
        case .use(let revision): return (history, revision)
        case .renumber(let revision, let number):
            var updated: View<ControllerRevision> = revision
            updated.revision = number
            let written: View<ControllerRevision> = try await context.client.update(updated)
            revisions.note(written)
            return (RevisionHistory(claimed.filter { $0.name != revision.name } + [written]), written)
        case .make(let number):
            let made: View<ControllerRevision> = try await make(number, &collisions)
            return (RevisionHistory(claimed + [made]), made)
        }
    }

    private func make(_ number: Int, _ collisions: inout Int?) async throws -> View<ControllerRevision> {
        while true {
            let hash: String = template.hash(collisions: collisions)
            let revision: View<ControllerRevision> = ControllerRevision.new(
                "\(owner.name.prefix(223))-\(hash)", namespace: owner.namespace
            ) {
                $0.metadata.labels = template.metadata.labels.merging([hashLabel: hash]) { $1 }
                let annotations: [String: String] = owner.metadata.annotations.filter {
                    $0.key != "kubectl.kubernetes.io/last-applied-configuration"
                }
                if !annotations.isEmpty { $0.metadata.annotations = annotations }
                $0.metadata.ownerReferences = [View<OwnerReference>.controller(owner)]
                $0.data = View<ControllerRevision>.data(of: template)
                $0.revision = number
            }
            do {
                let made: View<ControllerRevision> = try await context.client.create(revision)
                revisions.note(made)
                return made
            } catch let status as APIStatus where status.isAlreadyExists {
                if let other = try await context.client.find(ControllerRevision.self, revision.key),
                    other.holds(template), other.metadata.controller?.uid == owner.metadata.uid
                {
                    return other
                }
                collisions = (collisions ?? 0) + 1
            }
        }
    }

    /// Deletes revisions beyond the limit that nothing needs.
    func trim(_ history: RevisionHistory, limit: Int, live: Set<String>) async throws {
        for revision in history.surplus(limit: limit, live: live) {
            do {
                try await context.client.delete(ControllerRevision.self, revision.key, uid: revision.metadata.uid)
            } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        }
    }
}
