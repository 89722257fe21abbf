import API
import Machinery
import Store
import Synchronization

/// Writes watch events in the form that a client asked for. Plain objects are spliced from their stored bytes; other forms are made once
/// for all watchers, but for tables, whose cells tell ages.
final class EventEncoder: Sendable {
    enum Kind: String { case added = "ADDED", modified = "MODIFIED", deleted = "DELETED", bookmark = "BOOKMARK", error = "ERROR" }

    private let call: Call
    /// Bytes before `"metadata"` in a stored object.
    private let objectOpening: Int
    private let frames: EventFrames
    /// Only the first table of a watch carries its columns.
    private let owesColumns = Mutex(true)

    init(_ call: Call, _ frames: EventFrames) {
        self.call = call
        objectOpening = StoredObject.opening(call.names).count
        self.frames = frames
    }

    /// An object as it stands in the store. Throws ``APIStatus`` when it can't be converted to the version that is watched.
    func add(_ kind: Kind, _ entry: Entry, _ framing: EventFraming, to pieces: inout [[UInt8]]) throws(APIStatus) {
        if framing == .json, call.request.representation == .object, call.type.conversion == nil {
            return Self.splice(kind, entry.value, to: &pieces)
        }
        pieces.append(try frame(kind, entry.revision, framing) { () throws(APIStatus) in try call.bytes(entry) })
    }

    /// An object that no longer matches: as it was, with the revision of the change.
    func addLast(_ entry: Entry, at revision: Revision, _ framing: EventFraming, to pieces: inout [[UInt8]]) throws(APIStatus) {
        pieces.append(try frame(.deleted, revision, framing) { () throws(APIStatus) in try call.bytes(entry, at: revision) })
    }

    func addBookmark(_ revision: Revision, closesInitialEvents: Bool, _ framing: EventFraming, to pieces: inout [[UInt8]]) {
        var metadata: JSON = ["resourceVersion": .string(String(revision)), "creationTimestamp": nil]
        if closesInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        let object: JSON = ["kind": .string(call.names.kind), "apiVersion": .string(call.names.apiVersion), "metadata": metadata]
        switch call.request.representation {
        case .object: pieces.append(frame(.bookmark, object.serialized(), framing))
        case .metadata, .metadataList: pieces.append(frame(.bookmark, Representations.metadata(object).serialized(), framing))
        case .table:
            let table: JSON = TableWriter(call).table(
                [object], metadata: ["resourceVersion": .string(String(revision))], hasColumns: false)
            pieces.append(frame(.bookmark, table.serialized(), framing))
        }
    }

    func addError(_ status: APIStatus, _ framing: EventFraming, to pieces: inout [[UInt8]]) {
        pieces.append(frame(.error, status.json.serialized(), framing))
    }

    // MARK: - Forms

    private func frame(
        _ kind: Kind, _ revision: Revision, _ framing: EventFraming, _ object: () throws(APIStatus) -> [UInt8]
    ) throws(APIStatus) -> [UInt8] {
        let representation: APIRequest.Representation = call.request.representation
        guard representation != .table else { return frame(kind, table(tree(try object())).serialized(), framing) }
        let form = EventFrames.Form(kind: kind, framing: framing, representation: representation, apiVersion: call.names.apiVersion)
        return try frames.frame(revision, form) { () throws(APIStatus) in
            let object: [UInt8] = try object()
            return frame(kind, representation == .object ? object : StoredObject.partialMetadata(object, opening: objectOpening), framing)
        }
    }

    /// An event whose object is written already.
    private func frame(_ kind: Kind, _ object: [UInt8], _ framing: EventFraming) -> [UInt8] {
        if framing == .protobuf {
            let (apiVersion, name): (String, String) = ProtobufKinds.names(of: object)
            if let schema = ProtobufKinds.schema(apiVersion: apiVersion, kind: name) {
                return Protobuf.watchEvent(kind.rawValue, object, apiVersion: apiVersion, kind: name, schema)
            }
        }
        var pieces: [[UInt8]] = []
        Self.splice(kind, object, to: &pieces)
        return Array(pieces.joined())
    }

    private static func splice(_ kind: Kind, _ object: [UInt8], to pieces: inout [[UInt8]]) {
        pieces.append(heads[kind] ?? [])
        pieces.append(object)
        pieces.append(end)
    }

    private static let heads: [Kind: [UInt8]] = [Kind: [UInt8]](
        uniqueKeysWithValues: [Kind.added, .modified, .deleted, .bookmark, .error].map {
            ($0, Array(#"{"type":"\#($0.rawValue)","object":"#.utf8))
        })
    private static let end: [UInt8] = [UInt8(ascii: "}"), UInt8(ascii: "\n")]

    private func table(_ object: JSON) -> JSON {
        let isFirst: Bool = owesColumns.withLock { owes in
            defer { owes = false }
            return owes
        }
        return TableWriter(call).table(
            [object], metadata: ["resourceVersion": object[["metadata", "resourceVersion"]] ?? ""], hasColumns: isFirst)
    }

    private func tree(_ bytes: [UInt8]) -> JSON { (try? JSON(parsing: bytes)) ?? .null }
}
