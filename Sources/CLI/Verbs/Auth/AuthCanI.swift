import API
import Client
import Machinery

/// `auth can-i`: asks whether something is allowed.
package struct AuthCanI: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "auth can-i", abstract: "Ask whether something is allowed.",
        usage: "swkube auth can-i VERB (TYPE | TYPE/NAME | URL) [flags]")

    @Argument(help: "What to do and with what: get pods", value: "word")
    var words: [String] = []

    @Flag("all-namespaces", "A", help: "Ask for all namespaces.")
    var allNamespaces = false

    @Flag("list", help: "Show all that is allowed.")
    var list = false

    @Flag("no-headers", help: "With --list: leave the header of the table out.")
    var noHeaders = false

    @Flag("quiet", "q", help: "Show nothing: the exit code tells.")
    var quiet = false

    @Option("subresource", help: "A part of the object: log, scale.", value: "name")
    var subresource: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    private static let resourceVerbs: Set<String> = [
        "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind", "impersonate", "*", "approve",
        "sign",
        "escalate", "attest",
    ]
    private static let pathVerbs: Set<String> = ["get", "put", "post", "head", "options", "delete", "patch", "*"]

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        if list { return try await showAll(session) }
        guard words.count == 2 else {
            throw Failure(
                "you must specify two arguments: verb resource or verb resource/resourceName.\nSee '\(CLI.program) auth can-i -h' for help and examples."
            )
        }
        var spec: JSON
        if words[1].hasPrefix("/") {
            if subresource?.isEmpty == false { throw Failure("--subresource can not be used with NonResourceURL") }
            if !Self.pathVerbs.contains(words[0]) { shell.output.warn("verb '\(words[0])' is not a known verb\n") }
            spec = ["nonResourceAttributes": ["verb": .string(words[0]), "path": .string(words[1])]]
        } else {
            spec = ["resourceAttributes": try await attributes(session)]
        }
        if noHeaders { throw Failure("--no-headers cannot be set without --list specified") }
        let review: JSON = ["apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec]
        let answer: JSON = try await session.send(
            APIRequest(.create, SelfSubjectAccessReview.names.resource, body: review.serialized()))
        let isAllowed: Bool = answer[["status", "allowed"]]?.bool ?? false
        if !quiet {
            let reasons: [String] = [answer.text(at: "status", "reason"), answer.text(at: "status", "evaluationError")].filter {
                !$0.isEmpty
            }
            shell.output.line(isAllowed ? "yes" : (["no"] + reasons).joined(separator: " - "))
        }
        if !isAllowed { throw Failure.silent() }
        try session.finish()
    }

    private func attributes(_ session: Session) async throws -> JSON {
        let parts: [Substring] = words[1].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let word = String(parts[0])
        var attributes: JSON = ["verb": .string(words[0])]
        if word == "*" {
            attributes["resource"] = "*"
        } else if let resource = try await session.catalog.find(word) {
            attributes["group"] = .string(resource.resource.group)
            attributes["resource"] = .string(resource.resource.resource)
            if !allNamespaces, !resource.isNamespaced {
                let group: String = resource.resource.group.isEmpty ? "" : " in group '\(resource.resource.group)'"
                session.output.warn("resource '\(resource.resource.resource)' is not namespace scoped\(group)\n")
            }
        } else {
            if !["users", "groups"].contains(word.lowercased()) {
                let name: [Substring] = word.lowercased().split(separator: ".", maxSplits: 1)
                let group: String = name.count > 1 ? " in group '\(name[1])'" : ""
                session.output.warn("the server doesn't have a resource type '\(name.first ?? "")'\(group)\n")
            }
            attributes["resource"] = .string(word)
        }
        if !Self.resourceVerbs.contains(words[0]) { session.output.warn("verb '\(words[0])' is not a known verb\n") }
        if !allNamespaces { attributes["namespace"] = .string(session.namespace) }
        if let subresource, !subresource.isEmpty { attributes["subresource"] = .string(subresource) }
        if parts.count > 1 { attributes["name"] = .string(String(parts[1])) }
        return attributes
    }

    private func showAll(_ session: Session) async throws {
        if !words.isEmpty { throw Failure("list option must be specified with no arguments") }
        if quiet || allNamespaces || subresource?.isEmpty == false {
            throw Failure("list option can't be specified with neither quiet, all-namespaces nor subresource options")
        }
        let review: JSON = [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": ["namespace": .string(session.namespace)],
        ]
        let answer: JSON = try await session.send(
            APIRequest(.create, SelfSubjectRulesReview.names.resource, body: review.serialized()))
        let status: JSON = answer["status"] ?? [:]
        if status["incomplete"] == true { session.output.warn("the list may be incomplete: \(status.text(at: "evaluationError"))") }
        var table = TabWriter.table
        if !noHeaders { table.line(["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]) }
        for rule in AccessRules.compact(status) { table.line(rule.cells) }
        session.output.write(table.rendered())
        try session.finish()
    }
}

/// Rules of RBAC as kubectl shows them: one resource a line, the verbs of equal ones together.
/// Source: k8s.io/kubectl/pkg/util/rbac and `CompactRules` of k8s.io/component-helpers.
enum AccessRules {
    struct Rule {
        var resources: [String] = []
        var groups: [String] = []
        var paths: [String] = []
        var names: [String] = []
        var verbs: [String] = []

        var cells: [String] {
            func list(_ texts: [String]) -> String { "[" + texts.joined(separator: " ") + "]" }
            var resource: String = resources.joined(separator: ".")
            if let group = groups.first, !group.isEmpty {
                let parts: [Substring] = resource.split(separator: "/", maxSplits: 1)
                resource = parts.first.map { "\($0).\(group)" + (parts.count > 1 ? "/\(parts[1])" : "") } ?? ""
            }
            return [resource, list(paths), list(names), list(verbs)]
        }

        /// The order of a table. Source: `SortableRuleSlice`: as the rule prints.
        fileprivate var order: String {
            func field(_ name: String, _ texts: [String]) -> String {
                texts.isEmpty ? "" : "\(name):[" + texts.map { JSON.quoted($0) }.joined(separator: ",") + "],"
            }
            return
                "&PolicyRule{Verbs:[\(verbs.joined(separator: " "))],APIGroups:[\(groups.joined(separator: " "))],Resources:[\(resources.joined(separator: " "))],"
                + "ResourceNames:[\(names.joined(separator: " "))],NonResourceURLs:[\(paths.joined(separator: " "))],}"
        }
    }

    /// From the status of a SelfSubjectRulesReview, or the rules of a role.
    static func compact(_ status: JSON) -> [Rule] { compact(status.list("resourceRules") + status.list("nonResourceRules")) }

    static func compact(_ rules: [JSON]) -> [Rule] {
        func texts(_ rule: JSON, _ member: String) -> [String] { rule.list(member).compactMap(\.string) }
        var single: [Rule] = []
        for rule in rules {
            let verbs: [String] = texts(rule, "verbs")
            for group in texts(rule, "apiGroups") {
                for resource in texts(rule, "resources") {
                    let names: [String] = texts(rule, "resourceNames")
                    for name in names.isEmpty ? [nil] : names.map(Optional.some) {
                        single.append(Rule(resources: [resource], groups: [group], names: name.map { [$0] } ?? [], verbs: verbs))
                    }
                }
            }
            for path in texts(rule, "nonResourceURLs") { single.append(Rule(paths: [path], verbs: verbs)) }
        }
        var compacted: [Rule] = []
        for rule in single {
            if rule.paths.isEmpty,
                let index = compacted.firstIndex(where: {
                    $0.paths.isEmpty && $0.resources == rule.resources && $0.groups == rule.groups && $0.names == rule.names
                })
            {
                compacted[index].verbs += rule.verbs.filter { !compacted[index].verbs.contains($0) }
            } else {
                compacted.append(rule)
            }
        }
        return compacted.enumerated().sorted { one, other in
            let (left, right): (String, String) = (one.element.order, other.element.order)
            return left == right ? one.offset < other.offset : left < right
        }.map(\.element)
    }
}
