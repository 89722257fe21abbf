import API
import HTTP
import Machinery

/// Where a request came from, for the records of an audit and for traces.
package struct RequestOrigin: Sendable {
    /// See ``AuditID``.
    let id: String
    /// Path and query as sent.
    let uri: String
    let agent: String
    /// Of the client, and before it those that proxies say they stand for.
    let addresses: [String]
    /// Who sent it, where that one acts for another.
    let sender: UserInfo?
    /// The verb that allowed it; empty for the old one.
    let constraint: String
    /// What the sender's credentials tell the audit.
    let annotations: [(key: String, value: String)]
    /// The field of W3C Trace Context that came with it.
    let traceParent: String?

    init(_ request: HTTPRequest, id: String, _ notes: TokenNotes, _ identities: Identities? = nil) {
        self.id = id
        uri = request.path + (request.query.map { "?" + $0 } ?? "")
        agent = request.headers["user-agent"] ?? ""
        let forwarded: [String] = (request.headers["x-forwarded-for"] ?? "").split(separator: ",").map { String($0.trimmingSpaces()) }
        addresses = forwarded.filter { !$0.isEmpty && $0 != request.remoteAddress } + [request.remoteAddress]
        sender = identities?.sender
        constraint = identities?.constraint ?? ""
        annotations = notes.annotations
        traceParent = request.headers["traceparent"]
    }

    /// Of a part of the cluster in this process.
    init(_ request: APIRequest) {
        id = RandomUUID.text()
        uri = request.path
        agent = "swkube/" + (request.options.fieldManager ?? "internal")
        addresses = ["127.0.0.1"]
        sender = nil
        constraint = ""
        annotations = []
        traceParent = nil
    }
}
