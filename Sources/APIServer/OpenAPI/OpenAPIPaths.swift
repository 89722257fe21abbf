import API
import Machinery

/// The paths of one resource with their operations.
struct OpenAPIPaths {
    private let dialect: OpenAPIDialect
    private let names: KindNames
    private let definition: String
    private let definitions: OpenAPIDefinitions
    private let ids: OpenAPINames
    private let isCustom: Bool

    init(_ dialect: OpenAPIDialect, _ type: ResourceType, _ definitions: OpenAPIDefinitions) {
        self.dialect = dialect
        names = type.names
        definition = type.schema.name
        self.definitions = definitions
        isCustom = type.custom != nil
        ids = OpenAPINames(group: type.names.group, version: type.names.version)
    }

    var members: [JSONObject.Member] {
        let root: String = names.resource.root
        let scope: String = names.isNamespaced ? "/namespaces/{namespace}" : ""
        let collection: String = root + scope + "/" + names.plural
        var paths: [JSONObject.Member] = [item(collection, collectionOperations)]
        if names.isNamespaced, has(.list) { paths.append(item("\(root)/\(names.plural)", [("get", listEverywhere)], isListing: true)) }
        paths.append(item(collection + "/{name}", objectOperations))
        for subresource in names.subresources { paths += subresourcePaths(subresource, collection + "/{name}/" + subresource.name) }
        if has(.watch) {
            if names.isNamespaced { paths.append(watch("\(root)/watch/\(names.plural)", "watchlist", kindList + "ForAllNamespaces")) }
            paths.append(watch("\(root)/watch\(scope)/\(names.plural)", "watchlist", scoped + kindList))
            paths.append(watch("\(root)/watch\(scope)/\(names.plural)/{name}", "watch", scoped + names.kind))
        }
        return paths.filter { !($0.value.object?.isEmpty ?? true) }
    }

    private var scoped: String { names.isNamespaced ? "Namespaced" : "" }
    private var kindList: String { names.listKind }
    private func has(_ verb: Verb) -> Bool { names.verbs.contains(verb) }

    // MARK: - Operations

    private var collectionOperations: [(String, OpenAPIOperation)] {
        var operations: [(String, OpenAPIOperation)] = []
        if has(.list) { operations.append(("get", listing("list" + ids.type + scoped + names.kind))) }
        if has(.create) {
            let id: String = "create" + ids.type + scoped + names.kind
            operations.append(("post", writing("post", id, body: definition, codes: [200, 201, 202])))
        }
        if has(.deletecollection) {
            var operation = self.operation("deletecollection", "delete\(ids.type)Collection\(scoped)\(names.kind)")
            operation.body = DeleteOptions.definition.schema.name
            operation.isBodyRequired = false
            operation.parameters =
                OpenAPIParameter.delete
                + OpenAPIParameter.list.filter {
                    $0.name != "allowWatchBookmarks" && $0.name != "watch"
                }
            operation.answer = OpenAPIMetaTypes.Status.definition.schema.name
            operations.append(("delete", operation))
        }
        return operations
    }

    private var objectOperations: [(String, OpenAPIOperation)] {
        var operations: [(String, OpenAPIOperation)] = []
        if has(.get) { operations.append(("get", reading("read" + ids.type + scoped + names.kind))) }
        if has(.update) {
            operations.append(("put", writing("put", "replace" + ids.type + scoped + names.kind, body: definition, codes: [200, 201])))
        }
        if has(.patch) { operations.append(("patch", patching("patch" + ids.type + scoped + names.kind))) }
        if has(.delete) {
            var operation = self.operation("delete", "delete" + ids.type + scoped + names.kind)
            operation.body = DeleteOptions.definition.schema.name
            operation.isBodyRequired = false
            operation.parameters = OpenAPIParameter.delete
            operation.answer = names.returnsDeleted ? definition : OpenAPIMetaTypes.Status.definition.schema.name
            operation.codes = [200, 202]
            operations.append(("delete", operation))
        }
        return operations
    }

    private var listEverywhere: OpenAPIOperation {
        var operation: OpenAPIOperation = listing("list" + ids.type + names.kind + "ForAllNamespaces")
        operation.parameters = []
        return operation
    }

    private func operation(_ action: String, _ id: String) -> OpenAPIOperation {
        var operation = OpenAPIOperation(
            action: action, id: id, tag: ids.tag, kind: (names.group, names.version, names.kind), answer: definition)
        operation.isCustom = isCustom
        return operation
    }

    private func listing(_ id: String) -> OpenAPIOperation {
        var operation = self.operation("list", id)
        operation.parameters = OpenAPIParameter.list
        operation.answer = definition + "List"
        operation.isWatchable = true
        return operation
    }

    private func reading(_ id: String) -> OpenAPIOperation { operation("get", id) }

    private func writing(_ action: String, _ id: String, body: String, codes: [Int]) -> OpenAPIOperation {
        var operation = self.operation(action, id)
        operation.body = body
        operation.parameters = [.dryRun, .fieldManager, .fieldValidation]
        operation.codes = codes
        return operation
    }

    private func patching(_ id: String) -> OpenAPIOperation {
        var operation = self.operation("patch", id)
        operation.body = OpenAPIPrimitives.patch
        operation.isPatch = true
        operation.parameters = [.dryRun, .fieldManager, .fieldValidation, .force]
        operation.codes = [200, 201]
        return operation
    }

    // MARK: - Subresources

    private func subresourcePaths(_ subresource: Subresource, _ path: String) -> [JSONObject.Member] {
        let suffix: String = scoped + names.kind + ids.capitalized(subresource.name)
        guard !subresource.kind.hasSuffix("Options") else { return connectionPaths(subresource, path, suffix) }
        let apiVersion: String = subresource.apiVersion ?? names.apiVersion
        let answer: String = definitions.name(ofKind: subresource.kind, apiVersion: apiVersion) ?? definition
        var operations: [(String, OpenAPIOperation)] = []
        for verb in subresource.verbs {
            switch verb {
            case .get: operations.append(("get", reading("read" + ids.type + suffix)))
            case .update: operations.append(("put", writing("put", "replace" + ids.type + suffix, body: answer, codes: [200, 201])))
            case .patch: operations.append(("patch", patching("patch" + ids.type + suffix)))
            case .create:
                operations.append(("post", writing("post", "create" + ids.type + suffix, body: answer, codes: [200, 201, 202])))
            case .delete, .deletecollection, .list, .watch: break
            }
        }
        return [
            item(
                path,
                operations.map { method, operation in
                    var operation: OpenAPIOperation = operation
                    operation.answer = answer
                    operation.kind = kind(subresource)
                    if subresource.name == "log" {
                        operation.answer = nil
                        operation.isText = true
                        operation.parameters = OpenAPIParameter.log
                    }
                    return (method, operation)
                })
        ]
    }

    /// Streams to a pod, and proxies, which have a second path for what follows.
    private func connectionPaths(_ subresource: Subresource, _ path: String, _ suffix: String) -> [JSONObject.Member] {
        let isProxy: Bool = subresource.name == "proxy"
        let methods: [String] = isProxy ? ["delete", "get", "head", "options", "patch", "post", "put"] : ["get", "post"]
        func operations(_ end: String) -> [(String, OpenAPIOperation)] {
            methods.map { method in
                var operation = self.operation("connect", "connect" + ids.type + ids.capitalized(method) + suffix + end)
                operation.kind = kind(subresource)
                operation.answer = nil
                operation.isStream = true
                operation.parameters = OpenAPIParameter.connection(subresource.name)
                return (method, operation)
            }
        }
        guard isProxy else { return [item(path, operations(""))] }
        return [item(path, operations("")), item(path + "/{path}", operations("WithPath"))]
    }

    private func kind(_ subresource: Subresource) -> OpenAPIOperation.Kind {
        guard let apiVersion: String = subresource.apiVersion else { return (names.group, names.version, subresource.kind) }
        let parts: [Substring] = apiVersion.split(separator: "/")
        return (parts.count == 2 ? String(parts[0]) : "", parts.last.map(String.init) ?? "", subresource.kind)
    }

    // MARK: - Paths

    private func watch(_ path: String, _ action: String, _ suffix: String) -> JSONObject.Member {
        var operation = self.operation(action, "watch" + ids.type + suffix)
        operation.answer = OpenAPIMetaTypes.WatchEvent.definition.schema.name
        operation.isWatchable = true
        return item(path, [("get", operation)], isListing: true)
    }

    /// A path with its operations and the parameters that they share.
    private func item(_ path: String, _ operations: [(String, OpenAPIOperation)], isListing: Bool = false) -> JSONObject.Member {
        var members: [JSONObject.Member] = operations.map {
            JSONObject.Member(key: $0.0, value: $0.1.json(dialect))
        }
        guard !members.isEmpty else { return JSONObject.Member(key: path, value: .object([:])) }
        var parameters: [OpenAPIParameter] = isListing ? OpenAPIParameter.list : []
        let segments: [Substring] = path.split(separator: "/")
        for parameter in [OpenAPIParameter.objectName, .namespace, .path] where segments.contains("{\(parameter.name)}") {
            parameters.append(parameter)
        }
        if !operations.contains(where: { $0.1.isStream }) { parameters.append(.pretty) }
        members.append(JSONObject.Member(key: "parameters", value: .array(parameters.map { $0.json(dialect) })))
        return JSONObject.Member(key: path, value: .object(JSONObject(members: members)))
    }
}
