import HTTP

/// The words by which HTTP becomes SPDY/3.1. Source: k8s.io/apimachinery/pkg/util/httpstream.
enum SPDYUpgrade {
    static func isAsked(_ headers: HTTPHeaders) -> Bool {
        headers["upgrade"]?.lowercased() == "spdy/3.1"
            && headers.all("connection").contains { $0.lowercased().split(separator: ",").contains { $0.trimmed == "upgrade" } }
    }

    /// The answer that agrees, and what was agreed on: the first protocol of the client's that is served.
    static func agreement(to headers: HTTPHeaders, serving served: [String]) throws(Refusal) -> (headers: HTTPHeaders, name: String) {
        let offered: [String] = headers.all("x-stream-protocol-version")
        guard !offered.isEmpty else { throw Refusal(status: 400, text: "unable to upgrade: X-Stream-Protocol-Version is required") }
        guard let name = offered.first(where: { served.contains($0) }) else {
            throw Refusal(
                status: 403,
                text: "unable to upgrade: unable to negotiate protocol: client supports [\(offered.joined(separator: " "))], "
                    + "server accepts [\(served.joined(separator: " "))]")
        }
        return (["Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": name], name)
    }

    /// Why it cannot be.
    struct Refusal: Error {
        let status: Int
        let text: String
    }
}

extension Substring {
    fileprivate var trimmed: Substring { drop { $0 == " " }.prefix { $0 != " " } }
}
