import API
import Client
import Machinery

/// `scale`: sets the number of replicas.
package struct Scale: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Set the number of replicas.",
        usage: "swkube scale --replicas=COUNT (-f FILE | TYPE NAME | TYPE/NAME …) [flags]")

    @Argument(help: "Types and names: deploy/web", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Which objects") var selection: SelectionOptions
    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("all", help: "Scale all objects of the types in the namespace.")
    var all = false

    @Option("replicas", help: "Wanted number of replicas.", value: "int")
    var replicas: Int?

    @Option("current-replicas", help: "Scale only when this is the number now.", value: "int")
    var currentReplicas = -1

    @Option("resource-version", help: "Scale only when the object is at this revision.", value: "revision")
    var resourceVersion: String?

    @Option("timeout", help: "How long to wait for the replicas; 0 does not wait.", value: "duration")
    var timeout = Span(.zero)

    @OptionGroup var dryRunOptions: DryRunOptions

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        guard let replicas else { throw Failure("required flag(s) \"replicas\" not set") }
        guard replicas >= 0 else { throw Failure("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0") }
        let dryRun: DryRun = try dryRunOptions.value()
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let session: Session = try connection.session(shell)
        let targets: [Target] = try await targets(session)
        if let resourceVersion, !resourceVersion.isEmpty, targets.count > 1 {
            throw Failure("cannot use --resource-version with multiple resources")
        }
        var failures = Failures()
        for target in targets {
            do {
                let object: JSON = try await scale(target, to: replicas, dryRun, session)
                try printer.print(object, target.resource, done: "scaled", suffix: dryRun.suffix)
                shell.output.flush()
                if timeout.duration > .zero, dryRun.isReal { try await wait(for: target, replicas, session) }
            } catch {
                failures.add(error)
            }
        }
        try failures.throwIfAny()
        try session.finish()
    }

    private func targets(_ session: Session) async throws -> [Target] {
        let paths: [String] = try files.paths()
        if !paths.isEmpty {
            try ResourceArguments.refuse(words, besides: paths)
            return try await ManifestReader(session: session).read(paths, recursive: files.recursive).map {
                Target(resource: $0.resource, name: $0.name, namespace: $0.namespace)
            }
        }
        if words.isEmpty { _ = try await ObjectQuery(session: session).objects() }
        let named: [Target] = try await ResourceArguments(session: session).targets(words)
        let isSelecting: Bool = all || selection.selector != nil || selection.fieldSelector != nil
        if named.isEmpty || (!isSelecting && named.contains { $0.name == nil }) {
            throw Failure("resource(s) were provided, but no name was specified")
        }
        let lister = ObjectDeletion(
            session: session, dryRun: .none, gracePeriodSeconds: nil, propagationPolicy: "", showsNameOnly: false, timeout: nil)
        let targets: [Target] = try await lister.expanded(named, selection, ignoresAbsence: false)
        if targets.isEmpty { throw Failure("no objects passed to scale") }
        return targets
    }

    private func scale(_ target: Target, to replicas: Int, _ dryRun: DryRun, _ session: Session) async throws -> JSON {
        var get = APIRequest(.get, target.resource.resource, namespace: target.namespace, name: target.name)
        let object: JSON = try await session.send(get)
        get.subresource = "scale"
        var scale: JSON
        do { scale = try await session.send(get) } catch let status as APIStatus where status.code == 404 {
            throw APIStatus.pathNotFound
        }
        if case .client = dryRun {
            var scaled: JSON = object
            scaled[["spec", "replicas"]] = .int(Int64(replicas))
            return scaled
        }
        let current: Int = Int(scale[["spec", "replicas"]]?.int ?? 0)
        if currentReplicas >= 0, current != currentReplicas { throw Failure("Expected replicas to be \(currentReplicas), was \(current)") }
        if let resourceVersion, !resourceVersion.isEmpty, let now = scale[["metadata", "resourceVersion"]]?.string, now != resourceVersion {
            throw Failure("Expected resource version to be \(resourceVersion), was \(now)")
        }
        var request: APIRequest = get
        if currentReplicas >= 0 || resourceVersion != nil {
            scale[["spec", "replicas"]] = .int(Int64(replicas))
            request.verb = .update
            request.body = scale.serialized()
        } else {
            request.verb = .patch
            request.contentType = .mergePatch
            request.body = JSON.object(["spec": ["replicas": .int(Int64(replicas))]]).serialized()
        }
        request.options.fieldManager = "kubectl-scale"
        if case .server = dryRun { request.options.dryRun = true }
        _ = try await session.send(request)
        return object
    }

    /// Until the object says that it has so many. Looks again with each change of it.
    private func wait(for target: Target, _ replicas: Int, _ session: Session) async throws {
        let name: String = target.name ?? ""
        try await Deadline.run(
            ContinuousClock.now + timeout.duration, or: "timed out waiting for \(JSON.quoted(name)) to be synced"
        ) {
            var scale = APIRequest(.get, target.resource.resource, namespace: target.namespace, name: name, subresource: "scale")
            while true {
                let now: JSON = try await session.send(scale)
                if now[["spec", "replicas"]]?.int == Int64(replicas), now[["status", "replicas"]]?.int ?? 0 == Int64(replicas) { return }
                var watch = APIRequest(.watch, target.resource.resource, namespace: target.namespace)
                watch.options.fieldSelector = "metadata.name=" + name
                watch.options.resourceVersion = now[["metadata", "resourceVersion"]]?.string
                for try await event in WatchEvents(try await session.transport.stream(watch)) where event.kind != .bookmark { break }
                scale.options.resourceVersion = nil
            }
        }
    }
}
