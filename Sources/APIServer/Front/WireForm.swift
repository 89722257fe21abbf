package import API
import HTTP

/// What an answer stands on the wire as: what is shown of an object, what it is written in, and how.
package struct WireForm: Sendable {
    package enum Encoding: Sendable { case json, yaml, protobuf }

    package var representation: APIRequest.Representation = .object
    /// Tables and partial objects by the name that they had before version 1.15: meta.k8s.io/v1beta1.
    var hasBetaName = false
    package var encoding: Encoding = .json
    /// Indented JSON, for people.
    var isPretty = false
    /// Large answers are compressed.
    var isCompressed = false

    /// Indented JSON: what a client gets that accepts nothing of what there is.
    static let raw = WireForm(isPretty: true)

    /// Whether it takes milliseconds to bring a document, in pieces of JSON, to this form.
    func isLaborious(_ json: [ArraySlice<UInt8>]) -> Bool {
        guard encoding != .json || isPretty || isCompressed || hasBetaName else { return false }
        return json.reduce(0) { $0 + $1.count } > 64 * 1024
    }
}

extension HTTPRequest {
    /// People ask for indented JSON, and programs that people look at get it unasked. Source: `isPrettyPrint` in the API server.
    var asksForPretty: Bool {
        if let value = option("pretty"), !value.isEmpty { return ["1", "t", "T", "TRUE", "true", "True"].contains(value) }
        guard let agent = headers["user-agent"] else { return false }
        return agent.hasPrefix("curl") || agent.hasPrefix("Wget") || agent.hasPrefix("Mozilla/5.0")
    }

    /// The value of an option in the query.
    func option(_ name: String) -> String? {
        guard let query, query.contains(name) else { return nil }
        return PercentEncoding.items(of: query)?.first { $0.name == name }?.value
    }

    /// Whether the client can read gzip.
    var acceptsGzip: Bool {
        guard let accepted = headers["accept-encoding"] else { return false }
        return accepted.split(separator: ",").contains { $0.prefix { $0 != ";" }.trimmingSpaces() == "gzip" }
    }
}
