import Machinery

/// One method of one path.
struct OpenAPIOperation {
    typealias Kind = (group: String, version: String, kind: String)

    /// `x-kubernetes-action`
    let action: String
    let id: String
    let tag: String
    var kind: Kind
    /// The definition of the answer; nil for text.
    var answer: String?
    var body: String?
    var isBodyRequired: Bool = true
    var isPatch: Bool = false
    /// Whether the answer may be a stream of events.
    var isWatchable: Bool = false
    var isText: Bool = false
    /// A connection that is no request and answer.
    var isStream: Bool = false
    /// Of a custom resource, which has no protobuf form and no strategic merge.
    var isCustom: Bool = false
    var parameters: [OpenAPIParameter] = []
    var codes: [Int] = [200]

    init(action: String, id: String, tag: String, kind: Kind, answer: String?) {
        self.action = action
        self.id = id
        self.tag = tag
        self.kind = kind
        self.answer = answer
    }

    func json(_ dialect: OpenAPIDialect) -> JSON {
        var operation: JSONObject = ["description": .string(summary), "operationId": .string(id), "tags": [.string(tag)]]
        var parameters: [JSON] = self.parameters.map { $0.json(dialect) }
        switch dialect {
        case .version2:
            operation["consumes"] = .array((isPatch ? patchTypes : ["*/*"]).map { .string($0) })
            operation["produces"] = .array(produced.map { .string($0) })
            operation["schemes"] = ["https"]
            if let body {
                var parameter: JSONObject = ["name": "body", "in": "body", "schema": dialect.reference(body)]
                if isBodyRequired { parameter["required"] = true }
                parameters.insert(.object(parameter), at: 0)
            }
        case .version3:
            if let body {
                let types: [String] = isPatch ? patchTypes : ["*/*"]
                let content: [JSONObject.Member] = types.map {
                    JSONObject.Member(key: $0, value: ["schema": dialect.reference(body)])
                }
                operation["requestBody"] = ["content": .object(JSONObject(members: content))]
                if isBodyRequired { operation["requestBody"]?["required"] = true }
            }
        }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        operation["responses"] = responses(dialect)
        operation["x-kubernetes-action"] = .string(action)
        operation["x-kubernetes-group-version-kind"] = [
            "group": .string(kind.group), "kind": .string(kind.kind), "version": .string(kind.version),
        ]
        return .object(operation)
    }

    private func responses(_ dialect: OpenAPIDialect) -> JSON {
        let schema: JSON = answer.map { dialect.reference($0) } ?? ["type": "string"]
        var members: [JSONObject.Member] = codes.map { code in
            var response: JSONObject = ["description": .string(Self.texts[code] ?? "")]
            if dialect == .version2 {
                response["schema"] = schema
            } else {
                response["content"] = .object(
                    JSONObject(
                        members: produced.map {
                            JSONObject.Member(key: $0, value: ["schema": schema])
                        }))
            }
            return JSONObject.Member(key: String(code), value: .object(response))
        }
        members.append(JSONObject.Member(key: "401", value: ["description": "Unauthorized"]))
        return .object(JSONObject(members: members))
    }

    private var summary: String {
        switch action {
        case "list": "Lists or watches objects of kind \(kind.kind)."
        case "get": "Reads \(kind.kind)."
        case "post": "Creates \(kind.kind)."
        case "put": "Replaces \(kind.kind)."
        case "patch": "Changes parts of \(kind.kind)."
        case "delete": "Deletes \(kind.kind)."
        case "deletecollection": "Deletes all objects of kind \(kind.kind) that the selectors match."
        case "watch", "watchlist": "Watches \(kind.kind). Use a list with the parameter watch instead."
        default: "Connects to \(kind.kind)."
        }
    }

    private var produced: [String] {
        if isStream { return ["*/*"] }
        if isText { return ["text/plain"] + Self.types }
        if isCustom { return ["application/json", "application/yaml"] + (isWatchable ? ["application/json;stream=watch"] : []) }
        return isWatchable ? Self.types + Self.streamTypes : Self.types
    }

    private var patchTypes: [String] { isCustom ? Self.patchTypes.filter { !$0.contains("strategic") } : Self.patchTypes }

    private static let types: [String] = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
    private static let streamTypes: [String] = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"]
    private static let patchTypes: [String] = [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
    ]
    private static let texts: [Int: String] = [200: "OK", 201: "Created", 202: "Accepted"]
}
