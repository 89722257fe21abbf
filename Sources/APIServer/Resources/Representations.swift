import API
import Machinery

/// Forms of an object beside the object itself.
enum Representations {
    /// `PartialObjectMetadata` of meta.k8s.io/v1.
    static func metadata(_ object: JSON) -> JSON {
        ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:]]
    }
}

/// Writes objects as a `Table` of meta.k8s.io/v1.
struct TableWriter {
    private let type: ResourceType
    private let now: Time
    /// `None`, `Metadata` or `Object`: what each row carries beside its cells.
    private let includeObject: String

    init(_ call: Call) {
        type = call.type
        now = call.now
        includeObject = call.options["includeObject"] ?? "Metadata"
    }

    /// - Parameter hasColumns: false in the events of a watch after the first.
    func table(_ objects: [JSON], metadata: JSON, hasColumns: Bool = true) -> JSON {
        [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            "columnDefinitions": hasColumns ? .array(type.columns.map(\.json)) : .null,
            "rows": .array(objects.map(row)),
        ]
    }

    private func row(_ object: JSON) -> JSON {
        var row: JSON = ["cells": .array(type.cells(object, now))]
        switch includeObject {
        case "None": row["object"] = .null
        case "Object": row["object"] = object
        default: row["object"] = Representations.metadata(object)
        }
        return row
    }
}

extension ColumnDefinition {
    fileprivate var json: JSON {
        [
            "name": .string(name), "type": .string(type.rawValue), "format": .string(format), "description": .string(doc),
            "priority": .int(Int64(priority)),
        ]
    }
}
