package import Machinery

/// The rules for metadata. Source: `ValidateObjectMeta` and `ValidateObjectMetaAccessorUpdate` of k8s.io/apimachinery, with the
/// addition for finalizers of pkg/apis/core/validation.
extension ObjectMeta {
    /// Keys and values of all annotations together, in bytes.
    package static let annotationsLimit: Int = 256 * 1024

    /// What holds for all metadata, in a template too: labels, annotations, owners, finalizers.
    ///
    /// The name is another matter, for its rule depends on the kind: ``validateObject(_:of:at:_:)``.
    package static func validate(_ metadata: View<ObjectMeta>, _ path: Path, _ problems: inout Problems) {
        if metadata.generation < 0 {
            problems.invalid(path.child("generation"), metadata.json["generation"] ?? 0, "must be greater than or equal to 0")
        }
        Labels.validate(metadata.json["labels"], path.child("labels"), &problems)
        validateAnnotations(metadata.json["annotations"], path.child("annotations"), &problems)
        validateOwners(metadata, path.child("ownerReferences"), &problems)
        validateFinalizers(metadata.finalizers, path.child("finalizers"), &problems)
        validateManagers(metadata.managedFields, path.child("managedFields"), &problems)
    }

    /// Name, generateName and namespace of a whole object. Call after a name was generated.
    package static func validateObject(
        _ metadata: View<ObjectMeta>, of names: KindNames, at path: Path = Path("metadata"), _ problems: inout Problems
    ) {
        let prefix: String = metadata.generateName
        if !prefix.isEmpty {
            for detail in names.nameRule(maskingTrailingDash(prefix)) {
                problems.invalid(path.child("generateName"), .string(prefix), detail)
            }
        }
        let name: String = metadata.name
        if name.isEmpty {
            problems.required(path.child("name"), "name or generateName is required")
        } else {
            for detail in names.nameRule(name) { problems.invalid(path.child("name"), .string(name), detail) }
        }
        let namespace: String = metadata.namespace
        if !names.isNamespaced {
            if !namespace.isEmpty { problems.forbidden(path.child("namespace"), "not allowed on this type") }
        } else if namespace.isEmpty {
            problems.required(path.child("namespace"))
        } else {
            for detail in Names.dns1123Label(namespace) { problems.invalid(path.child("namespace"), .string(namespace), detail) }
        }
        validateBareFinalizers(metadata.finalizers, of: names, path.child("finalizers"), &problems)
    }

    /// What an update of a whole object may not change. The server has filled in what the client left out.
    package static func validateObjectUpdate(
        _ metadata: View<ObjectMeta>, from old: View<ObjectMeta>, of names: KindNames, at path: Path = Path("metadata"),
        _ problems: inout Problems
    ) {
        validateBareFinalizers(metadata.finalizers, of: names, path.child("finalizers"), &problems)
        for field in ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
        where metadata.json[field] != old.json[field] {
            problems.invalid(path.child(field), metadata.json[field] ?? .null, "field is immutable")
        }
        if old.deletionTimestamp != nil {
            let new: [String] = metadata.finalizers.filter { !old.finalizers.contains($0) }
            if !new.isEmpty {
                let list: String = new.map { "\"\($0)\"" }.joined(separator: ", ")
                problems.forbidden(
                    path.child("finalizers"),
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}")
            }
        }
        if metadata.resourceVersion.isEmpty {
            problems.invalid(path.child("resourceVersion"), .string(""), "must be specified for an update")
        }
        if metadata.generation < old.generation {
            problems.invalid(path.child("generation"), .int(Int64(metadata.generation)), "must not be decremented")
        }
    }

    /// A prefix may end in dashes, for five characters follow. Source: `maskTrailingDash`.
    private static func maskingTrailingDash(_ prefix: String) -> String {
        prefix.utf8.count > 1 && prefix.hasSuffix("-") ? String(prefix.dropLast(2)) + "a" : prefix
    }

    private static func validateAnnotations(_ annotations: JSON?, _ path: Path, _ problems: inout Problems) {
        guard let annotations = annotations?.object else { return }
        var size: Int = 0
        for member in annotations {
            for detail in Names.qualifiedName(member.key.lowercased()) { problems.invalid(path, .string(member.key), detail) }
            size += member.key.utf8.count + (member.value.string?.utf8.count ?? 0)
        }
        if size > annotationsLimit { problems.tooLong(path, "may not be more than \(annotationsLimit) bytes") }
    }

    private static func validateOwners(_ metadata: View<ObjectMeta>, _ path: Path, _ problems: inout Problems) {
        var controller: String?
        for (index, owner) in metadata.ownerReferences.enumerated() {
            let here: Path = path.index(index)
            // An API version is `version` or `group/version`; with more slashes it reads as empty.
            let parts: [Substring] = owner.apiVersion.split(separator: "/", omittingEmptySubsequences: false)
            if parts.count > 2 || parts.last?.isEmpty ?? true {
                problems.invalid(here.child("apiVersion"), .string(owner.apiVersion), "version must not be empty")
            }
            for (field, value) in [("kind", owner.kind), ("name", owner.name), ("uid", owner.uid)] where value.isEmpty {
                problems.invalid(here.child(field), .string(value), "must not be empty")
            }
            if owner.apiVersion == "v1", owner.kind == "Event" {
                problems.invalid(here, owner.json, "/v1, Kind=Event is disallowed from being an owner")
            }
            guard owner.controller == true else { continue }
            if let first = controller {
                problems.invalid(
                    path, metadata.json["ownerReferences"] ?? .null,
                    "Only one reference can have Controller set to true. Found \"true\" in references for \(first) and \(owner.name)")
            } else {
                controller = owner.name
            }
        }
    }

    private static func validateFinalizers(_ finalizers: [String], _ path: Path, _ problems: inout Problems) {
        validateFinalizerNames(finalizers, path, &problems)
        if finalizers.contains("orphan"), finalizers.contains("foregroundDeletion") {
            problems.invalid(
                path, .array(finalizers.map { .string($0) }), "finalizer orphan and foregroundDeletion cannot be both set")
        }
    }

    /// Finalizers without a domain, which only the kinds with the rules of pkg/apis/core/validation refuse.
    static func validateBareFinalizers(_ finalizers: [String], of names: KindNames, _ path: Path, _ problems: inout Problems) {
        guard coreRuleGroups.contains(names.group) else { return }
        for (index, finalizer) in finalizers.enumerated() where !finalizer.contains("/") && !standardFinalizers.contains(finalizer) {
            problems.invalid(
                path.index(index), .string(finalizer), "name is neither a standard finalizer name nor is it fully qualified")
        }
    }

    /// Who must act before an object goes, of an object or of a namespace's contents.
    static func validateFinalizerNames(_ finalizers: [String], _ path: Path, _ problems: inout Problems) {
        for finalizer in finalizers {
            for detail in Names.qualifiedName(finalizer) { problems.invalid(path, .string(finalizer), detail) }
        }
    }

    private static let standardFinalizers: Set<String> = ["kubernetes", "orphan", "foregroundDeletion"]
    /// All others, custom resources among them, know the rules of k8s.io/apimachinery alone.
    private static let coreRuleGroups: Set<String> = [
        "", "apps", "autoscaling", "batch", "certificates.k8s.io", "discovery.k8s.io", "flowcontrol.apiserver.k8s.io", "networking.k8s.io",
        "node.k8s.io", "policy", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    ]

    private static func validateManagers(_ entries: [View<ManagedFieldsEntry>], _ path: Path, _ problems: inout Problems) {
        for (index, entry) in entries.enumerated() {
            let here: Path = path.index(index)
            if entry.operation != "Apply" && entry.operation != "Update" {
                problems.invalid(here.child("operation"), .string(entry.operation), "must be `Apply` or `Update`")
            }
            if !entry.fieldsType.isEmpty && entry.fieldsType != "FieldsV1" {
                problems.invalid(here.child("fieldsType"), .string(entry.fieldsType), "must be `FieldsV1`")
            }
            if entry.manager.utf8.count > 128 { problems.tooLong(here.child("manager"), "may not be more than 128 bytes") }
        }
    }
}
