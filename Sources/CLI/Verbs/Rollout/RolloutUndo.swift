import API
import Client
import Machinery

/// `rollout undo`: goes back to an earlier revision.
package struct RolloutUndo: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "rollout undo", abstract: "Go back to an earlier revision.",
        usage: "swkube rollout undo (TYPE NAME | TYPE/NAME) [flags]")

    @OptionGroup var selection: RolloutSelection

    @Option("to-revision", help: "The revision to go back to; 0 takes the one before the last.", value: "int")
    var toRevision = 0

    @OptionGroup var dryRunOptions: DryRunOptions
    @OptionGroup var printing: PrintOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let dryRun: DryRun = try dryRunOptions.value()
        let session: Session = try selection.connection.session(shell)
        let query: ObjectQuery = try selection.query(session)
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let writer = ObjectWriter(session: session, dryRun: dryRun, fieldManager: "kubectl")
        try await query.visit { object in
            try object.requireRevisions(retrieving: "rollbacker", missing: "rollbacker")
            if object.json[["metadata", "annotations", LastApplied.annotation]] != nil {
                shell.output.warn(
                    "resource \(object.resource.resource.resource)/\(object.name) was previously managed with 'kubectl apply'. Rolling back will "
                        + "not update the \(LastApplied.annotation) annotation, which may cause unexpected behavior on future 'kubectl apply' "
                        + "operations. Consider using 'kubectl apply' with your previous configuration file instead.")
            }
            let done: String = try await rollBack(object, writer, shell)
            try printer.print(object.json, object.resource, done: done, suffix: dryRun.suffix)
        }
        try session.finish()
    }

    /// Returns what was done.
    private func rollBack(_ object: Manifest, _ writer: ObjectWriter, _ shell: Shell) async throws -> String {
        if toRevision < 0 { throw absent }
        let revisions = try await RolloutRevisions(object, writer.session)
        let wanted: RolloutRevisions.Revision
        if toRevision > 0 {
            guard let found = revisions.all.first(where: { $0.number == toRevision }) else { throw absent }
            wanted = found
        } else {
            guard revisions.all.count > 1 else {
                throw Failure(
                    object.isApp("Deployment")
                        ? "no rollout history found for deployment \(JSON.quoted(object.name))" : "no last revision to roll back to")
            }
            wanted = revisions.all[revisions.all.count - 2]
        }
        guard writer.dryRun.reachesServer else { return RolloutRevisions.template(wanted.template, shell.now()) }
        if object.isApp("Deployment"), object.json[["spec", "paused"]] == true {
            throw Failure(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again")
        }
        let (patch, type): (JSON, APIRequest.ContentType) = Self.patch(wanted, object)
        if Self.bare(wanted.template) == Self.bare(object.json[["spec", "template"]] ?? [:]) {
            return "skipped rollback (current template already matches revision \(toRevision))"
        }
        do {
            _ = try await writer.patch(object, patch.serialized(), as: type)
        } catch let status as APIStatus {
            throw Failure("failed restoring revision \(toRevision): \(status.message)")
        }
        return "rolled back"
    }

    private var absent: Failure { Failure("unable to find specified revision \(toRevision) in history") }

    private static func bare(_ template: JSON) -> JSON {
        var template: JSON = template
        template[["metadata", "labels", hashLabel]] = nil
        if template[["metadata", "creationTimestamp"]]?.isNull == true { template[["metadata", "creationTimestamp"]] = nil }
        return template
    }

    private static let hashLabel = "pod-template-hash"

    /// Annotations that stay the Deployment's own.
    private static let keptAnnotations: [String] = [
        LastApplied.annotation, RolloutRevisions.revisionAnnotation, "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas", "deprecated.deployment.rollback.to",
    ]

    private static func patch(_ revision: RolloutRevisions.Revision, _ object: Manifest) -> (JSON, APIRequest.ContentType) {
        guard object.isApp("Deployment") else { return (revision.object["data"] ?? [:], .strategicMergePatch) }
        var annotations: JSONObject = [:]
        for key in keptAnnotations { annotations[key] = object.json[["metadata", "annotations", key]] }
        for member in revision.object[["metadata", "annotations"]]?.object ?? [:] where !keptAnnotations.contains(member.key) {
            annotations[member.key] = member.value
        }
        let operations: JSON = [
            ["op": "replace", "path": "/spec/template", "value": bare(revision.template)],
            ["op": "replace", "path": "/metadata/annotations", "value": .object(annotations)],
        ]
        return (operations, .jsonPatch)
    }
}
