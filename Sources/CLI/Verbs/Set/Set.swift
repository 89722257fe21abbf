import API
import Client
import Machinery

/// `set` alone: says which verbs it has.
package struct SetFeature: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set one feature of objects.", usage: "swkube set VERB [flags]")

    @Argument(help: "env, image, resources, selector, serviceaccount or subject.", value: "verb")
    package var words: [String] = []

    package init() {}
}

/// Flags of all `set` verbs.
package struct SetOptions: FlagGroup {
    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("all", help: "All objects of the types in the namespace.")
    var all = false

    @Flag("local", help: "Work on the manifests alone, without a server.")
    var local = false

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-set"

    @OptionGroup var dryRunOptions: DryRunOptions
    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}
}

/// Which objects, by label, a `set` verb works on.
package struct SetSelector: FlagGroup {
    @Option("selector", "l", help: "Labels that the objects must have.", value: "selector")
    var selector: String?

    package init() {}
}

/// Which containers a `set` verb works on.
package struct ContainerSelector: FlagGroup {
    @Option("containers", "c", help: "Names of containers; * stands for any letters.", value: "pattern")
    var containers = "*"

    package init() {}

    func matches(_ container: JSON) -> Bool {
        Self.matches(Array(container.text(at: "name").unicodeScalars)[...], Array(containers.unicodeScalars)[...])
    }

    private static func matches(_ name: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == "*" {
            return (name.startIndex...name.endIndex).contains { matches(name[$0...], pattern.dropFirst()) }
        }
        return name.first == first && matches(name.dropFirst(), pattern.dropFirst())
    }
}

/// Changes objects one after the other as `set` verbs do.
/// Source: k8s.io/kubectl/pkg/cmd/set.
struct SetChange {
    let options: SetOptions
    let words: [String]
    var selector: String?
    /// What `failed to patch … to pod template` names.
    let what: String
    /// What is told of a changed object.
    let done: String
    /// Objects that the change leaves as they are go to the server all the same.
    var sendsUnchanged: Bool = false
    /// What is said of words where only manifests can be worked on.
    var needsFiles: Failure = LocalWork.needsFiles

    func validate() throws {
        // Those that say it in their own words say it later, too.
        if options.local, !words.isEmpty, needsFiles.description == LocalWork.needsFiles.description { throw needsFiles }
        if case .server = try options.dryRunOptions.value(), options.local {
            throw Failure("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")
        }
        if options.all, selector?.isEmpty == false { throw Failure("cannot set --all and --selector at the same time") }
    }

    /// - Parameter change: returns the changed object, or nil to leave it; throws what is wrong with it.
    func run(_ shell: Shell, _ session: Session, _ change: (Manifest) throws -> JSON?) async throws {
        let dryRun: DryRun = try options.dryRunOptions.value()
        var printer: ObjectPrinter = try options.printing.printer(shell.output)
        if options.local, !words.isEmpty { throw needsFiles }
        var query = ObjectQuery(session: session, words: words, files: try options.files.manifests(), isLocal: options.local)
        query.selector = selector
        query.all = options.all
        let writer = ObjectWriter(session: session, dryRun: dryRun, fieldManager: options.fieldManager)
        let objects: [Manifest] = try await query.objects()
        var failures = Failures()
        for object in objects {
            do {
                guard var changed = try change(object), sendsUnchanged || changed != object.json else { continue }
                if options.local || !dryRun.reachesServer {
                    changed = shell.changeCause?.noted(changed) ?? changed
                    let suffix: String = options.local && dryRun.isReal ? "" : dryRun.suffix
                    try printer.print(GoForm.completed(changed), object.resource, done: done, suffix: suffix, isTyped: true)
                    continue
                }
                let result: JSON
                do { result = try await writer.patch(object, to: changed) } catch let status as APIStatus {
                    throw Failure("failed to patch \(what): \(Failure.plainText(of: status))")
                }
                try printer.print(result, object.resource, done: done, suffix: dryRun.suffix)
            } catch {
                failures.add(error)
            }
        }
        try failures.throwIfAny()
        try session.finish()
    }

    /// Where the pod spec of a kind stands; nil for kinds without one.
    static func podSpecPath(_ object: Manifest) -> [String]? {
        switch object.resource.kind {
        case "Pod": ["spec"]
        case "Deployment", "DaemonSet", "ReplicaSet", "StatefulSet", "ReplicationController", "Job": ["spec", "template", "spec"]
        case "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"]
        default: nil
        }
    }

    /// Throws kubectl's text for a kind without pods.
    static func requirePodSpec(_ object: Manifest) throws -> [String] {
        guard let path = podSpecPath(object) else {
            throw Failure(
                "error: \(object.resource.resource.resource)/\(object.name) the object is not a pod or does not have a pod template: "
                    + (try object.resource.goType()))
        }
        return path
    }
}

extension Failure {
    /// The message as Go's errors have it: for `Invalid`, the server's own sentence.
    static func plainText(of status: APIStatus) -> String { status.message }
}
