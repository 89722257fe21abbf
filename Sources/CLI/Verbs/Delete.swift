import API
import Client
import Machinery

/// `delete`: deletes objects and waits until they are gone.
package struct Delete: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete objects.",
        usage: "swkube delete ([-f FILE] | TYPE [(NAME | -l label | --all)] | TYPE/NAME …) [flags]")

    @Argument(help: "Types and names: pod web-1, deploy/web", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Which objects") var selection: SelectionOptions
    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("all", help: "Delete all objects of the types in the namespace.")
    var all = false

    @Flag("all-namespaces", "A", help: "Delete in all namespaces.")
    var allNamespaces = false

    @Flag("now", help: "Give a second to end, as --grace-period=1 does.")
    var now = false

    @Flag("force", help: "With --grace-period=0: do not wait for the end of processes.")
    var force = false

    @Option("grace-period", help: "Seconds to end in; -1 leaves it to the object.", value: "int")
    var gracePeriod = -1

    @Flag("wait", help: "Wait until the objects are gone.")
    var wait = true

    @Option("timeout", help: "How long to wait; 0 leaves it to the grace period.", value: "duration")
    var timeout = Span(.zero)

    @Option(
        "cascade", bare: "background", help: "What happens to dependents: background, foreground, or orphan to keep them.", value: "how")
    var cascade = "background"

    @Flag("ignore-not-found", help: "Succeed when an object is not there.")
    var ignoreNotFound = false

    @OptionGroup var dryRunOptions: DryRunOptions

    @Option("output", "o", help: "name shows names only.", value: "name")
    var output: String?

    @Option("raw", help: "Send a deletion to this path of the API.", value: "path")
    var raw: String?

    @Flag("interactive", "i", help: "Ask before anything is deleted.")
    var interactive = false

    @Flag("plan", help: "Show what would be deleted, with all that goes with it, and delete nothing (kubectl has no such flag).")
    var plan = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if let raw {
            if interactive { throw Failure("--interactive can not be used with --raw") }
            let session: Session = try deletion(shell, try connection.session(shell)).session
            warn(shell)
            return try await RawRequest(session: session).send("DELETE", raw, files: try files.paths())
        }
        let deleter: ObjectDeletion = try deletion(shell, try connection.session(shell))
        let session: Session = deleter.session
        let paths: [String] = try files.paths()
        // Why some of the manifests cannot be read is told at the end, in one piece.
        var unread = Failures()
        var sources: [String] = []
        var targets: [Target]
        if paths.isEmpty {
            targets = try await named(session)
        } else {
            try ResourceArguments.refuse(words, besides: paths)
            let reading: ManifestReader.Reading = try await ManifestReader(session: session).readWhatCanBe(
                paths, recursive: files.recursive)
            unread = reading.failures
            targets = reading.manifests.map { Target(resource: $0.resource, name: $0.name, namespace: $0.namespace) }
            sources = reading.manifests.map(\.source)
            if targets.isEmpty { try unread.throwListed() }
        }
        warn(shell)
        targets = try await deleter.expanded(targets, selection, ignoresAbsence: ignoreNotFound || all || selection.selector != nil)
        if targets.isEmpty {
            if !ignoreNotFound || all || selection.selector != nil { shell.output.line("No resources found") }
            return
        }
        if plan {
            return try await DeletionPlan(session: session, orphans: deleter.propagationPolicy == "Orphan").show(targets)
        }
        if interactive, try !isConfirmed(targets, shell) { return shell.output.line("deletion is cancelled") }
        var failures = Failures()
        var deleted: [ObjectDeletion.Deleted] = []
        for (index, target) in targets.enumerated() {
            do {
                if let one = try await deleter.delete(target) { deleted.append(one) }
            } catch let status as APIStatus where status.isNotFound && (ignoreNotFound || all) {
                continue
            } catch let status as APIStatus where sources.indices.contains(index) {
                failures.add(status.when("deleting", sources[index]))
            } catch {
                failures.add(error)
            }
        }
        shell.output.flush()
        if wait, deleter.dryRun.isReal { try await deleter.wait(for: deleted) }
        do { try unread.throwListed() } catch { failures.add(error) }
        try failures.throwIfAny()
        try session.finish()
    }

    private func isConfirmed(_ targets: [Target], _ shell: Shell) throws -> Bool {
        shell.output.line("You are about to delete the following \(targets.count) resource(s):")
        for target in targets { shell.output.line("\(target.resource.shown)/\(target.name ?? "")") }
        shell.output.write("Do you want to continue? (y/N): ")
        shell.output.flush()
        let answer = String(decoding: try shell.line(), as: UTF8.self)
        return answer.lowercased() == "y"
    }

    private func named(_ session: Session) async throws -> [Target] {
        if words.isEmpty, all { throw Failure("at least one resource must be specified to use a selector") }
        guard !words.isEmpty else {
            throw Failure(
                "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'"
            )
        }
        let hasSelector: Bool = selection.selector != nil || selection.fieldSelector != nil
        if all, hasSelector { throw Failure("setting 'all' parameter but found a non empty selector. ") }
        if all || hasSelector { try ResourceArguments.refuseNames(words) }
        let targets: [Target] = try await ResourceArguments(session: session, allNamespaces: allNamespaces).targets(words)
        if !targets.contains(where: { $0.name != nil }), !all, !hasSelector {
            throw Failure("resource(s) were provided, but no name was specified")
        }
        return targets
    }

    private func warn(_ shell: Shell) {
        guard force else { return }
        shell.output.warn(
            "Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue "
                + "to run on the cluster indefinitely.")
    }

    private func deletion(_ shell: Shell, _ session: Session) throws -> ObjectDeletion {
        if now, gracePeriod != -1 { throw Failure("--now and --grace-period cannot be specified together") }
        if force, gracePeriod > 0 { throw Failure("--force and --grace-period greater than 0 cannot be specified together") }
        var grace: Int? = now ? 1 : gracePeriod >= 0 ? gracePeriod : nil
        if force, grace == nil { grace = 0 }
        if grace == 0, !force {
            // As kubectl: without --force the objects still get a second, so that data is not lost by a slip.
            grace = 1
        }
        let policy: String = try DeletionOptions.policy(cascade, shell.output)
        if let output, output != "name" { throw Failure("unexpected -o output mode: \(output). We only support '-o name'") }
        return ObjectDeletion(
            session: session, dryRun: try dryRunOptions.value(), gracePeriodSeconds: grace, propagationPolicy: policy,
            showsNameOnly: output == "name",
            timeout: timeout.duration > .zero ? timeout.duration : nil)
    }
}
