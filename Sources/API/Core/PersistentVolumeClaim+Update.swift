import Machinery

/// Where the content of a claim's volume comes from. Source: pkg/api/persistentvolumeclaim and pkg/apis/core/validation.
enum ClaimSource {
    /// Both fields that name a source say the same, unless the source stands in another namespace.
    static func complete(_ spec: inout View<PersistentVolumeClaimSpec>) {
        if let source = spec.dataSource, spec.dataSourceRef == nil {
            spec.json["dataSourceRef"] = source.json
        } else if let source = spec.dataSourceRef, source.namespace?.isEmpty ?? true, spec.dataSource == nil {
            var copy: JSON = source.json
            copy["namespace"] = nil
            spec.json["dataSource"] = copy
        }
    }

    static func validate(_ spec: View<PersistentVolumeClaimSpec>, _ path: Path, _ problems: inout Problems) {
        if let source = spec.dataSource {
            validate(group: source.apiGroup ?? "", kind: source.kind, path.child("dataSource"), &problems)
        }
        guard let source = spec.dataSourceRef else { return }
        validate(group: source.apiGroup ?? "", kind: source.kind, path.child("dataSourceRef"), &problems)
        let here: Path = path.child("dataSource")
        if let namespace: String = source.namespace, !namespace.isEmpty {
            for detail in Names.dns1123Label(namespace) {
                problems.invalid(path.child("dataSourceRef").child("namespace"), .string(namespace), detail)
            }
            if spec.dataSource != nil {
                problems.invalid(
                    path, .string(here.description), "may not be specified when dataSourceRef.namespace is specified")
            }
        } else if let other = spec.dataSource, other.kind != source.kind || other.name != source.name || other.apiGroup != source.apiGroup {
            problems.invalid(path, .string(here.description), "must match dataSourceRef")
        }
    }

    private static func validate(group: String, kind: String, _ path: Path, _ problems: inout Problems) {
        if group.isEmpty, kind != "PersistentVolumeClaim" {
            problems.invalid(path, .string(kind), "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
        }
        if !group.isEmpty {
            for detail in Names.dns1123Subdomain(group) { problems.invalid(path.child("apiGroup"), .string(group), detail) }
        }
    }
}

/// What may change of a claim. Source: `ValidatePersistentVolumeClaimUpdate` of pkg/apis/core/validation.
enum ClaimUpdate {
    static func validate(_ claim: View<PersistentVolumeClaim>, from old: View<PersistentVolumeClaim>, _ problems: inout Problems) {
        let spec = Path("spec")
        if comparable(claim, from: old) != old.spec.json {
            problems.forbidden(
                spec,
                "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims")
        }
        let before: Quantity = old.spec.resources.requests["storage"] ?? .zero
        let wanted: Quantity = claim.spec.resources.requests["storage"] ?? .zero
        // A claim may shrink back to what it got, so that an enlargement that failed can be taken back.
        if wanted < before, wanted <= old.status.capacity["storage"] ?? .zero {
            problems.forbidden(
                spec.child("resources").child("requests").child("storage"), "field can not be less than status.capacity")
        }
        if claim.spec.volumeMode != old.spec.volumeMode {
            problems.invalid(Path("volumeMode"), claim.spec.json["volumeMode"] ?? .null, "field is immutable")
        }
        let attributes: Path = spec.child("volumeAttributesClassName")
        if let name: String = old.spec.volumeAttributesClassName, !name.isEmpty {
            switch claim.spec.volumeAttributesClassName {
            case nil: problems.forbidden(attributes, "update from non-nil value to nil is forbidden")
            case "": problems.forbidden(attributes, "update from non-nil value to an empty string is forbidden")
            default: break
            }
        }
    }

    /// The new spec with everything set back that may change: the volume's name and the class once, the size of a bound claim, the
    /// class of attributes.
    private static func comparable(_ claim: View<PersistentVolumeClaim>, from old: View<PersistentVolumeClaim>) -> JSON {
        var spec: JSON = claim.spec.json
        let before: JSON = old.spec.json
        if old.spec.volumeName.isEmpty { spec["volumeName"] = before["volumeName"] }
        let annotated: Bool = old.metadata.annotations[AccessModes.classAnnotation] != nil
        if before["storageClassName"] == nil, !annotated, old.spec.volumeName.isEmpty { spec["storageClassName"] = nil }
        if claim.status.phase == "Bound", spec[["resources", "requests"]] != nil {
            spec[["resources", "requests", "storage"]] = before[["resources", "requests", "storage"]]
        }
        spec["volumeAttributesClassName"] = before["volumeAttributesClassName"]
        return spec
    }
}
