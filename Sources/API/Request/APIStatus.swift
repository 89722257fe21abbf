package import Machinery

/// What the API answers when a request did not succeed: the `Status` object of meta/v1.
///
/// Reasons, codes and texts are those of Kubernetes. Source: k8s.io/apimachinery/pkg/api/errors.
package struct APIStatus: Error, Sendable, Equatable, CustomStringConvertible {
    package struct Cause: Sendable, Equatable {
        package let reason: String
        package let message: String
        package let field: String

        package init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    package struct Details: Sendable, Equatable {
        package var name = ""
        package var group = ""
        /// The resource, or the kind for problems of the object itself.
        package var kind = ""
        package var uid = ""
        package var causes: [Cause] = []
        package var retryAfterSeconds = 0

        package init() {}
    }

    package var code: Int
    package var reason: String
    package var message: String
    package var details: Details?
    /// Of a list whose `continue` token is too old: a token that goes on with the newest state.
    package var continueToken: String?
    /// Texts of the `Warning:` headers that come with it; no part of the Status.
    package var warnings: [String] = []

    package init(code: Int, reason: String, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    package var description: String { message }
}

extension APIStatus {
    package static func notFound(_ names: KindNames, _ name: String) -> APIStatus {
        notFound(group: names.group, resource: names.plural, name)
    }

    package static func notFound(group: String, resource: String, _ name: String) -> APIStatus {
        about(404, "NotFound", "\(qualified(resource, group)) \"\(name)\" not found", group, resource, name)
    }

    /// No such path or resource.
    package static let pathNotFound = APIStatus(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: Details())

    package static func alreadyExists(_ names: KindNames, _ name: String) -> APIStatus {
        about(409, "AlreadyExists", "\(names.qualifiedResource) \"\(name)\" already exists", names.group, names.plural, name)
    }

    /// All names that were generated for an object were taken.
    package static func noUniqueName(_ names: KindNames, _ name: String) -> APIStatus {
        var status: APIStatus = alreadyExists(names, name)
        status.message += ", the server was not able to generate a unique name for the object"
        return status
    }

    /// The stored revision moved on, or a precondition failed.
    package static func conflict(_ names: KindNames, _ name: String, _ why: String = staleVersion) -> APIStatus {
        about(
            409, "Conflict", "Operation cannot be fulfilled on \(names.qualifiedResource) \"\(name)\": \(why)", names.group,
            names.plural, name)
    }

    package static let staleVersion =
        "the object has been modified; please apply your changes to the latest version and try again"

    /// Everything that is wrong with an object.
    package static func invalid(_ names: KindNames, _ name: String, _ problems: Problems) -> APIStatus {
        let kind: String = names.group.isEmpty ? names.kind : names.kind + "." + names.group
        let texts: [String] = problems.all.map(\.description)
        let list: String = texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
        var status = about(422, "Invalid", "\(kind) \"\(name)\" is invalid: \(list)", names.group, names.kind, name)
        status.details?.causes = problems.all.map { Cause(reason: $0.kind.rawValue, message: $0.message, field: $0.path) }
        return status
    }

    package static func badRequest(_ message: String) -> APIStatus {
        APIStatus(code: 400, reason: "BadRequest", message: message)
    }

    package static let unauthorized = APIStatus(code: 401, reason: "Unauthorized", message: "Unauthorized")

    package static func forbidden(_ names: KindNames, _ name: String, _ why: String) -> APIStatus {
        forbidden(group: names.group, resource: names.plural, name, why)
    }

    package static func forbidden(group: String, resource: String, _ name: String, _ why: String) -> APIStatus {
        let what: String = qualified(resource, group)
        let message: String = name.isEmpty ? "\(what) is forbidden: \(why)" : "\(what) \"\(name)\" is forbidden: \(why)"
        return about(403, "Forbidden", message, group, resource, name)
    }

    /// No such method on this path.
    package static let pathMethodNotAllowed = APIStatus(
        code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource",
        details: Details())

    package static func notAcceptable(_ supported: String) -> APIStatus {
        APIStatus(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: \(supported)")
    }

    package static func unsupportedMediaType(_ supported: String) -> APIStatus {
        APIStatus(
            code: 415, reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - accepted media types include: \(supported)")
    }

    /// The history that was asked for is compacted.
    package static func expired(_ message: String) -> APIStatus {
        APIStatus(code: 410, reason: "Expired", message: message)
    }

    package static func tooManyRequests(_ message: String, retryAfterSeconds: Int) -> APIStatus {
        var details = Details()
        details.retryAfterSeconds = retryAfterSeconds
        return APIStatus(code: 429, reason: "TooManyRequests", message: message, details: details)
    }

    package static func requestTooLarge(_ message: String) -> APIStatus {
        APIStatus(code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: " + message)
    }

    package static func internalError(_ message: String) -> APIStatus {
        var details = Details()
        details.causes = [Cause(reason: "", message: message, field: "")]
        return APIStatus(code: 500, reason: "InternalError", message: "Internal error occurred: " + message, details: details)
    }

    /// A failure that upstream has no reason for: its text, and nothing else.
    ///
    /// Source: `ErrorToAPIStatus` of k8s.io/apiserver/pkg/endpoints/handlers/responsewriters.
    package static func unnamed(_ message: String) -> APIStatus { APIStatus(code: 500, reason: "", message: message) }

    package var isNotFound: Bool { reason == "NotFound" }
    package var isConflict: Bool { reason == "Conflict" }
    package var isAlreadyExists: Bool { reason == "AlreadyExists" }
    package var isExpired: Bool { reason == "Expired" || reason == "Gone" }

    private static func qualified(_ resource: String, _ group: String) -> String { group.isEmpty ? resource : resource + "." + group }

    private static func about(
        _ code: Int, _ reason: String, _ message: String, _ group: String, _ kind: String, _ name: String
    ) -> APIStatus {
        var details = Details()
        details.name = name
        details.group = group
        details.kind = kind
        return APIStatus(code: code, reason: reason, message: message, details: details)
    }
}
