import API
import Client
import Machinery

/// `auth reconcile`: brings roles and bindings up to their manifests, and takes nothing away unless told.
package struct AuthReconcile: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "auth reconcile", abstract: "Bring roles and bindings up to their manifests.",
        usage: "swkube auth reconcile -f FILE [flags]")

    @Argument(isHidden: true)
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("remove-extra-permissions", help: "Remove what roles allow beyond their manifests.")
    var removeExtraPermissions = false

    @Flag("remove-extra-subjects", help: "Remove subjects of bindings beyond their manifests.")
    var removeExtraSubjects = false

    @OptionGroup var dryRunOptions: DryRunOptions
    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if !words.isEmpty { throw Failure("no arguments are allowed") }
        let dryRun: DryRun = try dryRunOptions.value()
        if case .server = dryRun { throw Failure("--dry-run=server for command reconcile is not supported yet") }
        if try files.paths().isEmpty { throw Failure("must specify one of -f and -k") }
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let session: Session
        do { session = try connection.session(shell) } catch {
            // As kubectl: the files are looked for before the user, but after context and cluster.
            if let error = error as? KubeconfigError, error.otherWords == nil { try ManifestReader.checkPresence(try files.paths()) }
            throw error
        }
        let query = ObjectQuery(session: session, files: try files.manifests(), isLatest: false)
        let writer = ObjectWriter(session: session, dryRun: dryRun, fieldManager: "kubectl")
        try await query.visit { object in
            guard object.resource.resource.group == "rbac.authorization.k8s.io", object.resource.resource.version == "v1" else {
                if object.resource.resource.group == "rbac.authorization.k8s.io" {
                    throw Failure(
                        "only rbac.authorization.k8s.io/v1 is supported: not *\(GoForm.type(object.resource))")
                }
                return
            }
            var plan = RBACReconciliation(wanted: object.json, isRole: object.resource.kind.hasSuffix("Role"))
            plan.removesExtra = plan.isRole ? removeExtraPermissions : removeExtraSubjects
            do {
                plan.existing = try await session.send(
                    APIRequest(.get, object.resource.resource, namespace: object.namespace, name: object.name))
            } catch let status as APIStatus where status.isNotFound {
                plan.existing = nil
            }
            let outcome: RBACReconciliation.Outcome = plan.outcome()
            var result: JSON = outcome.object
            if dryRun.reachesServer {
                switch outcome.operation {
                case .none: break
                case .create: result = try await writer.create(object, outcome.object)
                case .update: result = try await writer.replace(object, outcome.object)
                case .recreate:
                    _ = try await session.send(
                        APIRequest(.delete, object.resource.resource, namespace: object.namespace, name: object.name))
                    result = try await writer.create(object, outcome.object)
                }
            }
            try printer.print(result, object.resource, done: "reconciled", suffix: dryRun.suffix)
            tell(outcome, shell)
        }
        try session.finish()
    }

    private func tell(_ outcome: RBACReconciliation.Outcome, _ shell: Shell) {
        guard outcome.operation != .none else { return }
        shell.output.note("\treconciliation required \(outcome.operation.rawValue)")
        func list(_ title: String, _ lines: [String]) {
            guard !lines.isEmpty else { return }
            shell.output.note("\t\(title):")
            for line in lines { shell.output.note("\t\t\(line)") }
        }
        list("missing rules added", outcome.missingRules.map(RBACReconciliation.text(ofRule:)))
        if removeExtraPermissions { list("extra rules removed", outcome.extraRules.map(RBACReconciliation.text(ofRule:))) }
        list("missing subjects added", outcome.missingSubjects.map(RBACReconciliation.text(ofSubject:)))
        if removeExtraSubjects { list("extra subjects removed", outcome.extraSubjects.map(RBACReconciliation.text(ofSubject:))) }
    }
}

/// What has to happen to one role or binding. Source: k8s.io/component-helpers/auth/rbac/reconciliation.
struct RBACReconciliation {
    enum Operation: String { case none, create, update, recreate }

    struct Outcome {
        var operation: Operation
        var object: JSON
        var missingRules: [JSON] = []
        var extraRules: [JSON] = []
        var missingSubjects: [JSON] = []
        var extraSubjects: [JSON] = []
    }

    let wanted: JSON
    let isRole: Bool
    var existing: JSON?
    var removesExtra: Bool = false

    func outcome() -> Outcome {
        guard let existing else {
            var outcome = Outcome(operation: .create, object: wanted)
            outcome.missingRules = wanted.list("rules")
            outcome.missingSubjects = wanted.list("subjects")
            return outcome
        }
        if !isRole, wanted["roleRef"] != existing["roleRef"] {
            return Outcome(operation: .recreate, object: wanted)
        }
        var outcome = Outcome(operation: .none, object: existing)
        for member in ["labels", "annotations"] {
            for pair in wanted[["metadata", member]]?.object ?? [:] where existing[["metadata", member, pair.key]] != pair.value {
                outcome.object[["metadata", member, pair.key]] = pair.value
                outcome.operation = .update
            }
        }
        if isRole { reconcileRules(existing, &outcome) } else { reconcileSubjects(existing, &outcome) }
        return outcome
    }

    private func reconcileRules(_ existing: JSON, _ outcome: inout Outcome) {
        let (have, want): ([JSON], [JSON]) = (existing.list("rules"), wanted.list("rules"))
        outcome.missingRules = want.flatMap(Self.single).filter { rule in !have.contains { Self.covers($0, rule) } }
        outcome.extraRules = have.flatMap(Self.single).filter { rule in !want.contains { Self.covers($0, rule) } }
        if !removesExtra, !outcome.missingRules.isEmpty {
            outcome.object["rules"] = .array(have + outcome.missingRules)
            outcome.operation = .update
        }
        if removesExtra, !outcome.missingRules.isEmpty || !outcome.extraRules.isEmpty {
            outcome.object["rules"] = .array(want)
            outcome.operation = .update
        }
    }

    private func reconcileSubjects(_ existing: JSON, _ outcome: inout Outcome) {
        let (have, want): ([JSON], [JSON]) = (existing.list("subjects"), wanted.list("subjects"))
        func isSame(_ one: JSON, _ other: JSON) -> Bool {
            one["kind"] == other["kind"] && one["name"] == other["name"] && (one["namespace"] ?? "") == (other["namespace"] ?? "")
        }
        outcome.missingSubjects = want.filter { one in !have.contains { isSame($0, one) } }
        outcome.extraSubjects = have.filter { one in !want.contains { isSame($0, one) } }
        if !removesExtra, !outcome.missingSubjects.isEmpty {
            outcome.object["subjects"] = .array(have + outcome.missingSubjects)
            outcome.operation = .update
        }
        if removesExtra, !outcome.missingSubjects.isEmpty || !outcome.extraSubjects.isEmpty {
            outcome.object["subjects"] = .array(want)
            outcome.operation = .update
        }
    }

    /// One verb and one resource each.
    private static func single(_ rule: JSON) -> [JSON] {
        var rules: [JSON] = []
        let names: [JSON?] = rule.list("resourceNames").isEmpty ? [nil] : rule.list("resourceNames").map(Optional.some)
        for group in rule.list("apiGroups") {
            for resource in rule.list("resources") {
                for verb in rule.list("verbs") {
                    for name in names {
                        var one: JSON = ["verbs": [verb], "apiGroups": [group], "resources": [resource]]
                        if let name { one["resourceNames"] = [name] }
                        rules.append(one)
                    }
                }
            }
        }
        for path in rule.list("nonResourceURLs") {
            for verb in rule.list("verbs") { rules.append(["verbs": [verb], "nonResourceURLs": [path]]) }
        }
        return rules
    }

    private static func covers(_ rule: JSON, _ wanted: JSON) -> Bool {
        func has(_ member: String, isOpen: Bool = false) -> Bool {
            let (have, want): ([JSON], [JSON]) = (rule.list(member), wanted.list(member))
            if isOpen, have.isEmpty { return true }
            return want.allSatisfy { have.contains($0) || have.contains("*") }
        }
        return has("verbs") && has("apiGroups") && has("resources") && has("nonResourceURLs")
            && (wanted.list("resourceNames").isEmpty ? rule.list("resourceNames").isEmpty : has("resourceNames", isOpen: true))
    }

    /// As `%+v` shows the struct.
    static func text(ofRule rule: JSON) -> String {
        func list(_ member: String) -> String { "[" + rule.list(member).map(GoText.of).joined(separator: " ") + "]" }
        return "{Verbs:\(list("verbs")) APIGroups:\(list("apiGroups")) Resources:\(list("resources")) "
            + "ResourceNames:\(list("resourceNames")) NonResourceURLs:\(list("nonResourceURLs"))}"
    }

    static func text(ofSubject subject: JSON) -> String {
        "{Kind:\(subject.text(at: "kind")) APIGroup:\(subject.text(at: "apiGroup")) Name:\(subject.text(at: "name")) "
            + "Namespace:\(subject.text(at: "namespace"))}"
    }
}
