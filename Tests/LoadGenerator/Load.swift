/// The requests of one kind of load.
struct Load: Sendable {
    /// Of the request with this number.
    let request: @Sendable (Int) -> (method: String, path: String, body: String, contentType: String)

    static let all: [String: Load] = [
        "create": Load { ("POST", maps, configMap("load-\($0)", payload), json) },
        "create-again": Load { ("POST", maps, configMap("again-\($0)", payload), json) },
        "create-watched": Load { ("POST", maps, configMap("watched-\($0)", payload), json) },
        "create-more": Load { ("POST", maps, configMap("more-\($0)", payload), json) },
        "create-many": Load { ("POST", maps, configMap("many-\($0)", payload), json) },
        "get": Load { ("GET", maps + "/load-\($0 % 1000)", "", json) },
        "update": Load { ("PUT", maps + "/load-\($0 % 1000)", configMap("load-\($0 % 1000)", "\($0)" + payload), json) },
        "patch": Load { ("PATCH", maps + "/load-\($0 % 1000)", #"{"data":{"k":"\#($0)\#(payload)"}}"#, "application/merge-patch+json") },
        "create-pod": Load { ("POST", pods, pod("pod-\($0)"), json) },
        "list-pods": Load { _ in ("GET", pods, "", json) },
    ]

    private static let json = "application/json"
    private static let maps = "/api/v1/namespaces/default/configmaps"
    private static let pods = "/api/v1/namespaces/default/pods"
    private static let payload = String(repeating: "x", count: 1024)

    private static func configMap(_ name: String, _ value: String) -> String {
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"},"data":{"k":"\#(value)"}}"#
    }

    /// A pod that no scheduler takes.
    private static func pod(_ name: String) -> String {
        let variables: String = (0..<20).map { #"{"name":"VARIABLE_\#($0)","value":"value"}"# }.joined(separator: ",")
        return #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)","labels":{"app":"bench"}},"spec":{"schedulerName":"nobody","#
            + #""containers":[{"name":"main","image":"host/sh","command":["sh","-c","sleep 1000"],"env":[\#(variables)],"#
            + #""resources":{"requests":{"cpu":"1m","memory":"1Mi"}}}]}}"#
    }
}
