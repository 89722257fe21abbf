import Machinery

/// Ingresses and their classes.
enum IngressDescription {
    /// What is behind a backend: its slices, or why there are none.
    typealias Lookup = [String: Result<(service: JSON, slices: [JSON]), Failure>]

    /// Names of the services that an Ingress sends to.
    static func services(_ ingress: JSON) -> [String] {
        let paths: [JSON] = ingress.list("spec", "rules").flatMap { $0.list("http", "paths") }
        let backends: [JSON] = [ingress[["spec", "defaultBackend"]]].compactMap { $0 } + paths.compactMap { $0["backend"] }
        return backends.map { $0.text(at: "service", "name") }.filter { !$0.isEmpty }
    }

    static func writeIngress(_ ingress: JSON, _ lookup: Lookup, _ text: inout DescribeText) {
        text.field("Name", ingress.text(at: "metadata", "name"))
        text.labels(ingress[["metadata", "labels"]])
        text.field("Namespace", ingress.text(at: "metadata", "namespace"))
        let addresses: [String] = ingress.list("status", "loadBalancer", "ingress").map { entry in
            let address: String = entry.text(at: "ip")
            return address.isEmpty ? entry.text(at: "hostname") : address
        }
        text.field("Address", addresses.joined(separator: ","))
        text.field("Ingress Class", ingress[["spec", "ingressClassName"]]?.string ?? "<none>")
        let fallback: JSON? = ingress[["spec", "defaultBackend"]]
        let shown: String = fallback.map { "\(name($0)) (\(behind($0, lookup)))" } ?? "<default>"
        text.field("Default backend", shown)
        let tls: [JSON] = ingress.list("spec", "tls")
        if !tls.isEmpty {
            text.line(0, "TLS:")
            for entry in tls {
                let hosts: String = entry.list("hosts").compactMap(\.string).joined(separator: ",")
                let secret: String = entry.text(at: "secretName")
                text.line(1, secret.isEmpty ? "SNI routes \(hosts)" : "\(secret) terminates \(hosts)")
            }
        }
        text.line(0, "Rules:")
        text.line(1, "Host\tPath\tBackends")
        text.line(1, "----\t----\t--------")
        let rules: [JSON] = ingress.list("spec", "rules").filter { $0["http"] != nil }
        for rule in rules {
            let host: String = rule.text(at: "host")
            text.line(1, "\(host.isEmpty ? "*" : host)\t")
            for path in rule.list("http", "paths") {
                guard let backend = path["backend"] else { continue }
                text.line(2, "\t\(path.text(at: "path")) \t\(name(backend)) (\(behind(backend, lookup)))")
            }
        }
        if rules.isEmpty { text.line(1, "*\t*\t\(shown)") }
        text.annotations(ingress[["metadata", "annotations"]])
    }

    /// `web:80`
    private static func name(_ backend: JSON) -> String {
        if let resource = backend["resource"] {
            return "APIGroup: \(resource.text(at: "apiGroup")), Kind: \(resource.text(at: "kind")), Name: \(resource.text(at: "name"))"
        }
        let port: JSON = backend[["service", "port"]] ?? [:]
        let shown: String = port["number"].map(GoText.of) ?? port.text(at: "name")
        return "\(backend.text(at: "service", "name")):\(shown)"
    }

    /// The addresses behind a backend.
    private static func behind(_ backend: JSON, _ lookup: Lookup) -> String {
        switch lookup[backend.text(at: "service", "name")] {
        case .failure(let failure)?: return "<error: \(failure.description)>"
        case .success(let found)?:
            let wanted: JSON = backend[["service", "port"]] ?? [:]
            let port: JSON? = found.service.list("spec", "ports").first { port in
                wanted["number"].map { $0 == port["port"] } ?? (wanted["name"] == port["name"])
            }
            return ServiceDescription.endpoints(port ?? [:], found.slices)
        case nil: return "<none>"
        }
    }

    static func writeClass(_ ingressClass: JSON, _ text: inout DescribeText) {
        text.field("Name", ingressClass.text(at: "metadata", "name"))
        text.labels(ingressClass[["metadata", "labels"]])
        text.annotations(ingressClass[["metadata", "annotations"]])
        text.field("Controller", ingressClass.text(at: "spec", "controller"))
        if let parameters = ingressClass[["spec", "parameters"]] {
            text.line(0, "Parameters:")
            if let group = parameters["apiGroup"]?.string { text.line(1, "APIGroup:\t\(group)") }
            text.line(1, "Kind:\t\(parameters.text(at: "kind"))")
            text.line(1, "Name:\t\(parameters.text(at: "name"))")
        }
    }
}
