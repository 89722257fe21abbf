import Machinery

/// Objects inside of objects: what is read, dropped and checked of their apiVersion, kind and metadata.
///
/// Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta.
package enum EmbeddedResource {
    /// Reads metadata as that of any object: what does not fit is refused, unknown members are dropped and noted.
    static let typed = ObjectSchema(
        name: "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata", doc: "An object of any kind.",
        fields: [Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")], keepsUnknown: true)

    /// The same for the embedded resources of a value.
    static func decode(
        _ json: inout JSON, _ schema: StructuralSchema, _ path: Path, _ findings: inout DecodingFindings
    ) throws(DecodingError) {
        switch json {
        case .object:
            if schema.isEmbeddedResource, json["metadata"] != nil {
                var found = DecodingFindings()
                json = try typed.decode(json, findings: &found)
                findings.unknownFields += found.unknownFields.map { path.child($0).description }
            }
            for member in json.object?.members ?? [] {
                guard let inner: StructuralSchema = schema.schema(ofMember: member.key), inner.hasEmbeddedResources else { continue }
                var value: JSON = member.value
                try decode(&value, inner, path.child(member.key), &findings)
                json[member.key] = value
            }
        case .array(var elements):
            guard let items = schema.items, items.hasEmbeddedResources else { return }
            for index in elements.indices { try decode(&elements[index], items, path.index(index), &findings) }
            json = .array(elements)
        default: break
        }
    }

    static func validate(_ json: JSON, _ schema: StructuralSchema, _ path: Path, _ problems: inout Problems) {
        switch json {
        case .object(let object):
            if schema.isEmbeddedResource {
                for name in ["apiVersion", "kind"] where object[name]?.string ?? "" == "" {
                    problems.required(path.child(name), "must not be empty")
                }
                if let metadata = object["metadata"] {
                    ObjectMeta.definition.schema.validate(metadata, path.child("metadata"), &problems)
                }
            }
            for member in object.members {
                guard let inner: StructuralSchema = schema.schema(ofMember: member.key), inner.hasEmbeddedResources else { continue }
                validate(member.value, inner, path.child(member.key), &problems)
            }
        case .array(let elements):
            guard let items = schema.items, items.hasEmbeddedResources else { return }
            for (index, element) in elements.enumerated() { validate(element, items, path.index(index), &problems) }
        default: break
        }
    }
}
