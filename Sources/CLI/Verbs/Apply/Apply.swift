import Client
import Machinery
import Synchronization

/// `apply`: makes objects what their manifests say, and keeps what others added.
package struct Apply: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make objects what their manifests say.", usage: "swkube apply -f FILE [flags]",
        aliases: [])

    @Argument(isHidden: true)
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Option("selector", "l", help: "Apply only the manifests with these labels.", value: "selector")
    var selector: String?

    @OptionGroup var printing: PrintOptions
    @OptionGroup var dryRunOptions: DryRunOptions

    @Option("validate", bare: "strict", help: "What to do about fields that the server does not know.", value: "strict|warn|ignore")
    var validate = "strict"

    @Flag("server-side", help: "Let the server merge, and keep track of who manages which field.")
    var serverSide = false

    @Flag("force-conflicts", help: "With --server-side: take over fields that others manage.")
    var forceConflicts = false

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager: String?

    @Flag("overwrite", help: "Use the manifest's values where others changed them since the last apply.")
    var overwrite = true

    @Flag("force", alias: "replace", help: "Delete and make anew what cannot be changed in place (kubectl knows the first name only).")
    var force = false

    @Flag("wait", help: "Wait until objects that --force deletes are gone.")
    var wait = false

    @Flag(
        "wait-ready",
        help: "Wait until everything that was applied is ready, and say why not; --timeout ends it (kubectl has no such flag).")
    var waitReady = false

    @Flag("prune", help: "Delete what was applied once and is not in the manifests any more.")
    var prune = false

    @Flag("all", help: "With --prune: look at all objects of the namespaces.")
    var all = false

    @OptionGroup var pruneOptions: PruneAllowlist

    @Option(
        "applyset",
        help:
            "With --prune: delete what was applied to this set and is not in the manifests any more. A Secret, or another object, keeps the "
            + "set. Needs KUBECTL_APPLYSET=true.", value: "[type/]name")
    var applySet: String?

    @Option(
        "cascade", bare: "background", help: "What happens to dependents of deleted objects: background, foreground or orphan.",
        value: "how")
    var cascade = "background"

    @Option("grace-period", help: "Seconds for deleted objects to end in.", value: "int")
    var gracePeriod = -1

    @Option("timeout", help: "How long to wait for the end of deleted objects; 0 leaves it to them.", value: "duration")
    var timeout = Span(.zero)

    @Option("subresource", help: "Apply to this part of the object: status, scale.", value: "name")
    var subresource: String?

    @Flag("openapi-patch", help: "Taken for kubectl's sake.", isHidden: true)
    var openAPIPatch = true

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if applySet != nil, !ApplySet.isEnabled(shell) {
            throw Failure("unknown flag: --applyset\nSee '\(CLI.program) apply --help' for usage.")
        }
        if !words.isEmpty {
            throw Failure("Unexpected args: [\(words.joined(separator: " "))]\nSee '\(CLI.program) apply -h' for help and examples")
        }
        let dryRun: DryRun = try dryRunOptions.value()
        let session: Session = try connection.session(shell)
        let policy: String = try DeletionOptions.policy(cascade, shell.output)
        if !files.areGiven { throw Failure("must specify one of -f and -k") }
        let validation: String = try FieldValidation.word(validate)
        let allowlist: [APIResource] = prune && applySet == nil ? try await pruneOptions.resources(session) : []
        try check(dryRun)
        if subresource?.isEmpty == false, !serverSide { throw Failure("--subresource can only be specified for --server-side") }
        let reader = ManifestReader(session: session, validation: .init(validation, session))
        var reading: ManifestReader.Reading = try await reader.readWhatCanBe(try files.paths(), recursive: files.recursive)
        try reading.narrow(selector)
        let format: OutputFormat = try printing.format()
        var manifests: [Manifest] = reading.manifests
        if manifests.isEmpty {
            try reading.failures.throwIfAny()
            throw Failure("no objects passed to apply")
        }
        var set: ApplySet?
        if let applySet {
            set = try await ApplySet(applySet, session, dryRun, fieldValidation: validation)
            manifests = try set?.labelled(manifests) ?? manifests
            try await set?.begin(manifests)
        }
        var applier = Applier(
            session: session, dryRun: dryRun, fieldValidation: validation,
            fieldManager: fieldManager ?? (serverSide ? "kubectl" : "kubectl-client-side-apply"), overwrite: overwrite,
            forceConflicts: forceConflicts, recreates: force)
        applier.subresource = subresource.flatMap { $0.isEmpty ? nil : $0 }
        try await apply(manifests, applier, format, dryRun, session, reading.failures)
        var printer = ObjectPrinter(format, session.output, showsManagedFields: printing.showManagedFields)
        let deletion = DeletionOptions(propagationPolicy: policy, gracePeriodSeconds: gracePeriod >= 0 ? gracePeriod : nil)
        if let set {
            try await set.prune(besides: manifests, deletion, &printer)
        } else if prune {
            let pruner = Pruner(session: session, allowlist: allowlist, selector: selector, dryRun: dryRun)
            try await pruner.prune(besides: manifests, deletion, &printer)
        }
        if waitReady, dryRun.isReal {
            session.output.flush()
            let deadline: ContinuousClock.Instant? = timeout.duration > .zero ? .now + timeout.duration : nil
            try await ReadinessWait(session: session, deadline: deadline).run(manifests)
        }
        try session.finish()
    }

    /// Flags that do not go together, in kubectl's words.
    private func check(_ dryRun: DryRun) throws {
        if forceConflicts, !serverSide { throw Failure("--force-conflicts only works with --server-side") }
        if serverSide, case .client = dryRun {
            throw Failure("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
        }
        if serverSide, force { throw Failure("--force cannot be used with --server-side") }
        if force, case .server = dryRun { throw Failure("--dry-run=server cannot be used with --force") }
        let hasSelector: Bool = selector?.isEmpty == false
        if all, hasSelector { throw Failure("cannot set --all and --selector at the same time") }
        if applySet != nil, !prune { throw Failure("--applyset requires --prune") }
        guard prune else { return }
        if force { throw Failure("--force cannot be used with --prune") }
        if applySet != nil {
            if all { throw Failure("--all is incompatible with --applyset") }
            if hasSelector { throw Failure("--selector is incompatible with --applyset") }
            if !pruneOptions.types.isEmpty { throw Failure("--prune-allowlist is incompatible with --applyset") }
            return
        }
        if !all, !hasSelector {
            throw Failure(
                "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector"
            )
        }
        if serverSide { throw Failure("--prune is in alpha and doesn't currently work on objects created by server-side apply") }
    }

    private func apply(
        _ manifests: [Manifest], _ applier: Applier, _ format: OutputFormat, _ dryRun: DryRun, _ session: Session, _ unread: Failures
    ) async throws {
        var failures: Failures = unread
        var printer = ObjectPrinter(format, session.output, showsManagedFields: printing.showManagedFields)
        var shown: [JSON] = []
        var stops: Bool = false
        let told = Atomic<Int>(0)
        await Progress.during(session.shell, { "applied \(told.load(ordering: .relaxed)) of \(manifests.count)" }) {
            for batch in Self.batches(manifests) where !stops {
                await session.inOrder(batch) { manifest, session in
                    var applier: Applier = applier
                    applier.session = session
                    if manifest.name.isEmpty, let prefix = manifest.json[["metadata", "generateName"]]?.string, !prefix.isEmpty {
                        throw Failure("from \(prefix): cannot use generate name with apply")
                    }
                    return serverSide ? try await applier.applyOnServer(manifest) : try await applier.applyOnClient(manifest)
                } take: { manifest, result in
                    told.add(1, ordering: .relaxed)
                    do {
                        let applied: Applied = try result.get()
                        if format.isForPeople || format.isName || manifests.count == 1 || printing.output == nil {
                            try printer.print(applied.object, manifest.resource, done: applied.done, suffix: dryRun.suffix)
                        } else {
                            shown.append(applied.object)
                        }
                    } catch {
                        failures.add(error)
                        stops = error is TransportError
                    }
                    return !stops
                }
            }
        }
        if !shown.isEmpty {
            try printer.print(["apiVersion": "v1", "items": .array(shown), "kind": "List", "metadata": [:]], nil, isTyped: true)
        }
        try failures.throwIfAny()
    }

    /// Neighbours of one kind, which need not wait for each other; other kinds, and an object that comes twice, wait for those before.
    private static func batches(_ manifests: [Manifest]) -> [[Manifest]] {
        var batches: [[Manifest]] = []
        var names: Set<String> = []
        for manifest in manifests {
            let isNew: Bool = names.insert("\(manifest.namespace ?? "")/\(manifest.name)").inserted
            if isNew, !manifest.name.isEmpty, let last = batches.last?.last, last.resource == manifest.resource {
                batches[batches.count - 1].append(manifest)
            } else {
                batches.append([manifest])
                names = ["\(manifest.namespace ?? "")/\(manifest.name)"]
            }
        }
        return batches
    }
}
