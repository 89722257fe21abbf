package import API
package import Machinery

/// What the annotations of a Service ask of the proxy in front of it. A Service without any of them has no proxy.
package struct MeshSettings: Sendable, Equatable {
    package static let rateLimitAnnotation = "swkube.dev/rate-limit"
    package static let breakerAnnotation = "swkube.dev/circuit-breaker"
    package static let traceAnnotation = "swkube.dev/trace"
    package static let timeoutAnnotation = "swkube.dev/timeout"

    /// Requests a second; nil for no limit.
    package var rateLimit: Int?
    /// So many answers of 500 and more in a row take an endpoint out; nil for never.
    package var errors: Int?
    /// For how long.
    package var coolDown: Duration = .seconds(30)
    package var isTraced = false
    package var timeout: Duration?
    /// What was not understood, in words.
    package var problems: [String] = []

    package var isWanted: Bool { rateLimit != nil || errors != nil || isTraced || timeout != nil }

    package init(_ annotations: [String: String]) {
        if let text = annotations[Self.rateLimitAnnotation] {
            if let number = Int(text), number > 0 {
                rateLimit = number
            } else {
                complain(Self.rateLimitAnnotation, text, "requests a second, such as 10")
            }
        }
        if let text = annotations[Self.breakerAnnotation] { readBreaker(text) }
        if let text = annotations[Self.traceAnnotation] {
            if let flag = Bool(text) { isTraced = flag } else { complain(Self.traceAnnotation, text, "true or false") }
        }
        if let text = annotations[Self.timeoutAnnotation] {
            if let time = GatewayDuration.parse(text), time > .zero {
                timeout = time
            } else {
                complain(Self.timeoutAnnotation, text, "a span of time, such as 2s")
            }
        }
    }

    /// `5xx=3` or `5xx=3,cooldown=10s`.
    private mutating func readBreaker(_ text: String) {
        let form = "errors in a row and perhaps a span of time, such as 5xx=3,cooldown=10s"
        var count: Int?
        for part in text.split(separator: ",") {
            let words: [Substring] = part.split(separator: "=", maxSplits: 1)
            switch words.first {
            case "5xx" where words.count == 2: count = Int(words[1]).flatMap { $0 > 0 ? $0 : nil }
            case "cooldown" where words.count == 2:
                guard let time = GatewayDuration.parse(String(words[1])), time > .zero else {
                    return complain(Self.breakerAnnotation, text, form)
                }
                coolDown = time
            default: return complain(Self.breakerAnnotation, text, form)
            }
        }
        if let count { errors = count } else { complain(Self.breakerAnnotation, text, form) }
    }

    private mutating func complain(_ annotation: String, _ text: String, _ wanted: String) {
        problems.append("\(annotation): \"\(text)\" is not understood; give \(wanted)")
    }

    /// The ports of a Service that speak HTTP, as far as it says so: by `appProtocol`, by a name that begins with `http`, or because there is
    /// one port alone.
    package static func ports(of service: View<Service>) -> [View<ServicePort>] {
        guard service.spec.type != "ExternalName", !service.isHeadless else { return [] }
        let ports: [View<ServicePort>] = service.spec.ports.filter { $0.protocol == "TCP" }
        return ports.filter { port in
            if let kind = port.appProtocol { return kind == "http" || kind == "kubernetes.io/ws" }
            return port.name.hasPrefix("http") && !port.name.hasPrefix("https") || ports.count == 1 && port.port != 443
        }
    }
}
