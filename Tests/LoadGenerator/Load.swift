/// The requests of one kind of load.
struct Load: Sendable {
    /// Of the request with this number.
    let request: @Sendable (Int) -> (method: String, path: String, body: String, contentType: String)

    static let all: [String: Load] = [
        "create": Load { ("POST", maps, configMap("load-\($0)", payload), json) },
        "create-full": Load { ("POST", "/api/v1/namespaces/full/configmaps", configMap("full-\($0)", "x"), json) },
        "create-again": Load { ("POST", maps, configMap("again-\($0)", payload), json) },
        "create-watched": Load { ("POST", maps, configMap("watched-\($0)", payload), json) },
        "create-more": Load { ("POST", maps, configMap("more-\($0)", payload), json) },
        "create-many": Load { ("POST", maps, configMap("many-\($0)", payload), json) },
        "get": Load { ("GET", maps + "/load-\($0 % 1000)", "", json) },
        "update": Load { ("PUT", maps + "/load-\($0 % 1000)", configMap("load-\($0 % 1000)", "\($0)" + payload), json) },
        "patch": Load { ("PATCH", maps + "/load-\($0 % 1000)", #"{"data":{"k":"\#($0)\#(payload)"}}"#, "application/merge-patch+json") },
        "create-pod": Load { ("POST", pods, pod("pod-\($0)"), json) },
        "create-plain": Load { ("POST", pods, waiting("plain-\($0)", set: $0 % 10), json) },
        "create-spread": Load { ("POST", pods, waiting("spread-\($0)", set: $0 % 10, spread), json) },
        "create-affinity": Load { ("POST", pods, waiting("affinity-\($0)", set: $0 % 10, affinity), json) },
        "list-pods": Load { _ in ("GET", pods, "", json) },
    ]

    private static let json = "application/json"
    private static let maps = "/api/v1/namespaces/default/configmaps"
    private static let pods = "/api/v1/namespaces/default/pods"
    private static let payload = String(repeating: "x", count: 1024)

    private static func configMap(_ name: String, _ value: String) -> String {
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"},"data":{"k":"\#(value)"}}"#
    }

    /// A pod for simulated nodes, which waits for a scheduler that is called bench and begins long after it has a node.
    ///
    /// - Parameter set: number of the set that it belongs to.
    private static func waiting(_ name: String, set: Int, _ more: @Sendable (String) -> String = { _ in "" }) -> String {
        let annotations = #"{"swkube.dev/simulated-start":"24h"}"#
        let pods = #"{"matchLabels":{"app":"set-\#(set)"}}"#
        let rest: String = more(pods)
        return
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)","labels":{"app":"set-\#(set)"},"annotations":\#(annotations)},"#
            + #""spec":{"schedulerName":"bench",\#(rest)"#
            + #""containers":[{"name":"main","image":"host/sh","resources":{"requests":{"cpu":"10m","memory":"16Mi"}}}]}}"#
    }

    /// Evenly over the nodes.
    private static let spread: @Sendable (String) -> String = { pods in
        let constraint: String =
            #"{"maxSkew":5,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"DoNotSchedule","labelSelector":\#(pods)}"#
        return #""topologySpreadConstraints":[\#(constraint)],"#
    }

    /// Near to its set, and had rather be alone on its node.
    private static let affinity: @Sendable (String) -> String = { pods in
        let near: String = #"{"topologyKey":"kubernetes.io/os","labelSelector":\#(pods)}"#
        let far: String = #"{"weight":100,"podAffinityTerm":{"topologyKey":"kubernetes.io/hostname","labelSelector":\#(pods)}}"#
        return #""affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[\#(near)]},"#
            + #""podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[\#(far)]}},"#
    }

    /// A pod that no scheduler takes.
    private static func pod(_ name: String) -> String {
        let variables: String = (0..<20).map { #"{"name":"VARIABLE_\#($0)","value":"value"}"# }.joined(separator: ",")
        return #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)","labels":{"app":"bench"}},"spec":{"schedulerName":"nobody","#
            + #""containers":[{"name":"main","image":"host/sh","command":["sh","-c","sleep 1000"],"env":[\#(variables)],"#
            + #""resources":{"requests":{"cpu":"1m","memory":"1Mi"}}}]}}"#
    }
}
