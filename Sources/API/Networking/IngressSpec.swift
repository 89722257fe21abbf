package import Machinery

/// Which requests an Ingress takes and where they go.
package struct IngressSpec: Schema {
    package static let definition = Definition(
        IngressSpec(), "networking.v1.IngressSpec", "Which requests an Ingress takes and where they go.")

    package let defaultBackend = Field<IngressBackend?>("defaultBackend", 1, "Where requests go that no rule takes.")
    package let tls = Field<[IngressTLS]>("tls", 2, "Certificates, by host.", .atomic)
    package let rules = Field<[IngressRule]>("rules", 3, "Hosts and paths.", .atomic)
    package let ingressClassName = Field<String?>(
        "ingressClassName", 4, "Class whose controller serves the Ingress.", .format(Names.dns1123Subdomain))

    /// Source: `ValidateIngressSpec` of pkg/apis/networking/validation.
    package static func validate(_ spec: View<IngressSpec>, _ path: Path, _ problems: inout Problems) {
        if spec.rules.isEmpty, spec.defaultBackend == nil {
            problems.invalid(path, spec.json["rules"] ?? .null, "either `defaultBackend` or `rules` must be specified")
        }
    }
}

/// The hosts that a certificate is for.
package struct IngressTLS: Schema {
    package static let definition = Definition(IngressTLS(), "networking.v1.IngressTLS", "The hosts that a certificate is for.")

    package let hosts = Field<[String]>("hosts", 1, "Names in the certificate; the default host if empty.", .atomic)
    package let secretName = Field<String>("secretName", 2, "Secret with the certificate and its key.")

    /// Source: `validateIngressTLS` of pkg/apis/networking/validation.
    package static func validate(_ tls: View<IngressTLS>, _ path: Path, _ problems: inout Problems) {
        for (index, host) in tls.hosts.enumerated() {
            IngressRule.validateHost(host, path.child("hosts").index(index), &problems)
        }
        guard !tls.secretName.isEmpty else { return }
        for detail in Names.dns1123Subdomain(tls.secretName) {
            problems.invalid(path.child("secretName"), .string(tls.secretName), detail)
        }
    }
}

/// A host and the paths below it.
package struct IngressRule: Schema {
    package static let definition = Definition(IngressRule(), "networking.v1.IngressRule", "A host and the paths below it.")

    package let host = Field<String>("host", 1, "Name of the host, or *.DOMAIN for one label before a domain; all hosts if empty.")
    package let http = Field<HTTPIngressRuleValue?>("http", embedded(2, 1), "The paths.")

    /// Source: `validateIngressRules` of pkg/apis/networking/validation.
    package static func validate(_ rule: View<IngressRule>, _ path: Path, _ problems: inout Problems) {
        guard !rule.host.isEmpty else { return }
        if IPAddress(rule.host) != nil {
            problems.invalid(path.child("host"), .string(rule.host), "must be a DNS name, not an IP address")
        }
        validateHost(rule.host, path.child("host"), &problems)
    }

    fileprivate static func validateHost(_ host: String, _ path: Path, _ problems: inout Problems) {
        let details: [String] = host.contains("*") ? Names.wildcardDNS1123Subdomain(host) : Names.dns1123Subdomain(host)
        for detail in details { problems.invalid(path, .string(host), detail) }
    }
}

/// The paths below a host.
package struct HTTPIngressRuleValue: Schema {
    package static let definition = Definition(HTTPIngressRuleValue(), "networking.v1.HTTPIngressRuleValue", "The paths below a host.")

    package let paths = Field<[HTTPIngressPath]>("paths", 1, "The paths and where they lead.", .required, .atomic)
}

/// A path and where it leads.
package struct HTTPIngressPath: Schema {
    package static let definition = Definition(HTTPIngressPath(), "networking.v1.HTTPIngressPath", "A path and where it leads.")

    package let path = Field<String>("path", 1, "The path, from the root.")
    package let backend = Field<IngressBackend>("backend", 2, "Where it leads.", .always)
    package let pathType = Field<String?>(
        "pathType", 3, "Exact, Prefix for whole elements of the path, or ImplementationSpecific.", .always)

    /// Source: `validateHTTPIngressPath` of pkg/apis/networking/validation.
    package static func validate(_ rule: View<HTTPIngressPath>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("path")
        let text: String = rule.path
        switch rule.pathType {
        case nil: problems.required(path.child("pathType"), "pathType must be specified")
        case "Exact", "Prefix":
            if !text.hasPrefix("/") { problems.invalid(here, .string(text), "must be an absolute path") }
            for part in ["//", "/./", "/../", "%2f", "%2F"] where text.contains(part) {
                problems.invalid(here, .string(text), "must not contain '\(part)'")
            }
            for end in ["/..", "/."] where text.hasSuffix(end) { problems.invalid(here, .string(text), "cannot end with '\(end)'") }
        case "ImplementationSpecific":
            if !text.isEmpty, !text.hasPrefix("/") { problems.invalid(here, .string(text), "must be an absolute path") }
        case let other?:
            problems.notSupported(path.child("pathType"), .string(other), supported: ["Exact", "ImplementationSpecific", "Prefix"])
        }
    }
}

/// Where requests go: a Service or an object that the controller knows.
package struct IngressBackend: Schema {
    package static let definition = Definition(
        IngressBackend(), "networking.v1.IngressBackend", "Where requests go: a Service or an object that the controller knows.")

    package let resource = Field<TypedLocalObjectReference?>("resource", 3, "An object that the controller knows.")
    package let service = Field<IngressServiceBackend?>("service", 4, "A Service.")

    /// Source: `validateIngressBackend` of pkg/apis/networking/validation.
    package static func validate(_ backend: View<IngressBackend>, _ path: Path, _ problems: inout Problems) {
        switch (backend.resource, backend.service) {
        case (.some, .some): problems.invalid(path, "", "cannot set both resource and service backends")
        case (nil, nil): problems.invalid(path, "", "resource or service backend is required")
        case (let resource?, nil):
            ObjectReferences.validate(
                group: resource.apiGroup, kind: resource.kind, name: resource.name, path.child("resource"), &problems)
        case (nil, let service?): validateService(service, path, &problems)
        }
    }

    private static func validateService(_ service: View<IngressServiceBackend>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("service")
        if service.name.isEmpty {
            problems.required(here.child("name"))
        } else {
            for detail in Names.dns1035Label(service.name) { problems.invalid(here.child("name"), .string(service.name), detail) }
        }
        let port: View<ServiceBackendPort> = service.port
        switch (port.name.isEmpty, port.number == 0) {
        case (false, false): problems.invalid(path, "", "cannot set both port name & port number")
        case (true, true): problems.required(path, "port name or number is required")
        case (false, true):
            for detail in Names.portName(port.name) {
                problems.invalid(here.child("port").child("name"), .string(port.name), detail)
            }
        case (true, false):
            for detail in Names.portNumber(port.number) {
                problems.invalid(here.child("port").child("number"), .int(Int64(port.number)), detail)
            }
        }
    }
}

/// A port of a Service.
package struct IngressServiceBackend: Schema {
    package static let definition = Definition(IngressServiceBackend(), "networking.v1.IngressServiceBackend", "A port of a Service.")

    package let name = Field<String>("name", 1, "The Service.", .always)
    package let port = Field<ServiceBackendPort>("port", 2, "The port.")
}

/// A port of a Service, by name or by number.
package struct ServiceBackendPort: Schema {
    package static let definition = Definition(
        ServiceBackendPort(), "networking.v1.ServiceBackendPort", "A port of a Service, by name or by number.", isAtomic: true)

    package let name = Field<String>("name", 1, "Its name.")
    package let number = Field<Int32>("number", 2, "Its number.")
}
