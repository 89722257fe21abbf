import API
import Client
import Machinery

/// `set serviceaccount`: sets the account that pods run as.
package struct SetServiceAccount: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "set serviceaccount", abstract: "Set the service account of a workload's pods.",
        usage: "swkube set serviceaccount (-f FILE | TYPE NAME) ACCOUNT [flags]", aliases: ["set sa"])

    @Argument(help: "Types and names, then the account.", value: "word")
    var words: [String] = []

    @OptionGroup var options: SetOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let change = SetChange(
            options: options, words: Array(words.dropLast()), what: "ServiceAccountName", done: "serviceaccount updated",
            sendsUnchanged: true, needsFiles: ObjectQuery.namesNothing)
        try change.validate()
        guard let account = words.last else { throw Failure("serviceaccount is required") }
        try await change.run(shell, try options.connection.session(shell)) { object in
            let path: [String] = try SetChange.requirePodSpec(object)
            var changed: JSON = object.json
            changed[path + ["serviceAccountName"]] = .string(account)
            return changed
        }
    }
}

/// `set selector`: sets the selector of a Service.
package struct SetSelectorVerb: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "set selector", abstract: "Set the selector of a Service.",
        usage: "swkube set selector (-f FILE | TYPE NAME) EXPRESSIONS [flags]")

    @Argument(help: "Types and names, then the selector.", value: "word")
    var words: [String] = []

    @Option("resource-version", help: "Change the object only at this revision.", value: "revision")
    var resourceVersion: String?

    @OptionGroup var options: SetOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let change = SetChange(
            options: options, words: Array(words.dropLast()), what: "selector", done: "selector updated", sendsUnchanged: true)
        try change.validate()
        guard let text = words.last else { throw Failure("one selector is required") }
        let labels: () throws -> JSONObject = { try Self.labels(text) }
        try await change.run(shell, try options.connection.session(shell)) { object in
            guard object.resource.kind == "Service" else {
                throw Failure("setting a selector is only supported for Services")
            }
            var changed: JSON = object.json
            changed[["spec", "selector"]] = .object(try labels())
            if let resourceVersion, !resourceVersion.isEmpty { changed[["metadata", "resourceVersion"]] = .string(resourceVersion) }
            return changed
        }
    }
}

extension SetSelectorVerb {
    /// Only equalities can stand in a Service.
    private static func labels(_ text: String) throws -> JSONObject {
        let match: LabelMatch
        do { match = try LabelMatch(parsing: text) } catch { throw Failure("\(error)") }
        var labels: JSONObject = [:]
        for requirement in match.requirements {
            switch requirement.operation {
            case .equals, .doubleEquals: labels[requirement.key] = .string(requirement.values.first ?? "")
            case .isIn:
                throw Failure(
                    "match expression [{\(requirement.key) In [\(requirement.values.joined(separator: " "))]}] not supported on this object"
                )
            default:
                throw Failure(
                    "match expression [{\(requirement.key) \(requirement.operation.rawValue) [\(requirement.values.joined(separator: " "))]}] not supported on this object"
                )
            }
        }
        return labels
    }
}

/// `set subject`: adds subjects to role bindings.
package struct SetSubject: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "set subject", abstract: "Add users, groups and service accounts to a role binding.",
        usage: "swkube set subject (-f FILE | TYPE NAME) [--user=NAME] [--group=NAME] [--serviceaccount=NAMESPACE:NAME] [flags]")

    @Argument(help: "Types and names: rolebinding/readers", value: "type or type/name")
    var words: [String] = []

    @OptionGroup var selection: SetSelector
    @OptionGroup var subjects: SubjectOptions
    @OptionGroup var options: SetOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let change = SetChange(
            options: options, words: words, selector: selection.selector, what: "subjects to rolebinding", done: "subjects updated")
        try change.validate()
        let users: [String] = options.connection.user
        if users.isEmpty, subjects.group.isEmpty, subjects.serviceaccount.isEmpty {
            throw Failure("you must specify at least one value of user, group or serviceaccount")
        }
        for account in subjects.accounts {
            let parts: [Substring] = account.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count != 2 { throw Failure("serviceaccount must be <namespace>:<name>") }
            if parts[1].isEmpty { throw Failure("serviceaccount must be <namespace>:<name>") }
        }
        var connection: ConnectionOptions = options.connection
        connection.user = []
        let session: Session = try connection.session(shell)
        let wanted: [JSON] = try subjects.json(users: users)
        try await change.run(shell, session) { object in
            guard ["RoleBinding", "ClusterRoleBinding"].contains(object.resource.kind) else {
                throw Failure(
                    "\(object.resource.resource.resource)/\(object.name) setting subjects is only supported for RoleBinding/ClusterRoleBinding"
                )
            }
            var present: [JSON] = object.json["subjects"]?.array ?? []
            for subject in wanted where !present.contains(subject) { present.append(subject) }
            var changed: JSON = object.json
            changed["subjects"] = .array(present)
            return changed
        }
    }
}

/// Who is bound to a role.
package struct SubjectOptions: FlagGroup {
    @Option("group", help: "A group; may be repeated.", value: "name")
    var group: [String] = []

    @Option("serviceaccount", help: "A service account; may be repeated.", value: "namespace:name")
    var serviceaccount: [String] = []

    package init() {}

    var accounts: [String] { serviceaccount.flatMap { $0.split(separator: ",").map(String.init) } }

    /// Subjects as a binding has them. Users come from `--user`, which is no user of the kubeconfig here.
    func json(users: [String]) throws -> [JSON] {
        func named(_ kind: String, _ names: [String]) -> [JSON] {
            names.flatMap { $0.split(separator: ",") }.map {
                ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": .string(String($0))]
            }
        }
        return named("User", users) + named("Group", group)
            + (try accounts.map { account in
                let parts: [Substring] = account.split(separator: ":", omittingEmptySubsequences: false)
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                    throw Failure("serviceaccount must be <namespace>:<name>")
                }
                return ["kind": "ServiceAccount", "name": .string(String(parts[1])), "namespace": .string(String(parts[0]))]
            })
    }
}
