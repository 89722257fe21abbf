import API
import Client
import Machinery

/// `wait`: waits until objects are as wanted, or gone.
package struct Wait: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until objects are as wanted.",
        usage:
            "swkube wait (-f FILE | TYPE NAME | TYPE/NAME … | TYPE (-l label | --all)) --for=(create | delete | condition=NAME[=VALUE] | "
            + "jsonpath=PATH[=VALUE]) [flags]")

    @Argument(help: "Types and names: pod/web-1", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Which objects") var selection: SelectionOptions
    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("all", help: "All objects of the types in the namespace.")
    var all = false

    @Flag("all-namespaces", "A", help: "The objects of all namespaces.")
    var allNamespaces = false

    @Flag("local", help: "Work on the manifests alone, without a server.")
    var local = false

    @Option(
        "for",
        help: "What to wait for: create, delete, condition=NAME[=VALUE] or jsonpath=PATH[=VALUE]; may be repeated, then all must hold.",
        value: "condition")
    var conditions: [String] = []

    @Flag("any", help: "With several --for: end as soon as one of them holds (kubectl has no such flag).")
    var any = false

    @Option("timeout", help: "How long to wait; 0 looks once, less than 0 waits a week.", value: "duration")
    var timeout = Span(.seconds(30))

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let wanted: [WaitCondition] = try conditions.map(WaitCondition.init)
        if wanted.isEmpty { throw Failure("unrecognized condition: []") }
        let session: Session = try connection.session(shell)
        let deadline: ContinuousClock.Instant = .now + (timeout.duration < .zero ? .seconds(7 * 86_400) : timeout.duration)
        let isForDeletion: Bool = wanted.contains { $0.isDeletion }
        if wanted.contains(where: { $0.isCreation }) {
            try await Progress.during(shell, { "waiting for \(words.joined(separator: " ")) to be created" }) {
                try await waitForCreation(session, deadline)
            }
        }
        let rest: [WaitCondition] = wanted.filter { !$0.isCreation }
        var query = ObjectQuery(session: session, words: words, files: try files.manifests(), isLocal: local)
        query.selector = selection.selector
        query.fieldSelector = selection.fieldSelector
        query.all = all
        query.allNamespaces = allNamespaces
        query.ignoresAbsence = isForDeletion
        let count: Int = try await query.visit { object in
            // One after the other, each told; with --any all at once.
            for conditions in any || rest.isEmpty ? [rest] : rest.map({ [$0] }) {
                let watcher = ObjectWait(
                    session: session, object: object, conditions: conditions, deadline: deadline, looksOnce: timeout.duration == .zero)
                let found: JSON = try await watcher.run()
                try printer.print(found, object.resource, done: "condition met")
                shell.output.flush()
            }
        }
        if count == 0, !isForDeletion { throw Failure("no matching resources found") }
        try session.finish()
    }

    /// Until what the words name is there.
    private func waitForCreation(_ session: Session, _ deadline: ContinuousClock.Instant) async throws {
        let late: String = "timed out waiting for the condition"
        let targets: [Target] = try await ResourceArguments(session: session, allNamespaces: allNamespaces).targets(words)
        for target in targets {
            try await Deadline.run(timeout.duration == .zero ? nil : deadline, or: late) {
                var request = APIRequest(.list, target.resource.resource, namespace: target.namespace)
                request.options.labelSelector = selection.selector
                request.options.fieldSelector = target.name.map { "metadata.name=" + $0 } ?? selection.fieldSelector
                while true {
                    let list: JSON = try await session.send(request)
                    if list["items"]?.array?.isEmpty == false { return }
                    if timeout.duration == .zero { throw Failure(late) }
                    var watch: APIRequest = request
                    watch.verb = .watch
                    watch.options.resourceVersion = list[["metadata", "resourceVersion"]]?.string
                    for try await event in WatchEvents(try await session.transport.stream(watch)) where event.kind == .added { return }
                }
            }
        }
    }
}

/// One thing to wait for.
struct WaitCondition: Sendable {
    private enum Kind: Sendable {
        case creation, deletion
        case condition(String, String)
        case path(JSONPath, String?)
    }

    private let kind: Kind

    /// Throws kubectl's text for what it does not know.
    init(_ text: String) throws {
        if text.lowercased() == "delete" {
            kind = .deletion
        } else if text.lowercased() == "create" {
            kind = .creation
        } else if text.hasPrefix("condition=") {
            let parts: [Substring] = text.dropFirst("condition=".count).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            kind = .condition(parts.first.map(String.init) ?? "", parts.count > 1 ? String(parts[1]) : "true")
        } else if text.hasPrefix("jsonpath=") {
            let parts: [String] = Self.split(text.dropFirst("jsonpath=".count))
            guard parts.count <= 2 else {
                throw Failure(
                    "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'")
            }
            var value: String?
            if parts.count == 2 {
                let given: Substring = parts[1].drop { $0 == "'" || $0 == "\"" }
                value = String(given.reversed().drop { $0 == "'" || $0 == "\"" }.reversed())
                if value?.isEmpty == true {
                    throw Failure("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3")
                }
            }
            if parts[0].isEmpty { throw Failure("jsonpath expression cannot be empty") }
            do { kind = .path(try JSONPath(relaxed: parts[0]), value) } catch { throw Failure("\(error)") }
        } else {
            throw Failure("unrecognized condition: \(JSON.quoted(text))")
        }
    }

    var isCreation: Bool { if case .creation = kind { true } else { false } }
    var isDeletion: Bool { if case .deletion = kind { true } else { false } }

    /// True when the object is as wanted. Throws for a path that leads to more than one plain value.
    func holds(for object: JSON) throws -> Bool {
        switch kind {
        case .creation: return true
        case .deletion: return false
        case .condition(let name, let value):
            for condition in object[["status", "conditions"]]?.array ?? []
            where condition["type"]?.string?.lowercased() == name.lowercased() {
                guard let status = condition["status"]?.string else { continue }
                if let generation = object[["metadata", "generation"]]?.int,
                    let observed = condition["observedGeneration"]?.int ?? object[["status", "observedGeneration"]]?.int,
                    observed < generation
                {
                    return false
                }
                return status.lowercased() == value.lowercased()
            }
            return false
        case .path(let path, let value):
            let found: [JSON] = try path.values(object)
            guard let first = found.first else { return false }
            if found.count > 1 { throw Failure("given jsonpath expression matches more than one value") }
            guard let value else { return true }
            if first.object != nil || first.array != nil {
                throw Failure("jsonpath leads to a nested object or list which is not supported")
            }
            return String(GoText.of(first)[...].trimmed) == String(value[...].trimmed)
        }
    }

    /// Parts between single `=` signs; double ones belong to the expression.
    private static func split(_ text: Substring) -> [String] {
        var parts: [String] = [""]
        var rest: Substring = text
        while let character = rest.popFirst() {
            if character != "=" {
                parts[parts.count - 1].append(character)
            } else if rest.first == "=" {
                rest.removeFirst()
                parts[parts.count - 1] += "=="
            } else {
                parts.append("")
            }
        }
        return parts
    }
}

/// Waits for one object.
struct ObjectWait {
    let session: Session
    let object: Manifest
    /// One of these must hold.
    let conditions: [WaitCondition]
    let deadline: ContinuousClock.Instant
    let looksOnce: Bool

    private var resource: String { object.resource.resource.resource }

    /// The object as it was when the wait ended. Throws ``Failure`` at the deadline.
    func run() async throws -> JSON {
        if conditions.isEmpty { return object.json }
        let get = APIRequest(.get, object.resource.resource, namespace: object.namespace, name: object.name)
        if looksOnce {
            let now: JSON
            do { now = try await session.send(get) } catch let status as APIStatus where status.isNotFound && isForDeletion {
                return object.json
            }
            guard try holds(now) else { throw Failure("condition not met for \(resource)/\(object.name)") }
            return now
        }
        if isForDeletion {
            try await Disappearance(session: session, deadline: deadline).wait(
                for: object.resource, namespace: object.namespace, name: object.name, uid: object.json[["metadata", "uid"]]?.string)
            return object.json
        }
        let found = Found()
        try await Progress.during(session.shell, { "waiting for \(object.shown)" }) {
            try await Deadline.run(deadline, or: "timed out waiting for the condition on \(resource)/\(object.name)") {
                found.object = try await watch(get)
            }
        }
        return found.object
    }

    /// Written by the one task that waits, read after its end.
    private final class Found: @unchecked Sendable { var object: JSON = .null }

    private var isForDeletion: Bool { conditions.contains { $0.isDeletion } }

    private func holds(_ object: JSON) throws -> Bool {
        try conditions.contains { try $0.holds(for: object) }
    }

    private func watch(_ get: APIRequest) async throws -> JSON {
        while true {
            let now: JSON = try await session.send(get)
            if try holds(now) { return now }
            var watch = APIRequest(.watch, object.resource.resource, namespace: object.namespace)
            watch.options.fieldSelector = "metadata.name=" + object.name
            watch.options.resourceVersion = now[["metadata", "resourceVersion"]]?.string
            do {
                for try await event in WatchEvents(try await session.transport.stream(watch)) {
                    if event.kind == .deleted { break }
                    if event.kind != .bookmark, try holds(event.object) { return event.object }
                }
            } catch let status as APIStatus where status.isExpired {
                continue
            }
        }
    }
}
