import Machinery

/// A parameter of a path or a query.
struct OpenAPIParameter: Sendable {
    let name: String
    let type: String
    let doc: String
    let isInPath: Bool

    init(_ name: String, _ type: String = "string", _ doc: String, isInPath: Bool = false) {
        self.name = name
        self.type = type
        self.doc = doc
        self.isInPath = isInPath
    }

    /// Version 2 keeps the parameters of lists in one place; those that clients look for in an operation stand there.
    func json(_ dialect: OpenAPIDialect) -> JSON {
        if dialect == .version2, Self.list.contains(where: { $0.name == name }) { return ["$ref": .string("#/parameters/" + name)] }
        return whole(dialect)
    }

    private func whole(_ dialect: OpenAPIDialect) -> JSON {
        var parameter: JSONObject = ["name": .string(name), "in": isInPath ? "path" : "query", "description": .string(doc)]
        if isInPath { parameter["required"] = true }
        return .object(dialect.typed(parameter, type))
    }

    /// `parameters` of version 2.
    static var shared: JSON {
        .object(JSONObject(members: list.map { JSONObject.Member(key: $0.name, value: $0.whole(.version2)) }).sorted())
    }

    static let objectName = OpenAPIParameter("name", "Name of the object.", path: true)
    static let namespace = OpenAPIParameter("namespace", "Namespace of the objects.", path: true)
    static let path = OpenAPIParameter("path", "Path behind the proxy.", path: true)
    static let logPath = OpenAPIParameter("logpath", "Path of the log, from the folder of logs.", path: true)
    static let pretty = OpenAPIParameter("pretty", "`true` indents the answer.")
    static let dryRun = OpenAPIParameter("dryRun", "`All` goes all the way, but stores nothing.")
    static let fieldManager = OpenAPIParameter("fieldManager", "Who owns what this request sets.")
    static let fieldValidation = OpenAPIParameter(
        "fieldValidation", "What becomes of unknown and duplicate fields: `Ignore`, `Warn` (the default) or `Strict`.")
    static let force = OpenAPIParameter("force", "boolean", "Takes fields from other managers instead of failing; for apply only.")
    static let gracePeriod = OpenAPIParameter("gracePeriodSeconds", "integer", "Seconds that the object gets to end by itself.")
    static let ignoreStoreErrors = OpenAPIParameter(
        "ignoreStoreReadErrorWithClusterBreakingPotential", "boolean", "Delete an object although it can't be read from the store.")
    static let orphanDependents = OpenAPIParameter(
        "orphanDependents", "boolean", "True keeps dependents. Give propagationPolicy instead.")
    static let propagation = OpenAPIParameter(
        "propagationPolicy", "What becomes of dependents: Orphan keeps them, Background deletes them after, Foreground before.")

    /// Of lists and watches.
    static let list: [OpenAPIParameter] = [
        OpenAPIParameter("allowWatchBookmarks", "boolean", "Ask for events of type BOOKMARK, that carry a revision only."),
        OpenAPIParameter("continue", "Token of the page before."),
        OpenAPIParameter("fieldSelector", "Only objects whose fields match."),
        OpenAPIParameter("labelSelector", "Only objects whose labels match."),
        OpenAPIParameter("limit", "integer", "Number of objects on a page, at most."),
        OpenAPIParameter("resourceVersion", "Revision to read at or to watch from."),
        OpenAPIParameter("resourceVersionMatch", "How resourceVersion is meant: `Exact` or `NotOlderThan`."),
        OpenAPIParameter("sendInitialEvents", "boolean", "Begin a watch with the objects that exist."),
        OpenAPIParameter("timeoutSeconds", "integer", "Seconds after which a list or watch ends."),
        OpenAPIParameter("watch", "boolean", "Report changes as they come instead of a list."),
    ]

    /// Of a delete.
    static let delete: [OpenAPIParameter] = [dryRun, gracePeriod, ignoreStoreErrors, orphanDependents, propagation]

    /// Of `pods/log`.
    static let log: [OpenAPIParameter] = [
        OpenAPIParameter("container", "Name of the container; needed when there are several."),
        OpenAPIParameter("follow", "boolean", "Go on with what is written from now on."),
        OpenAPIParameter("insecureSkipTLSVerifyBackend", "boolean", "Don't check the certificate of the kubelet."),
        OpenAPIParameter("limitBytes", "integer", "End after so many bytes."),
        OpenAPIParameter("previous", "boolean", "Of the container before the last restart."),
        OpenAPIParameter("sinceSeconds", "integer", "Only lines of the last seconds."),
        OpenAPIParameter("stream", "`All`, `Stdout` or `Stderr`."),
        OpenAPIParameter("tailLines", "integer", "Only the last lines."),
        OpenAPIParameter("timestamps", "boolean", "Begin each line with its time."),
    ]

    /// Of connections to a pod, by subresource.
    static func connection(_ subresource: String) -> [OpenAPIParameter] {
        let streams: [OpenAPIParameter] = [
            OpenAPIParameter("container", "Name of the container; the first when absent."),
            OpenAPIParameter("stderr", "boolean", "Carry standard error."), OpenAPIParameter("stdin", "boolean", "Carry standard input."),
            OpenAPIParameter("stdout", "boolean", "Carry standard output."), OpenAPIParameter("tty", "boolean", "Make a terminal."),
        ]
        switch subresource {
        case "exec": return [OpenAPIParameter("command", "Program and arguments, one parameter each.")] + streams
        case "attach": return streams
        case "portforward": return [OpenAPIParameter("ports", "integer", "Ports of the pod.")]
        default: return []
        }
    }

    private init(_ name: String, _ doc: String, path: Bool = false) { self.init(name, "string", doc, isInPath: path) }
}
