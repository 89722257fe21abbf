package import Machinery

/// How to reach a webhook: by the address of a server outside, or by a Service of the cluster.
package struct WebhookClientConfig: Schema {
    package static let definition = Definition(
        WebhookClientConfig(), "admissionregistration.v1.WebhookClientConfig", "How to reach a webhook.")

    package let service = Field<WebhookServiceReference?>(
        "service", 1, "Service that the webhook runs behind. Give this or url.")
    package let caBundle = Field<Base64>(
        "caBundle", 2, "PEM of the authorities that may have signed the webhook's certificate; those of the system if absent.")
    package let url = Field<String?>("url", 3, "Where the webhook answers: https://host[:port]/path. Give this or service.")

    /// Source: `validateValidatingWebhook` of pkg/apis/admissionregistration/validation.
    package static func validate(_ config: View<WebhookClientConfig>, _ path: Path, _ problems: inout Problems) {
        switch (config.url, config.service) {
        case (nil, nil), (.some, .some): problems.required(path, "exactly one of url or service is required")
        case (let url?, nil): WebhookTarget.validateURL(url, path.child("url"), &problems)
        case (nil, let service?):
            WebhookTarget.validateService(
                name: service.name, namespace: service.namespace, path: service.path, port: service.port, path.child("service"), &problems)
        }
    }
}

/// The Service that a webhook runs behind.
package struct WebhookServiceReference: Schema {
    package static let definition = Definition(
        WebhookServiceReference(), "admissionregistration.v1.ServiceReference", "The Service that a webhook runs behind.")

    package let namespace = Field<String>("namespace", 1, "Namespace of the Service.", .always)
    package let name = Field<String>("name", 2, "Name of the Service.", .always)
    package let path = Field<String?>("path", 3, "Path that requests go to; / if absent.")
    package let port = Field<Int32>("port", 4, "Port of the Service; 443 if absent.", default: 443)
}

/// Where a webhook may be reached, with the texts of k8s.io/apiserver/pkg/util/webhook. Conversion webhooks have the same rules.
package enum WebhookTarget {
    package static func validateURL(_ text: String, _ path: Path, _ problems: inout Problems) {
        let form = "; desired format: https://host[/path]"
        let (scheme, authority, query, fragment) = parts(of: text)
        if scheme != "https" { problems.invalid(path, .string(scheme), "'https' is the only allowed URL scheme" + form) }
        let at: Substring.Index? = authority.lastIndex(of: "@")
        let host: Substring = at.map { authority[authority.index(after: $0)...] } ?? authority
        if host.isEmpty { problems.invalid(path, "", "host must be specified" + form) }
        if let at { problems.invalid(path, .string(String(authority[..<at])), "user information is not permitted in the URL") }
        if !fragment.isEmpty { problems.invalid(path, .string(String(fragment)), "fragments are not permitted in the URL") }
        if !query.isEmpty { problems.invalid(path, .string(String(query)), "query parameters are not permitted in the URL") }
    }

    /// - Parameter path: of the request; `here` is where the service stands in the object.
    package static func validateService(
        name: String, namespace: String, path: String?, port: Int, _ here: Path, _ problems: inout Problems
    ) {
        if name.isEmpty { problems.required(here.child("name"), "service name is required") }
        if namespace.isEmpty { problems.required(here.child("namespace"), "service namespace is required") }
        let wrong: [String] = Names.portNumber(port)
        if !wrong.isEmpty {
            problems.invalid(here.child("port"), .int(Int64(port)), "port is not valid: " + wrong.joined(separator: ","))
        }
        if let path { validatePath(path, here.child("path"), &problems) }
    }

    private static func validatePath(_ path: String, _ here: Path, _ problems: inout Problems) {
        guard path != "/", !path.isEmpty else { return }
        guard path != "//" else { return problems.invalid(here, .string(path), "segment[0] may not be empty") }
        if !path.hasPrefix("/") { problems.invalid(here, .string(path), "must start with a '/'") }
        var rest: Substring = path.dropFirst()
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        for (index, step) in rest.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
            if step.isEmpty {
                problems.invalid(here, .string(path), "segment[\(index)] may not be empty")
                continue
            }
            for detail in Names.dns1123Subdomain(String(step)) {
                problems.invalid(here, .string(path), "segment[\(index)]: \(detail)")
            }
        }
    }

    private static func parts(of text: String) -> (scheme: String, authority: Substring, query: Substring, fragment: Substring) {
        var rest: Substring = text[...]
        var fragment: Substring = ""
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "#") { (rest, fragment) = (rest[..<mark], rest[rest.index(after: mark)...]) }
        if let mark = rest.firstIndex(of: "?") { (rest, query) = (rest[..<mark], rest[rest.index(after: mark)...]) }
        var scheme = ""
        if let mark = rest.firstIndex(of: ":"), !rest[..<mark].contains("/") {
            scheme = rest[..<mark].lowercased()
            rest = rest[rest.index(after: mark)...]
        }
        guard rest.hasPrefix("//") else { return (scheme, "", query, fragment) }
        rest = rest.dropFirst(2)
        return (scheme, rest.prefix { $0 != "/" }, query, fragment)
    }
}
