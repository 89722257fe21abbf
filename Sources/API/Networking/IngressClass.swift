package import Machinery

/// A sort of Ingresses and the controller that serves them.
package struct IngressClass: Kind {
    package static let definition = Definition(
        IngressClass(), "networking.v1.IngressClass", "A sort of Ingresses and the controller that serves them.")
    package static let names = KindNames(
        "IngressClass", group: "networking.k8s.io", plural: "ingressclasses", isNamespaced: false, tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<IngressClassSpec>("spec", 2, "The controller and its settings.")

    /// The annotation of the class for Ingresses that name none: `"true"`.
    package static let defaultAnnotation = "ingressclass.kubernetes.io/is-default-class"

    package static let columns: [Column<IngressClass>] = [
        .name,
        Column("Controller", .string, "The controller that serves the class.") { ingress, _ in .string(ingress.spec.controller) },
        Column("Parameters", .string, "The object with the controller's settings.") { ingress, _ in
            guard let parameters = ingress.spec.parameters else { return "<none>" }
            let group: String = parameters.apiGroup.map { "." + $0 } ?? ""
            return .string("\(parameters.kind)\(group)/\(parameters.name)")
        },
        .age,
    ]
}

/// The controller of a class and its settings.
package struct IngressClassSpec: Schema {
    package static let definition = Definition(
        IngressClassSpec(), "networking.v1.IngressClassSpec", "The controller of a class and its settings.")

    package let controller = Field<String>(
        "controller", 1, "Name of the controller as DOMAIN/PATH, 250 bytes at most. Never changes.", .immutable)
    package let parameters = Field<IngressClassParametersReference?>("parameters", 2, "An object with the controller's settings.")

    /// Source: `validateIngressClassSpec` of pkg/apis/networking/validation.
    package static func validate(_ spec: View<IngressClassSpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("controller")
        if spec.controller.utf8.count > 250 { problems.tooLong(here, "may not be more than 250 bytes") }
        validateDomainPrefixedPath(spec.controller, here, &problems)
    }

    /// Source: `IsDomainPrefixedPath` of k8s.io/apimachinery.
    private static func validateDomainPrefixedPath(_ text: String, _ path: Path, _ problems: inout Problems) {
        guard !text.isEmpty else { return problems.required(path) }
        let parts: [Substring] = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return problems.invalid(path, .string(text), #"must be a domain-prefixed path (such as "acme.io/foo")"#)
        }
        for detail in Names.dns1123Subdomain(String(parts[0])) { problems.invalid(path, .string(String(parts[0])), detail) }
        let allowed: Set<UInt8> = Set("/-._~%!$&'()*+,;=:".utf8)
        let isGood: Bool = parts[1].utf8.allSatisfy { byte in
            allowed.contains(byte) || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte >= 0x41
        }
        if !isGood {
            problems.invalid(
                path, .string(String(parts[1])), #"Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')"#)
        }
    }
}

/// Names an object with the settings of an Ingress controller.
package struct IngressClassParametersReference: Schema {
    package static let definition = Definition(
        IngressClassParametersReference(), "networking.v1.IngressClassParametersReference",
        "Names an object with the settings of an Ingress controller.")

    package let apiGroup = Field<String?>("apiGroup", 1, "Group of the kind; absent for the core group.")
    package let kind = Field<String>("kind", 2, "Kind of the object.", .always)
    package let name = Field<String>("name", 3, "Its name.", .always)
    package let scope = Field<String?>("scope", 4, "Cluster, or Namespace for an object with a namespace.", default: "Cluster")
    package let namespace = Field<String?>("namespace", 5, "Its namespace, when the scope is Namespace.")

    /// Source: `validateIngressClassParametersReference` of pkg/apis/networking/validation.
    package static func validate(_ reference: View<IngressClassParametersReference>, _ path: Path, _ problems: inout Problems) {
        ObjectReferences.validate(
            group: reference.apiGroup, kind: reference.kind, name: reference.name, path, &problems)
        let scope: String = reference.scope ?? ""
        let here: Path = path.child("namespace")
        switch scope {
        case "Namespace":
            guard let namespace: String = reference.namespace else {
                return problems.required(here, "`parameters.scope` is set to 'Namespace'")
            }
            for detail in Names.dns1123Label(namespace) { problems.invalid(here, .string(namespace), detail) }
        case "Cluster":
            if reference.namespace != nil { problems.forbidden(here, "`parameters.scope` is set to 'Cluster'") }
        default: problems.notSupported(path.child("scope"), .string(scope), supported: ["Cluster", "Namespace"])
        }
    }
}
