import API
import Client
import Machinery

/// `rollout` alone: says which verbs it has.
package struct Rollout: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Watch and steer the rollout of a workload.", usage: "swkube rollout VERB [flags]")

    @Argument(help: "history, pause, restart, resume, status or undo.", value: "verb")
    package var words: [String] = []

    package init() {}
}

/// Which workloads a `rollout` verb works on.
package struct RolloutSelection: FlagGroup {
    @Argument(help: "Types and names: deployment/web", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Option("selector", "l", help: "Labels that the objects must have.", value: "selector")
    var selector: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    /// Throws kubectl's text when nothing is named.
    func query(_ session: Session) throws -> ObjectQuery {
        if words.isEmpty, try files.paths().isEmpty { throw Failure("required resource not specified") }
        // A type alone means all of its objects.
        return ObjectQuery(
            session: session, words: words, files: try files.manifests(), selector: selector, all: !namesObjects && selector == nil)
    }

    private var namesObjects: Bool { words.count > 1 || words.contains { $0.contains("/") } }
}

extension Manifest {
    /// Throws kubectl's text for kinds without revisions.
    func requireRevisions(retrieving what: String, missing part: String) throws {
        if ["Deployment", "DaemonSet", "StatefulSet"].contains(where: isApp) { return }
        if ["Pod", "Job", "CronJob", "ReplicaSet", "ReplicationController"].contains(resource.kind) {
            throw Failure("no \(part) has been implemented for \(JSON.quoted(groupKind))")
        }
        throw Failure(
            "error retrieving \(what) for \(JSON.quoted(groupKind)), no visitor method exists for {\(resource.resource.group) \(resource.kind)}"
        )
    }

    /// `deployments.apps "web"`, as errors of `rollout` name an object.
    var quoted: String { "\(resource.qualified) \(JSON.quoted(name))" }

    /// `Deployment.apps`
    var groupKind: String { resource.resource.group.isEmpty ? resource.kind : "\(resource.kind).\(resource.resource.group)" }

    /// True for the kind of this name in group apps.
    func isApp(_ kind: String) -> Bool { resource.resource.group == "apps" && resource.kind == kind }
}
