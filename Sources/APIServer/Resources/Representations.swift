import API
import Dispatch
import Machinery
import Store
import Synchronization

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

    /// - Parameters:
    ///   - type: nil is that of the call.
    ///   - now: nil is the time of the call.
    init(_ call: Call, _ type: ResourceType? = nil, now: Time? = nil) {
        self.type = type ?? call.type
        self.now = now ?? call.now
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

    /// The same of a page of a list, as text: what a row carries beside its cells is cut out of the stored bytes, and nothing is read
    /// for the cells that no column of a built-in kind shows.
    func text(_ page: ListPage, _ call: Call) throws(APIStatus) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(page.entries.count * 1024 + 4096)
        table([], metadata: page.metadata).append(to: &text)
        text.removeLast("]}".utf8.count)
        let opening: Int = StoredObject.opening(call.names).count
        let parts: [[UInt8]] = Self.parts(of: try call.bytes(page.entries)) { rows($0, opening: opening) }
        for part in parts where !part.isEmpty {
            text += part
            text.append(UInt8(ascii: ","))
        }
        if parts.contains(where: { !$0.isEmpty }) { text.removeLast() }
        text += "]}".utf8
        return text
    }

    /// The rows of objects, with commas between them.
    private func rows(_ objects: ArraySlice<[UInt8]>, opening: Int) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(objects.count * 1024)
        for bytes in objects {
            let object: JSON = (try? JSONScanner.tree(of: bytes, in: 0..<bytes.count, without: type.unshown)) ?? .null
            text += (text.isEmpty ? #"{"cells":"# : #",{"cells":"#).utf8
            JSON.array(type.cells(object, now)).append(to: &text)
            text += #","object":"#.utf8
            switch includeObject {
            case "None": text += "null".utf8
            case "Object": text += bytes
            default: text += StoredObject.partialMetadata(bytes, opening: opening)
            }
            text.append(UInt8(ascii: "}"))
        }
        return text
    }

    /// A page of hundreds is a matter of all processors: somebody waits for it.
    private static func parts(of objects: [[UInt8]], _ make: @Sendable (ArraySlice<[UInt8]>) -> [UInt8]) -> [[UInt8]] {
        let size = 64
        guard objects.count > 2 * size else { return [make(objects[...])] }
        let count: Int = (objects.count + size - 1) / size
        let parts = Mutex<[[UInt8]]>(Array(repeating: [], count: count))
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let part: [UInt8] = make(objects[index * size..<min((index + 1) * size, objects.count)])
            parts.withLock { $0[index] = part }
        }
        return parts.withLock { $0 }
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

extension APIRequest {
    /// Throws ``APIStatus`` (400) for a table whose rows can't carry what is asked for.
    ///
    /// Source: `ValidateTableOptions` of k8s.io/apimachinery.
    func checkTableOptions() throws(APIStatus) {
        guard representation == .table, let wanted = options["includeObject"] else { return }
        guard !["", "None", "Metadata", "Object"].contains(wanted) else { return }
        throw .badRequest(
            "Unable to convert to Table as requested: includeObject: Invalid value: \(JSON.quoted(wanted)): "
                + "must be 'Metadata', 'Object', 'None', or empty")
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
