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
    private let rings: EventRings
    /// Ages in a table are those of the event, not of the watch's beginning.
    private let clock: ClusterClock
    /// Only the first table of a watch carries its columns.
    private let owesColumns = Mutex(true)

    init(_ call: Call, _ rings: EventRings, clock: ClusterClock) {
        self.call = call
        self.clock = clock
        objectOpening = StoredObject.opening(call.names).count
        self.rings = rings
    }

    /// Writes a change. Throws ``APIStatus`` when an object can't be converted to the version that is watched.
    func add(_ change: WatchedChange, _ framing: EventFraming, to pieces: inout [[UInt8]]) throws(APIStatus) {
        switch change {
        case .object(let kind, let entry):
            if framing == .json, call.request.representation == .object, call.type.conversion == nil {
                return Self.splice(kind, entry.value, to: &pieces)
            }
            pieces.append(try frame(kind, entry.revision, framing) { () throws(APIStatus) in try call.bytes(entry) })
        case .last(let entry, let revision):
            pieces.append(try frame(.deleted, revision, framing) { () throws(APIStatus) in try call.bytes(entry, at: revision) })
        case .bookmark(let revision, let closesInitialEvents):
            addBookmark(revision, closesInitialEvents: closesInitialEvents, framing, to: &pieces)
        case .error(let status): addError(status, framing, to: &pieces)
        }
    }

    private func bookmark(_ revision: Revision, closesInitialEvents: Bool) -> JSON {
        var metadata: JSON = ["resourceVersion": .string(String(revision))]
        if closesInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        return ["kind": .string(call.names.kind), "apiVersion": .string(call.names.apiVersion), "metadata": metadata]
    }

    private func addBookmark(_ revision: Revision, closesInitialEvents: Bool, _ framing: EventFraming, to pieces: inout [[UInt8]]) {
        let object: JSON = bookmark(revision, closesInitialEvents: closesInitialEvents)
        switch call.request.representation {
        case .object: pieces.append(frame(.bookmark, object.serialized(), framing))
        case .metadata, .metadataList: pieces.append(frame(.bookmark, Representations.metadata(object).serialized(), framing))
        case .table:
            let table: JSON = TableWriter(call, now: clock.time).table(
                [object], metadata: ["resourceVersion": .string(String(revision))], hasColumns: false)
            pieces.append(frame(.bookmark, table.serialized(), framing))
        }
    }

    func addError(_ status: APIStatus, _ framing: EventFraming, to pieces: inout [[UInt8]]) {
        pieces.append(frame(.error, status.json.serialized(), framing))
    }

    // MARK: - Trees

    /// Whether ``tree(_:omitsManagedFields:)`` can make what is asked for.
    var tellsTrees: Bool { call.request.representation != .table }

    /// A change as a tree, and its kind; nothing was written for it, and only what is asked for is read.
    ///
    /// Throws ``APIStatus`` for a change that is an error, and when an object can't be converted.
    func tree(_ change: WatchedChange, omitsManagedFields: Bool) throws(APIStatus) -> (kind: String, object: JSON) {
        switch change {
        case .object(let kind, let entry):
            let isWhole: Bool = call.request.representation == .object
            var form = EventRings.Tree(isWhole: true, omitsManagedFields: omitsManagedFields, apiVersion: call.names.apiVersion)
            if !isWhole {
                if let whole = rings.trees.known(entry.revision, form) { return (kind.rawValue, Representations.metadata(whole)) }
                form.isWhole = false
            }
            let object: JSON = try rings.trees.event(entry.revision, form, isKept: { _ in entry.value.count <= EventRings.largest }) {
                () throws(APIStatus) in try tree(of: call.bytes(entry), omitsManagedFields)
            }
            return (kind.rawValue, object)
        case .last(let entry, let revision):
            return (Kind.deleted.rawValue, try tree(of: call.bytes(entry, at: revision), omitsManagedFields))
        case .bookmark(let revision, let closesInitialEvents):
            let object: JSON = bookmark(revision, closesInitialEvents: closesInitialEvents)
            return (Kind.bookmark.rawValue, call.request.representation == .object ? object : Representations.metadata(object))
        case .error(let status): throw status
        }
    }

    private func tree(of bytes: [UInt8], _ omitsManagedFields: Bool) throws(APIStatus) -> JSON {
        do throws(JSONError) {
            guard call.request.representation != .object else {
                return try JSONScanner.tree(
                    of: bytes, in: 0..<bytes.count, without: omitsManagedFields ? StoredObject.managedFields : [])
            }
            let metadata: Range<Int> = StoredObject.metadata(in: bytes, opening: objectOpening)
            return [
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                "metadata": try JSONScanner.tree(of: bytes, in: metadata, without: omitsManagedFields ? Self.managedFields : []),
            ]
        } catch {
            throw .internalError("a stored \(call.names.kind) can't be read: \(error)")
        }
    }

    // MARK: - Forms

    private func frame(
        _ kind: Kind, _ revision: Revision, _ framing: EventFraming, _ object: () throws(APIStatus) -> [UInt8]
    ) throws(APIStatus) -> [UInt8] {
        let representation: APIRequest.Representation = call.request.representation
        guard representation != .table else { return frame(kind, table(tree(try object())).serialized(), framing) }
        let form = EventRings.Frame(kind: kind, framing: framing, representation: representation, apiVersion: call.names.apiVersion)
        return try rings.frames.event(revision, form, isKept: { $0.count <= EventRings.largest }) { () throws(APIStatus) in
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
        return pieces.joinedBytes
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
    /// Of metadata that is read alone.
    private static let managedFields: JSONOmissions = [["managedFields"]]

    private static let end: [UInt8] = [UInt8(ascii: "}"), UInt8(ascii: "\n")]

    private func table(_ object: JSON) -> JSON {
        let isFirst: Bool = owesColumns.withLock { owes in
            defer { owes = false }
            return owes
        }
        return TableWriter(call, now: clock.time).table(
            [object], metadata: ["resourceVersion": object[["metadata", "resourceVersion"]] ?? ""], hasColumns: isFirst)
    }

    private func tree(_ bytes: [UInt8]) -> JSON { (try? JSON(parsing: bytes)) ?? .null }
}
