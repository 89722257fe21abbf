import Machinery

/// The rules for naming an object of any kind. Source: `validateIngressTypedLocalObjectReference` of pkg/apis/networking/validation.
enum ObjectReferences {
    static func validate(group: String?, kind: String, name: String, _ path: Path, _ problems: inout Problems) {
        if let group, !group.isEmpty {
            for detail in Names.dns1123Subdomain(group) { problems.invalid(path.child("apiGroup"), .string(group), detail) }
        }
        for (field, text) in [("kind", kind), ("name", name)] {
            if text.isEmpty { problems.required(path.child(field), "\(field) is required") }
            for detail in Names.pathSegment(text) { problems.invalid(path.child(field), .string(text), detail) }
        }
    }
}
