import API
import Machinery
import Synchronization

/// What the ownership of fields starts from in the objects of one schema; made once for each.
final class OwnershipTemplate: Sendable {
    /// What a create starts from: the members that every object of the kind has, without value. Those nobody has added.
    let empty: JSON
    /// The status of a new object, as it is written; nil where there is none then.
    let status: JSON?
    private let resetByObject: FieldSet
    private let resetByStatus: FieldSet
    /// The object that was created last, without managed fields, and what its creator owns of it.
    private let last = Mutex<(object: JSON, fields: JSON)?>(nil)

    init(_ schema: ObjectSchema) {
        empty = Self.emptyValue(schema, depth: 0)
        var findings = DecodingFindings()
        status = try? schema.decode([:], findings: &findings)["status"]
        resetByObject = schema["status"] == nil ? FieldSet() : FieldSet(paths: [["status"]])
        resetByStatus = FieldSet(paths: schema.fields.map(\.name).filter { $0 != "status" && $0 != "metadata" }.map { [$0] })
    }

    static func of(_ schema: ObjectSchema) -> OwnershipTemplate { FieldShapes.of(schema).template(schema) }

    /// What the creator owns of an object: mostly the same as of the one before, as one program makes many.
    func fields(ofNew object: JSON, _ shape: FieldShape, _ make: () -> FieldSet) -> JSON {
        if let last = last.withLock({ $0 }), shape.areAlike(last.object, object) { return last.fields }
        let fields: JSON = make().json
        last.withLock { $0 = (object, fields) }
        return fields
    }

    /// The same with the names of an object.
    func empty(like object: JSON) -> JSON {
        var empty: JSON = empty
        empty["apiVersion"] = object["apiVersion"]
        empty["kind"] = object["kind"]
        return empty
    }

    /// What a write to this path cannot change where status is a subresource: the status through the object, all else through the status.
    func resetFields(_ subresource: String, _ metadata: StatusMetadata = .written()) -> FieldSet {
        switch subresource {
        case "": resetByObject
        case "status": resetByStatus.union(FieldSet(paths: metadata.resetPaths))
        default: FieldSet()
        }
    }

    private static func emptyValue(_ schema: ObjectSchema, depth: Int) -> JSON {
        var members: [JSONObject.Member] = []
        for field in schema.fields where !field.isOptional || field.writtenZero?.isNull == true {
            let value: JSON
            switch field.type {
            case .object(let reference): value = depth < 8 ? emptyValue(reference.schema, depth: depth + 1) : .object([:])
            case _ where !field.isWritten: continue
            case .boolean: value = false
            case .int32, .int64, .double: value = 0
            case .string, .base64: value = ""
            default: value = .null
            }
            members.append(JSONObject.Member(key: field.name, value: value))
        }
        return .object(JSONObject(members: members))
    }
}

extension StatusMetadata {
    /// Of the metadata that a write to the status leaves alone.
    fileprivate var resetPaths: [[String]] {
        switch self {
        case .kept: [["metadata"]]
        case .written(let others): others.map { ["metadata", $0] }
        }
    }
}
