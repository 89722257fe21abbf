import API
import Client
import Machinery

/// Flags of `rollout pause`, `resume` and `restart`.
package struct RolloutSteeringOptions: FlagGroup {
    @OptionGroup var selection: RolloutSelection

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-rollout"

    @OptionGroup var printing: PrintOptions

    package init() {}

    /// Changes each workload and tells of it.
    ///
    /// - Parameter change: the changed object. Throws what is wrong with it, in words that follow its name.
    func run(_ shell: Shell, done: String, _ change: (Manifest) throws -> JSON) async throws {
        let session: Session = try selection.connection.session(shell)
        let query: ObjectQuery = try selection.query(session)
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let writer = ObjectWriter(session: session, fieldManager: fieldManager)
        let count: Int = try await query.visit { object in
            let changed: JSON
            do { changed = try change(object) } catch let failure as Failure {
                throw Failure("error: \(object.quoted) \(failure.description)")
            }
            if changed == object.json {
                throw Failure(
                    "failed to create patch for \(object.name): if restart has already been triggered within the past second, please wait before attempting to trigger another"
                )
            }
            let result: JSON
            do { result = try await writer.patch(object, to: changed) } catch let status as APIStatus {
                throw Failure("failed to patch: \(Failure.text(of: status))")
            }
            try printer.print(result, object.resource, done: done)
        }
        if count == 0, !selection.words.isEmpty { shell.output.note("No resources found in \(session.namespace) namespace.") }
        try session.finish()
    }

    /// Holds the rollout of Deployments, or lets it go on.
    func hold(_ holds: Bool, _ shell: Shell) async throws {
        try await run(shell, done: holds ? "paused" : "resumed") { object in
            guard object.isApp("Deployment") else { throw Failure(holds ? "pausing is not supported" : "resuming is not supported") }
            guard (object.json[["spec", "paused"]] == true) != holds else { throw Failure(holds ? "is already paused" : "is not paused") }
            var changed: JSON = object.json
            changed[["spec", "paused"]] = holds ? true : nil
            return changed
        }
    }
}

/// `rollout pause`: keeps changes of a Deployment from being rolled out.
package struct RolloutPause: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "rollout pause", abstract: "Hold the rollout of a Deployment.",
        usage: "swkube rollout pause (TYPE NAME | TYPE/NAME) [flags]")

    @OptionGroup var options: RolloutSteeringOptions
    package init() {}

    package func run(in shell: Shell) async throws { try await options.hold(true, shell) }
}

/// `rollout resume`: goes on with the rollout of a Deployment.
package struct RolloutResume: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "rollout resume", abstract: "Go on with the rollout of a Deployment.",
        usage: "swkube rollout resume (TYPE NAME | TYPE/NAME) [flags]")

    @OptionGroup var options: RolloutSteeringOptions
    package init() {}

    package func run(in shell: Shell) async throws { try await options.hold(false, shell) }
}

/// `rollout restart`: replaces all pods of a workload, as its strategy has it.
package struct RolloutRestart: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "rollout restart", abstract: "Replace all pods of a workload.",
        usage: "swkube rollout restart (TYPE NAME | TYPE/NAME) [flags]")

    @OptionGroup var options: RolloutSteeringOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        try await options.run(shell, done: "restarted") { object in
            guard ["Deployment", "DaemonSet", "StatefulSet"].contains(where: object.isApp) else {
                throw Failure("restarting is not supported")
            }
            if object.json[["spec", "paused"]] == true {
                throw Failure("can't restart paused deployment (run rollout resume first)")
            }
            var changed: JSON = object.json
            let path: [String] = ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"]
            changed[path] = .string(shell.now().description)
            return changed
        }
    }
}
