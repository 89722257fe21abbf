import API
import Client
import Machinery

/// The shapes of built-in kinds, each made when it is asked for: those of all would take a command longer than its work.
enum KnownSchema {
    /// nil for a resource that is not built in.
    static func of(_ resource: GroupVersionResource) -> ObjectSchema? {
        Registry.kinds.first { $0.names.resource == resource }.map { shape($0) }
    }

    /// Of what an object says that it is.
    static func of(_ object: JSON) -> ObjectSchema? {
        let (apiVersion, kind): (String?, String?) = (object["apiVersion"]?.string, object["kind"]?.string)
        return Registry.kinds.first { $0.names.kind == kind && $0.names.apiVersion == apiVersion }.map { shape($0) }
    }

    private static func shape<K: Kind>(_ kind: K.Type) -> ObjectSchema { K.definition.schema }
}
