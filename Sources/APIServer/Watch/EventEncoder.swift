import API
import Machinery
import Store
import Synchronization

/// Writes watch events as lines of JSON. Plain objects are spliced from their stored bytes; tables and bare metadata are made for each event.
final class EventEncoder: Sendable {
    enum Kind: String { case added = "ADDED", modified = "MODIFIED", deleted = "DELETED", bookmark = "BOOKMARK", error = "ERROR" }

    private let call: Call
    /// Bytes before `"metadata"` in a stored object.
    private let objectOpening: Int
    /// Only the first table of a watch carries its columns.
    private let owesColumns = Mutex(true)

    init(_ call: Call) {
        self.call = call
        objectOpening = StoredObject.opening(call.names).count
    }

    /// An object as it stands in the store. Throws ``APIStatus`` when it can't be converted to the version that is watched.
    func add(_ kind: Kind, _ entry: Entry, to pieces: inout [[UInt8]]) throws(APIStatus) {
        add(kind, try call.bytes(entry), to: &pieces)
    }

    /// An object that no longer matches: as it was, with the revision of the change.
    func addLast(_ entry: Entry, at revision: Revision, to pieces: inout [[UInt8]]) throws(APIStatus) {
        add(.deleted, try call.bytes(entry, at: revision), to: &pieces)
    }

    private func add(_ kind: Kind, _ object: [UInt8], to pieces: inout [[UInt8]]) {
        pieces.append(Array(#"{"type":"\#(kind.rawValue)","object":"#.utf8))
        switch call.request.representation {
        case .object: pieces.append(object)
        case .metadata, .metadataList: pieces.append(StoredObject.partialMetadata(object, opening: objectOpening))
        case .table: pieces.append(table(tree(object)).serialized())
        }
        pieces.append(Self.end)
    }

    func addBookmark(_ revision: Revision, closesInitialEvents: Bool, to pieces: inout [[UInt8]]) {
        var metadata: JSON = ["resourceVersion": .string(String(revision)), "creationTimestamp": nil]
        if closesInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        let object: JSON = ["kind": .string(call.names.kind), "apiVersion": .string(call.names.apiVersion), "metadata": metadata]
        switch call.request.representation {
        case .object: add(.bookmark, object.serialized(), to: &pieces)
        case .metadata, .metadataList:
            pieces.append(Array(#"{"type":"BOOKMARK","object":"#.utf8) + Representations.metadata(object).serialized() + Self.end)
        case .table:
            pieces.append(Array(#"{"type":"BOOKMARK","object":"#.utf8))
            pieces.append(
                TableWriter(call).table([object], metadata: ["resourceVersion": .string(String(revision))], hasColumns: false).serialized())
            pieces.append(Self.end)
        }
    }

    func addError(_ status: APIStatus, to pieces: inout [[UInt8]]) {
        pieces.append(Array(#"{"type":"ERROR","object":"#.utf8) + status.json.serialized() + Self.end)
    }

    private func table(_ object: JSON) -> JSON {
        let isFirst: Bool = owesColumns.withLock { owes in
            defer { owes = false }
            return owes
        }
        return TableWriter(call).table(
            [object], metadata: ["resourceVersion": object[["metadata", "resourceVersion"]] ?? ""], hasColumns: isFirst)
    }

    private func tree(_ bytes: [UInt8]) -> JSON { (try? JSON(parsing: bytes)) ?? .null }

    private static let end: [UInt8] = [UInt8(ascii: "}"), UInt8(ascii: "\n")]
}
