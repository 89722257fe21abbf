import Machinery

/// What a definition must be like. Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation.
enum CustomResourceDefinitionRules {
    static func validate(_ definition: View<CustomResourceDefinition>, _ problems: inout Problems) {
        let spec: View<CustomResourceDefinitionSpec> = definition.spec
        if definition.name != spec.names.plural + "." + spec.group {
            problems.invalid(Path("metadata").child("name"), .string(definition.name), #"must be spec.names.plural+"."+spec.group"#)
        }
        validate(spec, Path("spec"), &problems)
        validate(names: definition.status.acceptedNames, Path("status").child("acceptedNames"), &problems)
        validateStoredVersions(definition, &problems)
        if APIApproval.isProtected(spec.group) {
            let path: Path = Path("metadata").child("annotations").key(APIApproval.annotation)
            switch APIApproval(definition.metadata.annotations) {
            case .missing(let why): problems.required(path, why)
            case .malformed(let why):
                problems.invalid(path, .string(definition.metadata.annotations[APIApproval.annotation] ?? ""), why)
            case .approved, .bypassed: break
            }
        }
    }

    static func validateUpdate(
        _ definition: View<CustomResourceDefinition>, from old: View<CustomResourceDefinition>, _ problems: inout Problems
    ) {
        let path = Path("spec")
        func check(_ here: Path, _ new: String, _ before: String) {
            if new != before { problems.invalid(here, .string(new), "field is immutable") }
        }
        if old.isTrue("Established") {
            check(path.child("scope"), definition.spec.scope, old.spec.scope)
            check(path.child("names").child("kind"), definition.spec.names.kind, old.spec.names.kind)
        }
        check(path.child("group"), definition.spec.group, old.spec.group)
        check(path.child("names").child("plural"), definition.spec.names.plural, old.spec.names.plural)
    }

    private static func validateStoredVersions(_ definition: View<CustomResourceDefinition>, _ problems: inout Problems) {
        let path: Path = Path("status").child("storedVersions")
        let stored: [String] = definition.status.storedVersions
        guard !stored.isEmpty else { return problems.invalid(path, [], "must have at least one stored version") }
        for version in definition.spec.versions where version.storage && !stored.contains(version.name) {
            problems.invalid(path, version.json, "must have the storage version \(version.name)")
        }
        for (index, name) in stored.enumerated() where !definition.spec.versions.contains(where: { $0.name == name }) {
            problems.invalid(
                path.index(index), .string(name),
                "missing from spec.versions; \(name) was previously a storage version, and must remain in spec.versions until a storage "
                    + "migration ensures no data remains persisted in \(name) and removes \(name) from status.storedVersions")
        }
    }

    private static func validate(_ spec: View<CustomResourceDefinitionSpec>, _ path: Path, _ problems: inout Problems) {
        let group: [String] = Names.dns1123Subdomain(spec.group)
        if spec.group.isEmpty {
            problems.required(path.child("group"))
        } else if !group.isEmpty {
            problems.invalid(path.child("group"), .string(spec.group), group.joined(separator: ","))
        } else if !spec.group.contains(".") {
            problems.invalid(path.child("group"), .string(spec.group), "should be a domain with at least one dot")
        }
        validateChoice(spec.scope, ["Cluster", "Namespaced"], path.child("scope"), &problems)
        if spec.preserveUnknownFields {
            problems.invalid(
                path.child("preserveUnknownFields"), true,
                "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead")
        }
        validateVersions(spec, path, &problems)
        for (field, value) in [
            ("plural", spec.names.plural), ("singular", spec.names.singular), ("kind", spec.names.kind), ("listKind", spec.names.listKind),
        ] where value.isEmpty {
            problems.required(path.child("names").child(field))
        }
        validate(names: spec.names, path.child("names"), &problems)
        if let conversion = spec.conversion { validate(conversion, path.child("conversion"), &problems) }
    }

    private static func validateChoice(_ value: String, _ values: [String], _ path: Path, _ problems: inout Problems) {
        if value.isEmpty { return problems.required(path) }
        if !values.contains(value) { problems.notSupported(path, .string(value), supported: values) }
    }

    // MARK: - Versions

    /// As upstream, what all versions have in common is spoken of as the definition's.
    private static func validateVersions(_ spec: View<CustomResourceDefinitionSpec>, _ path: Path, _ problems: inout Problems) {
        let versions: [View<CustomResourceDefinitionVersion>] = spec.versions
        let list: Path = path.child("versions")
        for (index, version) in versions.enumerated() {
            let wrong: [String] = Names.dns1035Label(version.name)
            if !wrong.isEmpty {
                problems.invalid(list.index(index).child("name"), .string(version.name), wrong.joined(separator: ","))
            }
            if version.json[["schema", "openAPIV3Schema"]] == nil {
                problems.required(list.index(index).child("schema").child("openAPIV3Schema"), "schemas are required")
            }
            if let warning = version.deprecationWarning {
                validateDeprecation(warning, version.deprecated, list.index(index).child("deprecationWarning"), &problems)
            }
        }
        func isCommon(_ member: String) -> Bool { versions.allSatisfy { $0.json[member] == versions.first?.json[member] } }
        func places(_ member: String, common: String? = nil) -> [(View<CustomResourceDefinitionVersion>, Path)] {
            if isCommon(member), let first = versions.first { return [(first, path.child(common ?? member))] }
            return versions.enumerated().map { ($1, list.index($0).child(member)) }
        }
        for (version, here) in places("schema", common: "validation") {
            guard let schema = version.json[["schema", "openAPIV3Schema"]] else { continue }
            SchemaRules.validate(
                schema, hasStatus: version.subresources?.status != nil, here.child("openAPIV3Schema"), &problems)
        }
        for (version, here) in places("subresources") {
            if let scale = version.subresources?.scale { validate(scale, here.child("scale"), &problems) }
        }
        for (version, here) in places("additionalPrinterColumns") {
            for (index, column) in version.additionalPrinterColumns.enumerated() { validate(column, here.index(index), &problems) }
        }
        for (version, here) in places("selectableFields") where !version.selectableFields.isEmpty {
            validate(version.selectableFields, version.json[["schema", "openAPIV3Schema"]] ?? [:], here, &problems)
        }
        if Set(versions.map(\.name)).count != versions.count {
            problems.invalid(list, spec.json["versions"] ?? [], "must contain unique version names")
        }
        if versions.count(where: { $0.storage }) != 1 {
            problems.invalid(list, spec.json["versions"] ?? [], "must have exactly one version marked as storage version")
        }
    }

    private static func validateDeprecation(_ warning: String, _ isDeprecated: Bool, _ path: Path, _ problems: inout Problems) {
        if !isDeprecated { problems.invalid(path, .string(warning), "can only be set for deprecated versions") }
        if warning.isEmpty { problems.invalid(path, "", "cannot be an empty string") }
        if warning.utf8.count > 256 {
            problems.invalid(path, .string(warning), "must be <= 256 characters long")
        }
        for (offset, scalar) in warning.unicodeScalars.enumerated() where scalar.value < 0x20 || scalar.value == 0x7F {
            problems.invalid(
                path, .string(warning), "must only contain printable UTF-8 characters; non-printable character found at index \(offset)")
            break
        }
    }

    // MARK: - Parts

    private static func validate(names: View<CustomResourceDefinitionNames>, _ path: Path, _ problems: inout Problems) {
        func check(_ value: String, _ here: Path, mayBeMixed: Bool = false) {
            guard !value.isEmpty else { return }
            let wrong: [String] = Names.dns1035Label(mayBeMixed ? value.lowercased() : value)
            guard !wrong.isEmpty else { return }
            let prefix: String = mayBeMixed ? "may have mixed case, but should otherwise match: " : ""
            problems.invalid(here, .string(value), prefix + wrong.joined(separator: ","))
        }
        check(names.plural, path.child("plural"))
        check(names.singular, path.child("singular"))
        check(names.kind, path.child("kind"), mayBeMixed: true)
        check(names.listKind, path.child("listKind"), mayBeMixed: true)
        for (index, name) in names.shortNames.enumerated() { check(name, path.child("shortNames").index(index)) }
        if !names.kind.isEmpty, names.kind == names.listKind {
            problems.invalid(path.child("listKind"), .string(names.listKind), "kind and listKind may not be the same")
        }
        for (index, name) in names.categories.enumerated() { check(name, path.child("categories").index(index)) }
    }

    private static func validate(_ conversion: View<CustomResourceConversion>, _ path: Path, _ problems: inout Problems) {
        validateChoice(conversion.strategy, ["None", "Webhook"], path.child("strategy"), &problems)
        let here: Path = path.child("webhookClientConfig")
        let config: View<ConversionClientConfig>? = conversion.webhook?.clientConfig
        guard conversion.strategy == "Webhook" else {
            if config != nil { problems.forbidden(here, "should not be set when strategy is not set to Webhook") }
            return
        }
        switch (config, config?.url, config?.service) {
        case (nil, _, _): problems.required(here, "required when strategy is set to Webhook")
        case (_, nil, nil), (_, .some, .some): problems.required(here, "exactly one of url or service is required")
        case (_, let url?, nil): WebhookTarget.validateURL(url, here.child("url"), &problems)
        case (_, nil, let service?):
            WebhookTarget.validateService(
                name: service.name, namespace: service.namespace, path: service.path, port: service.port ?? 443, here.child("service"),
                &problems)
        }
        let versions: [String] = conversion.webhook?.conversionReviewVersions ?? []
        let list: Path = path.child("conversionReviewVersions")
        if versions.isEmpty { return problems.required(list) }
        if !versions.contains("v1"), !versions.contains("v1beta1") {
            problems.invalid(
                list, .array(versions.map { .string($0) }), "must include at least one of v1, v1beta1")
        }
        for (index, version) in versions.enumerated() {
            if versions[..<index].contains(version) {
                problems.invalid(list.index(index), .string(version), "duplicate version")
            }
            for detail in Names.dns1035Label(version) { problems.invalid(list.index(index), .string(version), detail) }
        }
    }

    private static func validate(_ scale: View<CustomResourceSubresourceScale>, _ path: Path, _ problems: inout Problems) {
        func check(_ field: String, _ value: String, under roots: [String], _ words: String) {
            let here: Path = path.child(field)
            guard !value.isEmpty else { return problems.required(here) }
            guard isSimple(value, here, &problems) else { return }
            if !roots.contains(where: { value.hasPrefix($0) }) {
                problems.invalid(here, .string(value), "should be a json path under " + words)
            }
        }
        check("specReplicasPath", scale.specReplicasPath, under: [".spec."], ".spec")
        check("statusReplicasPath", scale.statusReplicasPath, under: [".status."], ".status")
        if let selector = scale.labelSelectorPath, !selector.isEmpty {
            check("labelSelectorPath", selector, under: [".spec.", ".status."], "either .spec or .status")
        }
    }

    private static func validate(_ column: View<CustomResourceColumnDefinition>, _ path: Path, _ problems: inout Problems) {
        if column.name.isEmpty { problems.required(path.child("name")) }
        let types = "must be one of boolean,date,integer,number,string"
        if column.type.isEmpty {
            problems.required(path.child("type"), types)
        } else if !["boolean", "date", "integer", "number", "string"].contains(column.type) {
            problems.invalid(path.child("type"), .string(column.type), types)
        }
        let formats: [String] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"]
        if !column.format.isEmpty, !formats.contains(column.format) {
            problems.invalid(path.child("format"), .string(column.format), "must be one of " + formats.joined(separator: ","))
        }
        let here: Path = path.child("JSONPath")
        if column.jsonPath.isEmpty { problems.required(here) } else { _ = isSimple(column.jsonPath, here, &problems) }
    }

    private static func isSimple(_ text: String, _ path: Path, _ problems: inout Problems) -> Bool {
        guard !text.hasPrefix(".") else { return true }
        problems.invalid(path, .string(text), "must be a simple json path starting with .")
        return false
    }

    private static func validate(
        _ fields: [View<CustomResourceSelectableField>], _ schema: JSON, _ path: Path, _ problems: inout Problems
    ) {
        var seen: Set<String> = []
        for (index, field) in fields.enumerated() {
            let here: Path = path.index(index).child("jsonPath")
            let text: String = field.jsonPath
            guard !text.isEmpty else {
                problems.required(here)
                continue
            }
            guard text.hasPrefix(".") else {
                problems.invalid(here, .string(text), "is an invalid path: must be a valid path, with a leading dot")
                continue
            }
            let steps: [String] = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            var found: JSON? = schema
            for step in steps { found = found?[["properties", step]] }
            guard let found else {
                problems.invalid(here, .string(text), "is an invalid path: does not refer to a valid field")
                continue
            }
            if steps.first == "metadata" { problems.invalid(here, .string(text), "must not point to fields in metadata") }
            if !["string", "boolean", "integer"].contains(found["type"]?.string ?? "") {
                problems.invalid(
                    here, .string(text),
                    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.")
            }
            if !seen.insert(text).inserted { problems.duplicate(here, .string(text)) }
        }
        if seen.count > 8 { problems.tooMany(path, seen.count, atMost: 8) }
    }
}

/// Whether a definition in a group of the Kubernetes project says who approved it.
///
/// Source: `GetAPIApprovalState` of k8s.io/apiextensions-apiserver/pkg/apihelpers.
package enum APIApproval: Sendable {
    case approved(String)
    case bypassed(String)
    case missing(String)
    case malformed(String)

    static let annotation = "api-approved.kubernetes.io"

    /// Groups that need an approval.
    package static func isProtected(_ group: String) -> Bool {
        ["k8s.io", "kubernetes.io"].contains { group == $0 || group.hasSuffix("." + $0) }
    }

    package init(_ annotations: [String: String]) {
        let link = "see https://github.com/kubernetes/enhancements/pull/1111"
        guard let value = annotations[Self.annotation], !value.isEmpty else {
            self = .missing("protected groups must have approval annotation \"\(Self.annotation)\", \(link)")
            return
        }
        if value.hasPrefix("unapproved") {
            self = .bypassed("not approved: \"\(value)\"")
        } else if let mark = value.firstRange(of: "://"), mark.lowerBound > value.startIndex, mark.upperBound < value.endIndex {
            self = .approved("approved in \(value)")
        } else {
            self = .malformed(
                "protected groups must have approval annotation \"\(Self.annotation)\" with either a URL or a reason starting with "
                    + "\"unapproved\", \(link)")
        }
    }
}
