import API
import Client
import Machinery

/// `api-resources`: the kinds that the server knows.
package struct APIResources: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "api-resources", abstract: "Show the types of objects that the server knows.", usage: "swkube api-resources [flags]")

    @Argument(isHidden: true)
    var words: [String] = []

    @Option("api-group", help: "Only this API group.", value: "group")
    var group: String?

    @Flag("namespaced", help: "Only types with namespace (or, with =false, without).")
    var namespaced: Bool?

    @Option("verbs", help: "Only types that can do all of these, such as list,get.", value: "verbs")
    var verbs: String?

    @Option("categories", help: "Only types of these categories, such as all.", value: "names")
    var categories: String?

    @Option("sort-by", help: "Sort by name or kind.", value: "field")
    var sortBy: String?

    @Flag("no-headers", help: "Leave the header of the table out.")
    var noHeaders = false

    @Flag("cached", help: "Taken for kubectl's sake: the server is asked each time.", isHidden: true)
    var cached = false

    @Flag("show-managed-fields", help: "As in kubectl: nothing here has any.", isHidden: true)
    var showManagedFields = false

    @Option("output", "o", help: "Form of output: wide, name, json or yaml.", value: "format")
    var output: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if !words.isEmpty {
            throw Failure(
                "unexpected arguments: [\(words.joined(separator: " "))]\nSee '\(CLI.program) api-resources -h' for help and examples")
        }
        let format = try OutputFormat(output)
        if let sortBy, sortBy != "name", sortBy != "kind" { throw Failure("--sort-by accepts only name or kind") }
        let session: Session = try connection.session(shell)
        var resources: [APIResource] = []
        var seen: Set<String> = []
        for version in try await session.catalog.groups() {
            // Only the preferred version of a resource is shown.
            for resource in version.resources where seen.insert(resource.qualified).inserted && isWanted(resource) {
                resources.append(resource)
            }
        }
        switch sortBy {
        case "kind": resources.sort { ($0.kind, $0.resource.resource) < ($1.kind, $1.resource.resource) }
        case "name": resources.sort { ($0.resource.resource, $0.kind) < ($1.resource.resource, $1.kind) }
        default: resources.sort { ($0.resource.group, $0.resource.resource) < ($1.resource.group, $1.resource.resource) }
        }
        switch format {
        case .name: for resource in resources { shell.output.line(resource.qualified) }
        case .human(let isWide): shell.output.write(table(resources, isWide))
        case .json, .yaml, .kyaml:
            var printer = ObjectPrinter(format, shell.output)
            try printer.print(
                [
                    "apiVersion": "v1", "groupVersion": "", "kind": "APIResourceList",
                    "resources": .array(resources.map(Self.json)),
                ], nil)
        case .jsonPath, .jsonPathAsJSON, .customColumns, .goTemplate:
            throw Failure(
                "unable to match a printer suitable for the output format \(JSON.quoted(output ?? "")), allowed formats are: "
                    + "json,kyaml,name,wide,yaml")
        }
    }

    private func isWanted(_ resource: APIResource) -> Bool {
        if let group, resource.resource.group != group { return false }
        if let namespaced, resource.isNamespaced != namespaced { return false }
        if let verbs, !verbs.split(separator: ",").allSatisfy({ resource.can(String($0)) }) { return false }
        if let categories, !categories.split(separator: ",").allSatisfy({ resource.categories.contains(String($0)) }) { return false }
        return !resource.verbs.isEmpty
    }

    private func table(_ resources: [APIResource], _ isWide: Bool) -> String {
        var writer = TabWriter.table
        if !noHeaders {
            writer.line(["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"] + (isWide ? ["VERBS", "CATEGORIES"] : []))
        }
        for resource in resources {
            writer.line(
                [
                    resource.resource.resource, resource.short.joined(separator: ","), resource.apiVersion, String(resource.isNamespaced),
                    resource.kind,
                ] + (isWide ? [resource.verbs.joined(separator: ","), resource.categories.joined(separator: ",")] : []))
        }
        return writer.rendered()
    }

    private static func json(_ resource: APIResource) -> JSON {
        var json: JSON = [
            "name": .string(resource.resource.resource), "singularName": .string(resource.singular),
            "namespaced": .bool(resource.isNamespaced),
            "kind": .string(resource.kind), "group": .string(resource.resource.group), "version": .string(resource.resource.version),
            "verbs": .array(resource.verbs.map { .string($0) }),
        ]
        // What Go leaves out when there is none.
        for (member, words) in [("shortNames", resource.short), ("categories", resource.categories)] where !words.isEmpty {
            json[member] = .array(words.map { .string($0) })
        }
        if resource.resource.group.isEmpty { json["group"] = nil }
        return json
    }
}
