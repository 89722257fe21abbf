import API
import HTTP
import Machinery

/// What the annotations of an Ingress ask for, by swkube's names and by those of ingress-nginx that mean the same.
struct IngressSettings: Sendable {
    static let prefixes = ["ingress.swkube.dev/", "nginx.ingress.kubernetes.io/"]

    var rewriteTarget: String?
    var usesPatterns = false
    /// nil: only where the Ingress has TLS.
    var redirectsToTLS: Bool?
    var forcesTLS = false
    var times = HTTPForwarder.Times()
    var bodyLimit: Int?
    var isBackendSecure = false
    var redirect: (location: String, status: Int)?
    var appRoot: String?
    var upstreamHost: String?
    /// What was not understood, in words.
    var problems: [String] = []

    init(_ annotations: [String: String]) {
        for (name, value) in annotations.sorted(by: { $0.key < $1.key }) {
            guard let prefix = Self.prefixes.first(where: { name.hasPrefix($0) }) else { continue }
            read(String(name.dropFirst(prefix.count)), value, name)
        }
    }

    private mutating func read(_ key: String, _ value: String, _ name: String) {
        switch key {
        case "rewrite-target": rewriteTarget = value
        case "use-regex": usesPatterns = flag(value, name) ?? false
        case "ssl-redirect": redirectsToTLS = flag(value, name)
        case "force-ssl-redirect": forcesTLS = flag(value, name) ?? false
        case "proxy-read-timeout": if let time = seconds(value, name) { times.answer = time }
        case "proxy-connect-timeout": if let time = seconds(value, name) { times.connect = time }
        case "proxy-send-timeout": _ = seconds(value, name)  // the request is sent at once
        case "proxy-body-size": bodyLimit = size(value, name)
        case "backend-protocol":
            switch value.uppercased() {
            case "HTTP": isBackendSecure = false
            case "HTTPS": isBackendSecure = true
            default: problems.append("\(name): \"\(value)\" is not served; give HTTP or HTTPS")
            }
        case "permanent-redirect": redirect = (value, 301)
        case "temporal-redirect": redirect = (value, 302)
        case "permanent-redirect-code":
            if let code = Int(value), (300...308).contains(code), let location = redirect?.location { redirect = (location, code) }
        case "app-root": appRoot = value
        case "upstream-vhost": upstreamHost = value
        case "proxy-buffering", "proxy-request-buffering", "proxy-http-version": break  // how nginx works, not what clients see
        default: problems.append("\(name) has no effect here")
        }
    }

    private mutating func flag(_ value: String, _ name: String) -> Bool? {
        if let flag = Bool(value) { return flag }
        problems.append("\(name): \"\(value)\" is neither true nor false")
        return nil
    }

    private mutating func seconds(_ value: String, _ name: String) -> Duration? {
        if let number = Int(value.hasSuffix("s") ? String(value.dropLast()) : value), number > 0 { return .seconds(number) }
        problems.append("\(name): \"\(value)\" is no number of seconds")
        return nil
    }

    /// `8m`, `512k`; 0 asks for no limit.
    private mutating func size(_ value: String, _ name: String) -> Int? {
        let units: [Character: Int] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
        let unit: Int? = value.last.flatMap { units[Character($0.lowercased())] }
        guard let number = Int(unit == nil ? value : String(value.dropLast())), number >= 0 else {
            problems.append("\(name): \"\(value)\" is no size, such as 8m")
            return nil
        }
        return number == 0 ? nil : number * (unit ?? 1)
    }
}
