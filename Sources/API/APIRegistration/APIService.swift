package import Machinery

/// A version of an API group, and who serves it: this server, or another one behind a Service.
package struct APIService: Kind {
    package static let definition = Definition(
        APIService(), "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService", "A version of an API group, and who serves it.")
    package static let names = KindNames(
        "APIService", group: "apiregistration.k8s.io", plural: "apiservices", categories: ["api-extensions"], isNamespaced: false,
        subresources: [.status("APIService", metadata: .kept)], nameRule: { Names.pathSegment($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, which is the version, a dot and the group; labels and the like.")
    package let spec = Field<APIServiceSpec>("spec", 2, "The group and version, and who serves them.")
    package let status = Field<APIServiceStatus>("status", 3, "Whether they can be reached.")

    package static let columns: [Column<APIService>] = [
        .name,
        Column("Service", .string, "Local, or the Service that serves the version.") { service, _ in
            .string(service.spec.service.map { $0.namespace + "/" + $0.name } ?? "Local")
        },
        Column("Available", .string, "Whether the version can be reached, and why not.") { service, _ in
            guard let condition = service.status.conditions.first(where: { $0.type == "Available" }) else { return "Unknown" }
            return .string(condition.status == "True" ? "True" : "\(condition.status) (\(condition.reason))")
        },
        .age,
    ]

    /// A version that this server serves is available; whether another server answers is for the controller to say.
    package static func prepareForCreate(_ service: inout View<APIService>) {
        guard service.spec.service == nil else { return service.status.conditions = [] }
        let created: Time? = service.metadata.creationTimestamp
        service.status.conditions = [
            View<APIServiceCondition> {
                $0.type = "Available"
                $0.status = "True"
                $0.lastTransitionTime = created
                $0.reason = "Local"
                $0.message = "Local APIServices are always available"
            }
        ]
    }

    /// Source: `ValidateAPIService` of kube-aggregator/pkg/apis/apiregistration/validation.
    package static func validate(_ service: View<APIService>, _ path: Path, _ problems: inout Problems) {
        let required: String = service.spec.version + "." + service.spec.group
        if service.metadata.name != required, Names.pathSegment(service.metadata.name).isEmpty {
            problems.invalid(
                path.child("metadata").child("name"), .string(service.metadata.name),
                "must be `spec.version+\".\"+spec.group`: \(JSON.quoted(required))")
        }
    }
}

/// A group and version, and who serves them.
package struct APIServiceSpec: Schema {
    package static let definition = Definition(
        APIServiceSpec(), "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec",
        "A group and version, and who serves them.")

    package let service = Field<APIServiceReference?>("service", 1, "Service of the server; this one itself if absent.")
    package let group = Field<String>("group", 2, "The group; empty for the core group.")
    package let version = Field<String>("version", 3, "The version, such as v1.", .check(requireVersion))
    package let insecureSkipTLSVerify = Field<Bool>(
        "insecureSkipTLSVerify", 4, "True trusts any certificate of the server. Give caBundle instead.")
    package let caBundle = Field<Base64>("caBundle", 5, "PEM of the authorities that may have signed the server's certificate.", .atomic)
    package let groupPriorityMinimum = Field<Int32>(
        "groupPriorityMinimum", 7, "Place of the group among groups, 20000 at most; higher ones come first.", .always)
    package let versionPriority = Field<Int32>(
        "versionPriority", 8, "Place of the version within its group, 1000 at most; higher ones come first.", .always)

    private static let requireVersion: @Sendable (JSON, Path, inout Problems) -> Void = { value, path, problems in
        for detail in Names.dns1035Label(value.string ?? "") { problems.invalid(path, value, detail) }
    }

    /// Source: `ValidateAPIService` of kube-aggregator/pkg/apis/apiregistration/validation.
    package static func validate(_ spec: View<APIServiceSpec>, _ path: Path, _ problems: inout Problems) {
        if spec.version.isEmpty { requireVersion("", path.child("version"), &problems) }
        if spec.group.isEmpty, spec.version != "v1" {
            problems.required(path.child("group"), "only v1 may have an empty group and it better be legacy kube")
        }
        if !spec.group.isEmpty {
            for detail in Names.dns1123Subdomain(spec.group) { problems.invalid(path.child("group"), .string(spec.group), detail) }
        }
        for (field, number, limit) in [
            ("groupPriorityMinimum", spec.groupPriorityMinimum, 20_000), ("versionPriority", spec.versionPriority, 1000),
        ] where !(1...limit).contains(number) {
            problems.invalid(path.child(field), .int(Int64(number)), "must be positive and less than \(limit)")
        }
        validateTrust(spec, path, &problems)
    }

    private static func validateTrust(_ spec: View<APIServiceSpec>, _ path: Path, _ problems: inout Problems) {
        let insecure: Path = path.child("insecureSkipTLSVerify")
        guard let service = spec.service else {
            if !spec.caBundle.isEmpty {
                let size: Int = Base64Text.decode(spec.caBundle)?.count ?? 0
                problems.invalid(path.child("caBundle"), .string("\(size) bytes"), "local APIServices may not have a caBundle")
            }
            if spec.insecureSkipTLSVerify {
                problems.invalid(insecure, true, "local APIServices may not have insecureSkipTLSVerify")
            }
            return
        }
        if service.namespace.isEmpty { problems.required(path.child("service").child("namespace")) }
        if service.name.isEmpty { problems.required(path.child("service").child("name")) }
        if spec.insecureSkipTLSVerify, !spec.caBundle.isEmpty {
            problems.invalid(insecure, true, "may not be true if caBundle is present")
        }
    }
}

/// The Service of a server.
package struct APIServiceReference: Schema {
    package static let definition = Definition(
        APIServiceReference(), "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference", "The Service of a server.")

    package let namespace = Field<String>("namespace", 1, "Namespace of the Service.")
    package let name = Field<String>("name", 2, "Name of the Service.")
    package let port = Field<Int32>("port", 3, "Port of the Service; 443 if absent.", default: 443, .between(1, 65_535))
}

/// Whether a group and version can be reached.
package struct APIServiceStatus: Schema {
    package static let definition = Definition(
        APIServiceStatus(), "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus",
        "Whether a group and version can be reached.")

    package let conditions = Field<[APIServiceCondition]>("conditions", 1, "Aspects of the state.", .merge(key: "type"))
}

/// One aspect of an APIService's state.
package struct APIServiceCondition: Schema {
    package static let definition = Definition(
        APIServiceCondition(), "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition",
        "One aspect of an APIService's state.")

    package let type = Field<String>("type", 1, "Available is the only one.", .always)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .always, .oneOf("True", "False", "Unknown"))
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 3, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")
}
