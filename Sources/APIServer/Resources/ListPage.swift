import API
import FoundationEssentials
import Machinery
import Store

/// What a list answers, before it takes a form.
struct ListPage: Sendable {
    var entries: [Entry]
    /// The one that the list shows.
    var revision: Revision
    /// Set when more follow.
    var continueToken: String?
    /// How many follow; nil when a selector makes that unknown.
    var remaining: Int?

    init(entries: [Entry], revision: Revision) {
        self.entries = entries
        self.revision = revision
    }

    /// The `metadata` of the list.
    var metadata: JSON {
        var json: JSON = ["resourceVersion": .string(String(revision))]
        if let continueToken { json["continue"] = .string(continueToken) }
        if let remaining { json["remainingItemCount"] = .int(Int64(remaining)) }
        return json
    }

    /// The list as JSON: the objects' bytes one after the other, nothing decoded unless it is stored in another version.
    ///
    /// Upstream's lists of custom resources are trees: their entries keep kind and apiVersion, and `continue` is always there.
    func spliced(_ call: Call) throws(APIStatus) -> [ArraySlice<UInt8>] {
        guard call.type.custom == nil else {
            var metadata: JSON = metadata
            metadata["continue"] = .string(continueToken ?? "")
            return list(call.names.listKind, call.names.apiVersion, metadata, try call.bytes(entries).map { $0[...] }, before: [])
        }
        let opening: Int = StoredObject.opening(call.names).count
        let items: [ArraySlice<UInt8>] = try call.bytes(entries).map { StoredObject.listItem($0, opening: opening) }
        return list(call.names.listKind, call.names.apiVersion, metadata, items, before: [UInt8(ascii: "{")])
    }

    /// The same as a `PartialObjectMetadataList`.
    func splicedMetadata(_ call: Call) throws(APIStatus) -> [ArraySlice<UInt8>] {
        let opening: Int = StoredObject.opening(call.names).count
        let items: [ArraySlice<UInt8>] = try call.bytes(entries).map { StoredObject.partialMetadata($0, opening: opening)[...] }
        return list("PartialObjectMetadataList", "meta.k8s.io/v1", metadata, items, before: [])
    }

    private func list(
        _ kind: String, _ apiVersion: String, _ metadata: JSON, _ items: [ArraySlice<UInt8>], before: [UInt8]
    ) -> [ArraySlice<UInt8>] {
        let head = #"{"kind":"\#(kind)","apiVersion":"\#(apiVersion)","metadata":\#(metadata.text()),"items":["#
        let between: ArraySlice<UInt8> = ([UInt8(ascii: ",")] + before)[...]
        var pieces: [ArraySlice<UInt8>] = [Array(head.utf8)[...]]
        pieces.reserveCapacity(items.count * 2 + 2)
        for (index, item) in items.enumerated() {
            pieces.append(index == 0 ? between.dropFirst() : between)
            pieces.append(item)
        }
        pieces.append([UInt8(ascii: "]"), UInt8(ascii: "}")])
        return pieces
    }
}

/// Where a list in pages goes on; opaque to clients.
struct ContinueToken {
    /// All pages show this one.
    /// nil goes on with the newest state, as the token of a 410 does.
    let revision: Revision?
    /// The last key of the page before, without the list's prefix.
    let after: String

    init(revision: Revision?, after: String) {
        self.revision = revision
        self.after = after
    }

    /// Throws ``APIStatus`` (400) for a text that no list gave.
    init(_ text: String) throws(APIStatus) {
        guard let data = Data(base64Encoded: text), let json = try? JSON(parsing: Array(data)), json["v"] == "meta.k8s.io/v1",
            let revision = json["rv"]?.int, revision >= -1, let after = json["start"]?.string
        else { throw .badRequest("invalid continue token: continue key is not valid: it was not made by a list of this server") }
        self.revision = Revision(exactly: revision)
        self.after = after
    }

    var text: String {
        let json: JSON = ["v": "meta.k8s.io/v1", "rv": .int(revision.map { Int64($0) } ?? -1), "start": .string(after)]
        return Data(json.serialized()).base64EncodedString()
    }
}
