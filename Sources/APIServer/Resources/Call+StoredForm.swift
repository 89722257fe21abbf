import API
import Machinery
import Store

/// The seam between the version that a call speaks and the form in which objects are stored. Most types have one form only, whose bytes
/// pass through untouched.
extension Call {
    /// The served object. Throws ``APIStatus`` when it can't be converted.
    func tree(_ entry: Entry) throws(APIStatus) -> JSON {
        guard let conversion = type.conversion, !isServedAsStored(entry, conversion) else { return Self.parsed(entry) }
        guard let served = try conversion.toServed([Self.parsed(entry)]).first else {
            throw .internalError("the conversion of \(entry.key) to \(names.apiVersion) gave no object")
        }
        return served
    }

    func trees(_ entries: [Entry]) throws(APIStatus) -> [JSON] {
        guard let conversion = type.conversion else { return entries.map(Self.parsed) }
        let stored: [JSON] = entries.map(Self.parsed)
        if entries.allSatisfy({ isServedAsStored($0, conversion) }) { return stored }
        return try conversion.toServed(stored)
    }

    /// The served object as it goes over the wire: `{"kind":…,"apiVersion":…,"metadata":{"resourceVersion":…`
    func bytes(_ entry: Entry) throws(APIStatus) -> [UInt8] {
        guard let conversion = type.conversion, !isServedAsStored(entry, conversion) else { return entry.value }
        return StoredObject(try tree(entry), names).bytes(entry.revision)
    }

    /// The same for a list; those that must be converted are so in one go.
    func bytes(_ entries: [Entry]) throws(APIStatus) -> [[UInt8]] {
        guard let conversion = type.conversion else { return entries.map(\.value) }
        let others: [Int] = entries.indices.filter { !isServedAsStored(entries[$0], conversion) }
        var bytes: [[UInt8]] = entries.map(\.value)
        guard !others.isEmpty else { return bytes }
        let served: [JSON] = try conversion.toServed(others.map { Self.parsed(entries[$0]) })
        for (index, object) in zip(others, served) { bytes[index] = StoredObject(object, names).bytes(entries[index].revision) }
        return bytes
    }

    /// An older version of an object with a newer revision: what a watcher sees last of an object that no longer matches.
    func bytes(_ entry: Entry, at revision: Revision) throws(APIStatus) -> [UInt8] {
        guard let conversion = type.conversion, !isServedAsStored(entry, conversion) else {
            let opening: [UInt8] = StoredObject.opening(names) + Array(#""metadata":{"resourceVersion":""#.utf8)
            return opening + Array(String(revision).utf8) + entry.value[(opening.count + String(entry.revision).utf8.count)...]
        }
        return StoredObject(try tree(entry), names).bytes(revision)
    }

    /// What is to be stored of a served object. Throws ``APIStatus`` when it can't be converted.
    ///
    /// - Parameter size: how many bytes that may be.
    func stored(_ object: JSON, about size: Int = 0) throws(APIStatus) -> StoredObject {
        guard let conversion = type.conversion else { return StoredObject(object, names, about: size) }
        return StoredObject(try conversion.toStored(object), conversion.names)
    }

    /// False for an object that the next write, even of the same content, brings into the version that is stored now.
    func isStoredAsWished(_ entry: Entry) -> Bool {
        guard let conversion = type.conversion else { return true }
        return entry.value.starts(with: StoredObject.opening(conversion.names))
    }

    private func isServedAsStored(_ entry: Entry, _ conversion: ObjectConversion) -> Bool {
        guard let definedAt = conversion.definedAt, entry.revision > definedAt else { return false }
        return entry.value.starts(with: StoredObject.opening(names))
    }

    private static func parsed(_ entry: Entry) -> JSON { (try? JSON(parsing: entry.value)) ?? .null }
}
