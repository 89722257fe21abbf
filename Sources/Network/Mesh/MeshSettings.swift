package import API
package import Machinery

/// What the annotations of a Service ask of the proxy in front of it, or those of an HTTPRoute of its Gateway. A Service without any of
/// them has no proxy.
package struct MeshSettings: Sendable, Equatable {
    /// When a request is sent again.
    package struct Retries: Sendable, Equatable {
        static let usualBudget = 20

        /// Beside the first one.
        package var attempts: Int
        /// Answers that are not good enough.
        package var codes: Set<Int> = [502, 503, 504]
        /// Before the first one; twice as long before each further one.
        package var backoff: Duration = .milliseconds(25)
        /// Percent of the requests that may be sent again.
        package var budget: Int = Self.usualBudget

        func wait(after attempt: Int) -> Duration { min(backoff * (1 << min(attempt - 1, 20)), max(backoff, .seconds(10))) }
    }

    package static let rateLimitAnnotation = "swkube.dev/rate-limit"
    package static let breakerAnnotation = "swkube.dev/circuit-breaker"
    package static let traceAnnotation = "swkube.dev/trace"
    package static let timeoutAnnotation = "swkube.dev/timeout"
    package static let retriesAnnotation = "swkube.dev/retries"
    package static let exportAnnotation = "swkube.dev/trace-export"
    private static let all = [
        rateLimitAnnotation, breakerAnnotation, traceAnnotation, timeoutAnnotation, retriesAnnotation, exportAnnotation,
    ]

    /// Requests a second; nil for no limit.
    package var rateLimit: Int?
    /// So many answers of 500 and more in a row take an endpoint out; nil for never.
    package var errors: Int?
    /// For how long.
    package var coolDown: Duration = .seconds(30)
    package var isTraced = false
    package var timeout: Duration?
    package var retries: Retries?
    /// Where hops are sent to: the URL of a collector that takes OTLP over HTTP.
    package var export: String?
    /// What was not understood, in words.
    package var problems: [String] = []

    package var isWanted: Bool { rateLimit != nil || errors != nil || isTraced || timeout != nil || retries != nil || export != nil }

    /// What a route cannot have, in words; nil where it asks for nothing of the kind. Hops are those of a Service.
    var unserved: String? {
        isTraced || export != nil ? "\(Self.traceAnnotation) and \(Self.exportAnnotation) are for Services: give them to the backends" : nil
    }

    /// Whether an object has any of the annotations, understood or not.
    static func isMarked(_ annotations: [String: String]) -> Bool { all.contains { annotations[$0] != nil } }

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
        if let text = annotations[Self.retriesAnnotation] { readRetries(text) }
        if let text = annotations[Self.exportAnnotation] {
            if MeshCollector(text) == nil {
                complain(Self.exportAnnotation, text, "the URL of a collector, such as http://collector.default:4318/v1/traces")
            } else {
                export = text
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

    /// `2` or `attempts=2,on=502/503,backoff=100ms,budget=10%`.
    private mutating func readRetries(_ text: String) {
        let form = "how often and perhaps when, such as 2 or attempts=2,on=502/503,backoff=100ms,budget=20%"
        var found = Retries(attempts: 0)
        for part in text.split(separator: ",") {
            let words: [Substring] = part.split(separator: "=", maxSplits: 1)
            let value: String = words.last.map(String.init) ?? ""
            switch words.count == 1 ? "attempts" : words.first {
            case "attempts"?:
                guard let count = Int(value), (1...10).contains(count) else { return complain(Self.retriesAnnotation, text, form) }
                found.attempts = count
            case "on"?:
                let codes: [Int] = value.split(separator: "/").compactMap { Int($0) }.filter { (400...599).contains($0) }
                guard !codes.isEmpty, codes.count == value.split(separator: "/").count else {
                    return complain(Self.retriesAnnotation, text, form)
                }
                found.codes = Set(codes)
            case "backoff"?:
                guard let time = GatewayDuration.parse(value) else { return complain(Self.retriesAnnotation, text, form) }
                found.backoff = time
            case "budget"?:
                guard value.hasSuffix("%"), let share = Int(value.dropLast()), (0...100).contains(share) else {
                    return complain(Self.retriesAnnotation, text, form)
                }
                found.budget = share
            default: return complain(Self.retriesAnnotation, text, form)
            }
        }
        if found.attempts > 0 { retries = found } else { complain(Self.retriesAnnotation, text, form) }
    }

    private mutating func complain(_ annotation: String, _ text: String, _ wanted: String) {
        problems.append("\(annotation): \"\(text)\" is not understood; give \(wanted)")
    }

    /// What a Service asks for that requests through its proxy do not get, because that takes all endpoints in turn; nil for nothing.
    static func unkept(by service: View<Service>) -> String? {
        let spec: View<ServiceSpec> = service.spec
        let wishes: [(String, Bool)] = [
            ("sessionAffinity", spec.sessionAffinity == "ClientIP"), ("internalTrafficPolicy", spec.internalTrafficPolicy == "Local"),
            ("externalTrafficPolicy", spec.externalTrafficPolicy == "Local"), ("trafficDistribution", spec.trafficDistribution != nil),
        ]
        let names: [String] = wishes.filter(\.1).map(\.0)
        guard !names.isEmpty else { return nil }
        return "\(names.joined(separator: ", ")): not kept by the proxy of the swkube.dev annotations, which takes all endpoints in turn"
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
