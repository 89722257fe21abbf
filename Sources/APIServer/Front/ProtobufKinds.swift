import API
import Machinery

/// The types that have a protobuf form, by the names that their JSON carries: kinds, their lists, and what is no resource.
enum ProtobufKinds {
    /// nil for custom resources, tables and whatever else protobuf does not know.
    static func schema(apiVersion: String, kind: String) -> ObjectSchema? { schemas[apiVersion + " " + kind] }

    /// Whether objects of a resource can be written in protobuf.
    static func have(_ names: KindNames) -> Bool { schema(apiVersion: names.apiVersion, kind: names.kind) != nil }

    /// The names that a document carries. They stand first in what the server writes, so that little is read.
    static func names(of json: [UInt8]) -> (apiVersion: String, kind: String) {
        (JSONScanner.string(at: ["apiVersion"], in: json) ?? "v1", JSONScanner.string(at: ["kind"], in: json) ?? "")
    }

    private static let schemas: [String: ObjectSchema] = {
        var schemas: [String: ObjectSchema] = [:]
        // Metrics say how long they took in text, which has a protobuf form of its own that is not known here: they come as JSON.
        for type in Registry.types + Registry.bodyTypes where type.names.group != PodMetrics.names.group {
            schemas[type.names.apiVersion + " " + type.names.kind] = type.schema
            schemas[type.names.apiVersion + " " + type.names.kind + "List"] = list(of: type.schema)
        }
        let core: [ObjectSchema] = [
            OpenAPIMetaTypes.Status.definition.schema, OpenAPIMetaTypes.APIVersions.definition.schema,
            OpenAPIMetaTypes.APIGroup.definition.schema, OpenAPIMetaTypes.APIGroupList.definition.schema,
            OpenAPIMetaTypes.APIResourceList.definition.schema,
        ]
        for schema in core { schemas["v1 " + schema.shortName] = schema }
        schemas["meta.k8s.io/v1 PartialObjectMetadata"] = PartialObjectMetadata.definition.schema
        schemas["meta.k8s.io/v1 PartialObjectMetadataList"] = list(of: PartialObjectMetadata.definition.schema)
        schemas["apidiscovery.k8s.io/v2 APIGroupDiscoveryList"] = list(of: APIGroupDiscovery.definition.schema)
        return schemas
    }()

    /// All lists are alike.
    private static func list(of item: ObjectSchema) -> ObjectSchema {
        ObjectSchema(
            name: item.name + "List", doc: "",
            fields: [
                FieldSchema(
                    name: "metadata", number: 1, doc: "", type: ListMeta.schema, isOptional: false, default: nil, traits: []),
                FieldSchema(
                    name: "items", number: 2, doc: "", type: .list(.object(SchemaReference { item })), isOptional: false, default: nil,
                    traits: []),
            ])
    }
}

/// An object of which only the metadata is shown.
private struct PartialObjectMetadata: Schema {
    static let definition = Definition(
        PartialObjectMetadata(), "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata", "The metadata of an object of any kind.")
    let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
}

// MARK: - Aggregated discovery: apidiscovery.k8s.io/v2

private struct APIGroupDiscovery: Schema {
    static let definition = Definition(APIGroupDiscovery(), "apidiscovery.v2.APIGroupDiscovery", "A group, its versions and resources.")
    let metadata = Field<ObjectMeta>("metadata", 1, "The group as its name.")
    let versions = Field<[APIVersionDiscovery]>("versions", 2, "The versions, the preferred one first.")
}

private struct APIVersionDiscovery: Schema {
    static let definition = Definition(APIVersionDiscovery(), "apidiscovery.v2.APIVersionDiscovery", "A version and its resources.")
    let version = Field<String>("version", 1, "The version alone.")
    let resources = Field<[APIResourceDiscovery]>("resources", 2, "The resources.")
    let freshness = Field<String>("freshness", 3, "Current, or Stale when the group's server does not answer.")
}

private struct APIResourceDiscovery: Schema {
    static let definition = Definition(APIResourceDiscovery(), "apidiscovery.v2.APIResourceDiscovery", "One resource.")
    let resource = Field<String>("resource", 1, "Plural name.")
    let responseKind = Field<GroupVersionKind?>("responseKind", 2, "Kind of its objects.")
    let scope = Field<String>("scope", 3, "Namespaced or Cluster.")
    let singularResource = Field<String>("singularResource", 4, "Name of one.")
    let verbs = Field<[String]>("verbs", 5, "What can be done with it.")
    let shortNames = Field<[String]>("shortNames", 6, "Other names.")
    let categories = Field<[String]>("categories", 7, "Groups of resources that it belongs to.")
    let subresources = Field<[APISubresourceDiscovery]>("subresources", 8, "Parts of its objects with a path of their own.")
}

private struct APISubresourceDiscovery: Schema {
    static let definition = Definition(APISubresourceDiscovery(), "apidiscovery.v2.APISubresourceDiscovery", "One subresource.")
    let subresource = Field<String>("subresource", 1, "Its name.")
    let responseKind = Field<GroupVersionKind?>("responseKind", 2, "Kind that it answers with.")
    let acceptedTypes = Field<[GroupVersionKind]>("acceptedTypes", 3, "Kinds that it takes beside that.")
    let verbs = Field<[String]>("verbs", 4, "What can be done with it.")
}

private struct GroupVersionKind: Schema {
    static let definition = Definition(
        GroupVersionKind(), "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionKind", "A kind by its full name.")
    let group = Field<String>("group", 1, "The group.")
    let version = Field<String>("version", 2, "The version.")
    let kind = Field<String>("kind", 3, "The kind.")
}
