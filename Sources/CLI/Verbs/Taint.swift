import API
import Client
import Machinery

/// `taint`: sets and removes taints of nodes.
package struct Taint: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "taint", abstract: "Set and remove taints of nodes.",
        usage: "swkube taint NODE NAME KEY=VALUE:EFFECT … KEY[:EFFECT]- … [flags]")

    @Argument(help: "node, names of nodes, then taints.", value: "word")
    var words: [String] = []

    @Option("selector", "l", help: "Labels that the nodes must have.", value: "selector")
    var selector: String?

    @Flag("all", help: "All nodes.")
    var all = false

    @Flag("overwrite", help: "Change taints that are there already.")
    var overwrite = false

    @Option("validate", bare: "strict", help: "What to do about fields that the server does not know.", value: "strict|warn|ignore")
    var validate = "strict"

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-taint"

    @OptionGroup var dryRunOptions: DryRunOptions
    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let dryRun: DryRun = try dryRunOptions.value()
        func isTaint(_ word: String) -> Bool { word.contains("=") || word.contains(":") || word.hasSuffix("-") }
        let start: Int = words.firstIndex(where: isTaint) ?? words.count
        if let late = words[start...].first(where: { !isTaint($0) }) {
            throw Failure("all resources must be specified before taint changes: \(late)")
        }
        let targets: [String] = Array(words[..<start])
        guard let type = targets.first else { throw Failure("one or more resources must be specified as <resource> <name>") }
        if start == words.count { throw Failure("at least one taint update is required") }
        let change: TaintChange
        do { change = try TaintChange(Array(words[start...])) } catch let failure as Failure {
            throw Failure("\(failure.description)\nSee '\(CLI.program) taint -h' for help and examples")
        }
        let session: Session = try connection.session(shell)
        guard let resource = try await session.catalog.find(type) else {
            throw Failure("the server doesn't have a resource type \(JSON.quoted(type.lowercased()))", isComplete: true)
        }
        guard resource.kind == "Node" else {
            throw Failure("invalid resource type \(type.lowercased()), only node types are supported")
        }
        try change.refuseContradictions()
        if all, selector?.isEmpty == false { throw Failure("setting 'all' parameter with a non empty selector is prohibited") }
        if !all, selector?.isEmpty != false, targets.count < 2 {
            throw Failure("at least one resource name must be specified since 'all' parameter is not set")
        }
        var query = ObjectQuery(session: session, words: all || selector?.isEmpty == false ? ["nodes"] : targets)
        query.selector = selector
        query.all = all
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let writer = ObjectWriter(
            session: session, dryRun: dryRun, fieldManager: fieldManager, fieldValidation: try FieldValidation.word(validate))
        try await query.visit { node in
            let (taints, done): ([JSON], String) = try change.applied(to: node, overwrite)
            var changed: JSON = node.json
            changed[["spec", "taints"]] = taints.isEmpty ? nil : .array(taints)
            let result: JSON = dryRun.reachesServer ? try await writer.patch(node, to: changed) : changed
            // As kubectl 1.37: a dry run is not told apart here.
            try printer.print(result, node.resource, done: done)
            printer = try printing.printer(shell.output)
        }
        try session.finish()
    }
}

/// Taints to set and to remove. Source: k8s.io/kubectl/pkg/cmd/taint/utils.go.
struct TaintChange {
    private var set: [JSON] = []
    private var removed: [JSON] = []

    /// `key=value:effect`, `key:effect`, `key:effect-`, `key-`
    init(_ specs: [String]) throws {
        for spec in specs {
            if spec.hasSuffix("-") {
                removed.append(try Self.parse(String(spec.dropLast()), needsEffect: false))
                continue
            }
            let taint: JSON = try Self.parse(spec, needsEffect: true)
            if set.contains(where: { Self.isSame($0, taint) }) {
                throw Failure("duplicated taints with the same key and effect: \(Self.go(taint))")
            }
            set.append(taint)
        }
    }

    private static func parse(_ spec: String, needsEffect: Bool) throws -> JSON {
        let parts: [Substring] = spec.split(separator: ":", omittingEmptySubsequences: false)
        var taint: JSON = [:]
        switch parts.count {
        case 1:
            guard needsEffect else { break }
            let problems: [String] = Names.qualifiedName(spec)
            throw Failure("invalid taint spec: \(spec)" + (problems.isEmpty ? "" : ", " + problems.joined(separator: "; ")))
        case 2:
            let effect = String(parts[1])
            guard ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(effect) else {
                throw Failure("invalid taint effect: \(effect), unsupported taint effect")
            }
            taint["effect"] = .string(effect)
        default: throw Failure("invalid taint spec: \(spec)")
        }
        let pair: [Substring] = parts[0].split(separator: "=", omittingEmptySubsequences: false)
        guard pair.count <= 2 else { throw Failure("invalid taint spec: \(spec)") }
        if pair.count == 2 {
            let problems: [String] = Names.labelValue(String(pair[1]))
            if !problems.isEmpty { throw Failure("invalid taint spec: \(spec), \(problems.joined(separator: "; "))") }
            if !pair[1].isEmpty { taint["value"] = .string(String(pair[1])) }
        }
        let problems: [String] = Names.qualifiedName(String(pair[0]))
        if !problems.isEmpty { throw Failure("invalid taint spec: \(spec), \(problems.joined(separator: "; "))") }
        taint["key"] = .string(String(pair[0]))
        return taint
    }

    private static func isSame(_ one: JSON, _ other: JSON) -> Bool { one["key"] == other["key"] && one["effect"] == other["effect"] }

    /// As `%v` shows the struct.
    private static func go(_ taint: JSON) -> String {
        "{\(taint.text(at: "key")) \(taint.text(at: "value")) \(taint.text(at: "effect")) <nil>}"
    }

    /// `key=value:effect`
    private static func text(_ taint: JSON) -> String {
        let (key, value, effect): (String, String, String) = (taint.text(at: "key"), taint.text(at: "value"), taint.text(at: "effect"))
        if effect.isEmpty { return value.isEmpty ? key : "\(key)=\(value):" }
        return value.isEmpty ? "\(key):\(effect)" : "\(key)=\(value):\(effect)"
    }

    func refuseContradictions() throws {
        let both: [String] = set.flatMap { new in
            removed.filter { $0["key"] == new["key"] && ($0["effect"] == nil || $0["effect"] == new["effect"]) }
        }.map { "\($0.text(at: "key"))=\($0.text(at: "effect"))" }
        if !both.isEmpty {
            throw Failure("can not both modify and remove the following taint(s) in the same command: \(both.joined(separator: ", "))")
        }
    }

    /// The node's new taints and what was done.
    func applied(to node: Manifest, _ overwrite: Bool) throws -> (taints: [JSON], done: String) {
        let old: [JSON] = node.json.list("spec", "taints")
        if !overwrite {
            let present: [JSON] = old.filter { one in set.contains { Self.isSame($0, one) } }
            if !present.isEmpty {
                throw Failure(
                    "node \(node.name) already has \(present.map { $0.text(at: "key") }.joined(separator: ",")) taint(s) with same effect(s) and --overwrite is false"
                )
            }
        }
        var new: [JSON] = set
        for taint in old where !new.contains(where: { Self.isSame($0, taint) }) { new.append(taint) }
        let isAdded: Bool = old.count != new.count
        var isDeleted: Bool = false
        var failures = Failures()
        for taint in removed {
            let before: Int = new.count
            new.removeAll { $0["key"] == taint["key"] && (taint["effect"] == nil || $0["effect"] == taint["effect"]) }
            if new.count == before { failures.add(Failure("taint \(JSON.quoted(Self.text(taint))) not found")) } else { isDeleted = true }
        }
        try failures.throwIfAny()
        return (new, (isAdded && isDeleted) || overwrite ? "modified" : isAdded ? "tainted" : "untainted")
    }
}
