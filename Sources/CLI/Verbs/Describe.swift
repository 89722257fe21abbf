import API
import Client
import Machinery

/// `describe`: shows objects with all that belongs to them, for people.
package struct Describe: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Show an object with all that belongs to it.",
        usage: "swkube describe (-f FILE | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [flags]")

    @Argument(help: "Types and names: pod web-1, deploy/web", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Which objects") var selection: SelectionOptions
    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("all-namespaces", "A", help: "Describe the objects of all namespaces.")
    var allNamespaces = false

    @Flag("show-events", help: "Show events, too; of several objects only when this is given.")
    var showEvents: Bool?

    @Option("chunk-size", help: "Objects to ask for at once; 0 asks for all.", value: "int")
    var chunkSize = 500

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        let paths: [String] = try files.paths()
        var targets: [Target]
        if paths.isEmpty {
            guard !words.isEmpty else {
                throw Failure(
                    "You must specify the type of resource to describe. Use \"\(CLI.program) api-resources\" for a complete list of supported resources."
                )
            }
            targets = try await ResourceArguments(session: session, allNamespaces: allNamespaces).targets(words)
            if selection.selector?.isEmpty == false, targets.contains(where: { $0.name != nil }) {
                throw ResourceArguments.besidesSelector(words)
            }
        } else {
            targets = try await ManifestReader(session: session).read(paths, recursive: files.recursive).map {
                Target(resource: $0.resource, name: $0.name, namespace: $0.namespace)
            }
        }
        var failures = Failures()
        var isFirst: Bool = true
        var found: [(target: Target, objects: [JSON])] = []
        for target in targets {
            do { found.append((target, try await objects(target, session))) } catch { failures.add(error) }
        }
        // As kubectl: of several objects, and of those named by a beginning, events are shown only when asked for.
        let isOne: Bool = found.reduce(0) { $0 + $1.objects.count } == 1
        for (target, objects) in found {
            do {
                for object in objects {
                    let isExact: Bool = target.name.map { $0 == object.text(at: "metadata", "name") } ?? true
                    let describer = Describer(session: session, showsEvents: showEvents ?? (isOne && isExact))
                    if !isFirst { shell.output.line("\n") }
                    isFirst = false
                    shell.output.write(try await describer.text(object, target.resource))
                    // An object that was named by the beginning of its name gets a line more, as in kubectl.
                    if !isExact { shell.output.line() }
                }
            } catch {
                failures.add(error)
            }
        }
        if isFirst, failures.all.isEmpty {
            shell.output.note(
                !allNamespaces ? "No resources found in \(session.namespace) namespace." : "No resources found")
        }
        try failures.throwIfAny()
        try session.finish()
    }

    /// One object by its name; those whose names begin so when there is none of that name.
    private func objects(_ target: Target, _ session: Session) async throws -> [JSON] {
        var absence: APIStatus?
        if let name = target.name {
            do {
                return [try await session.send(APIRequest(.get, target.resource.resource, namespace: target.namespace, name: name))]
            } catch let status as APIStatus where status.isNotFound {
                absence = status
            }
        }
        var request = APIRequest(.list, target.resource.resource, namespace: target.namespace)
        if target.name == nil {
            request.options.labelSelector = selection.selector
            request.options.fieldSelector = selection.fieldSelector
        }
        if chunkSize > 0 { request.options.limit = chunkSize }
        var objects: [JSON] = []
        repeat {
            let list: JSON = try await session.send(request)
            objects += list.list("items").map { GetQuery.typed($0, target.resource) }
            request.options.continueToken = list.continueToken
        } while request.options.continueToken != nil
        guard let name = target.name, let absence else { return objects }
        let near: [JSON] = objects.filter { $0.text(at: "metadata", "name").hasPrefix(name) }
        if near.isEmpty { throw absence }
        return near
    }
}
