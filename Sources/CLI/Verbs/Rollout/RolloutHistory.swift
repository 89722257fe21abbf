import API
import Client
import Machinery

/// `rollout history`: shows the revisions of a workload.
package struct RolloutHistory: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "rollout history", abstract: "Show the revisions of a workload.",
        usage: "swkube rollout history (TYPE NAME | TYPE/NAME) [flags]")

    @OptionGroup var selection: RolloutSelection

    @Option("revision", help: "Show this revision in full.", value: "int")
    var revision = 0

    @OptionGroup var printing: PrintOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try selection.connection.session(shell)
        let query: ObjectQuery = try selection.query(session)
        if revision < 0 { throw Failure("revision must be a positive integer: \(revision)") }
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let hasFormat: Bool = printing.output != nil
        try await query.visit { object in
            try object.requireRevisions(retrieving: "history", missing: "history viewer")
            let revisions = try await RolloutRevisions(object, session)
            if hasFormat { return try show(revisions, object, &printer) }
            let text: String
            var title: String = ""
            if revisions.all.isEmpty {
                text = "No rollout history found."
            } else if revision > 0 {
                guard let found = revisions.all.first(where: { $0.number == revision }) else {
                    throw Failure("unable to find the specified revision")
                }
                var template: JSON = found.template
                if !found.cause.isEmpty { template[["metadata", "annotations", "kubernetes.io/change-cause"]] = .string(found.cause) }
                text = RolloutRevisions.template(template, shell.now())
            } else {
                text = list(revisions, object)
            }
            if revision > 0 { title = "with revision #\(revision)" }
            try printer.print(object.json, object.resource, done: "\(title)\n\(text)")
        }
        try session.finish()
    }

    private func list(_ revisions: RolloutRevisions, _ object: Manifest) -> String {
        var writer = TabWriter(minimumWidth: 0, padding: 2)
        let hasCauses: Bool = !object.isApp("StatefulSet")
        writer.line(hasCauses ? ["REVISION", "CHANGE-CAUSE"] : ["REVISION"])
        for one in revisions.all {
            writer.line(hasCauses ? ["\(one.number)", one.cause.isEmpty ? "<none>" : one.cause] : ["\(one.number)"])
        }
        return writer.rendered()
    }

    /// With `-o`: the object of the revision that was asked for, or of each.
    private func show(_ revisions: RolloutRevisions, _ object: Manifest, _ printer: inout ObjectPrinter) throws {
        guard let found = revision > 0 ? revisions.all.first(where: { $0.number == revision }) : revisions.all.last else {
            throw Failure("unable to find the specified revision")
        }
        for one in revision > 0 ? [found] : revisions.all {
            try printer.print(Self.object(one, object), nil)
        }
    }

    private static func object(_ revision: RolloutRevisions.Revision, _ workload: Manifest) -> JSON {
        var object: JSON = revision.object
        if workload.isApp("Deployment") {
            object["apiVersion"] = "apps/v1"
            object["kind"] = "ReplicaSet"
            return object
        }
        var whole: JSON = workload.json
        whole[["spec", "template"]] = revision.template
        return whole
    }
}
