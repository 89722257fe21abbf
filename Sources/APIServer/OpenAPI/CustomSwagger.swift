import Machinery

/// Brings the schema of a custom resource into version 2 of OpenAPI, which knows less than version 3.
///
/// Source: `ToStructuralOpenAPIV2` of k8s.io/apiextensions-apiserver/pkg/controller/openapi/v2.
enum CustomSwagger {
    static func schema(_ schema: JSON) -> JSON {
        guard case .object(var object) = schema else { return schema }
        // Members without a counterpart; what is left of them says nothing wrong.
        for name in ["oneOf", "anyOf", "allOf", "not", "nullable", "x-kubernetes-validations", "x-kubernetes-embedded-resource"] {
            object[name] = nil
        }
        // A default that null satisfies can't be told apart from absence.
        let isNullable: Bool = schema["nullable"] == true
        if isNullable {
            for name in ["type", "items", "properties", "additionalProperties", "required"] { object[name] = nil }
        }
        if schema["x-kubernetes-int-or-string"] == true { object["type"] = nil }
        // kubectl would refuse members that are not listed here.
        if schema["x-kubernetes-preserve-unknown-fields"] == true {
            for name in ["type", "items", "properties", "additionalProperties"] { object[name] = nil }
        }
        if let properties: JSONObject = object["properties"]?.object {
            object["properties"] = .object(
                JSONObject(members: properties.members.map { JSONObject.Member(key: $0.key, value: self.schema($0.value)) }))
        }
        for name in ["items", "additionalProperties"] {
            if let inner: JSON = object[name] { object[name] = self.schema(inner) }
        }
        return .object(object)
    }
}
