/// The value can't be read as the type that the schema declares. The text is that of Kubernetes, which is that of Go's decoder:
/// `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`.
package struct DecodingError: Error, Sendable, CustomStringConvertible {
    package let description: String
}

/// What decoding found beside the object.
package struct DecodingFindings: Sendable {
    /// Paths of members that no field declares; they were left out.
    package var unknownFields: [String] = []

    package init() {}
}

extension ObjectSchema {
    /// Checks the types of all members, drops nulls, unknown members and zero values that Go would not write, brings quantities and times
    /// into their canonical form, and adds what Go always writes: objects (`status: {}`) and zero values (`replicas: 0`).
    ///
    /// - Parameter isRoot: the object carries `apiVersion` and `kind`, which no schema declares.
    package func decode(
        _ json: JSON, isRoot: Bool = true, findings: inout DecodingFindings
    ) throws(DecodingError) -> JSON {
        try decodeObject(json, self.shortName, .root, isRoot: isRoot, &findings)
    }

    private func decodeObject(
        _ json: JSON, _ owner: String, _ path: Path, isRoot: Bool, _ findings: inout DecodingFindings
    ) throws(DecodingError) -> JSON {
        guard case .object(let object) = json else { throw mismatch(json, owner, path, goName) }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(object.count + 2)
        for member in object.members {
            guard let field: FieldSchema = self[member.key] else {
                if isRoot && (member.key == "apiVersion" || member.key == "kind") || keepsUnknown {
                    members.append(member)
                } else {
                    findings.unknownFields.append(path.child(member.key).description)
                }
                continue
            }
            guard !member.value.isNull else { continue }
            let value: JSON = try decodeValue(member.value, as: field.type, path.child(member.key), &findings)
            guard !field.leavesOut(value) else { continue }
            members.append(JSONObject.Member(key: member.key, value: value))
        }
        var result = JSONObject(members: members)
        for field in fields where field.isAlwaysObject && result[field.name] == nil {
            result.append(field.name, try decodeValue([:], as: field.type, path.child(field.name), &findings))
        }
        for zero in zeroes where result[zero.name] == nil { result.append(zero.name, zero.value) }
        return .object(result)
    }

    private func decodeValue(
        _ json: JSON, as type: TypeSchema, _ path: Path, _ findings: inout DecodingFindings
    ) throws(DecodingError) -> JSON {
        switch (type, json) {
        case (.boolean, .bool), (.string, .string), (.double, .int), (.double, .number), (.int64, .int), (.any, _):
            return json
        case (.int32, .int(let number)):
            guard Int32(exactly: number) != nil else { throw mismatch(json, shortName, path, type.goName, number: "\(number)") }
            return json
        case (.int32, .number(let text)), (.int64, .number(let text)):
            throw mismatch(json, shortName, path, type.goName, number: text)
        case (.intOrString, .int), (.intOrString, .string):
            return json
        case (.quantity, .string(let text)), (.quantity, .number(let text)):
            do { return .string(try Quantity(text).description) } catch { throw DecodingError(description: "\(error)") }
        case (.quantity, .int(let number)):
            return .string(Quantity(number).description)
        case (.time, .string(let text)):
            do { return .string(try Time(parsing: text).description) } catch { throw DecodingError(description: "\(error)") }
        case (.microTime, .string(let text)):
            do { return .string(try MicroTime(parsing: text).description) } catch { throw DecodingError(description: "\(error)") }
        case (.base64, .string(let text)):
            if let offset = Base64Text.firstBadByte(text) {
                throw DecodingError(description: "illegal base64 data at input byte \(offset)")
            }
            return json
        case (.object(let reference), _):
            return try reference.schema.decodeObject(json, shortName, path, isRoot: false, &findings)
        case (.union(let union), _):
            // Null is the zero value of the struct that it is in Go.
            guard !union.forms.isEmpty, !json.isNull else { return json }
            guard let form: UnionSchema.Form = union.form(of: json) else { throw mismatch(json, shortName, path, type.goName) }
            return try decodeValue(json, as: form.type, path, &findings)
        case (.list(let element), .array(let values)):
            var decoded: [JSON] = []
            decoded.reserveCapacity(values.count)
            for (index, value) in values.enumerated() {
                decoded.append(try decodeValue(value.isNull ? element.zero : value, as: element, path.index(index), &findings))
            }
            return .array(decoded)
        case (.map(let element), .object(let object)):
            var members: [JSONObject.Member] = []
            members.reserveCapacity(object.count)
            for member in object.members {
                let value: JSON = member.value.isNull ? element.zero : member.value
                members.append(
                    JSONObject.Member(
                        key: member.key, value: try decodeValue(value, as: element, path.child(member.key), &findings)))
            }
            return .object(JSONObject(members: members))
        default:
            throw mismatch(json, shortName, path, type.goName)
        }
    }

    private func mismatch(_ json: JSON, _ owner: String, _ path: Path, _ goType: String, number: String? = nil) -> DecodingError {
        let found: String = number.map { "number " + $0 } ?? json.typeName
        guard !path.description.isEmpty else {
            return DecodingError(description: "json: cannot unmarshal \(found) into Go value of type \(goType)")
        }
        return DecodingError(
            description: "json: cannot unmarshal \(found) into Go struct field \(owner).\(path) of type \(goType)")
    }
}

extension FieldSchema {
    /// A struct by value in Go: written even when it is empty.
    var isAlwaysObject: Bool {
        guard !isOptional, case .object = type else { return false }
        return true
    }

    /// What Go writes where a plain field without `omitempty` is absent; nil for all other fields.
    var writtenZero: JSON? {
        guard isAlwaysWritten, !isOptional, !isRequired, defaultValue == nil else { return nil }
        switch type {
        case .boolean: return false
        case .int32, .int64, .double: return 0
        case .string: return ""
        default: return nil
        }
    }

    /// Go's `omitempty`: the zero value of a plain field is not written.
    func leavesOut(_ value: JSON) -> Bool {
        guard !isOptional, !isAlwaysWritten else { return false }
        switch type {
        case .string, .base64: return value.isEmpty
        // Where the API has a default, Go's type is a pointer: zero is a value.
        case .boolean, .int32, .int64, .double, .list, .map: return defaultValue == nil && value.isEmpty
        default: return false
        }
    }
}

extension TypeSchema {
    /// What Go makes of a null inside a list or map.
    fileprivate var zero: JSON {
        switch self {
        case .boolean: false
        case .int32, .int64, .double, .intOrString: 0
        case .string, .base64: ""
        case .quantity: "0"
        case .list: []
        case .object, .map: [:]
        case .time, .microTime, .any, .union: nil
        }
    }
}

/// Standard base64 with padding, as Go's decoder takes it (line breaks are skipped).
package enum Base64Text {
    /// The offset of the first byte that does not belong; nil for good text.
    package static func firstBadByte(_ text: String) -> Int? {
        var digits = 0
        var padding = 0
        var end = 0
        for (offset, byte) in text.utf8.enumerated() {
            end = offset + 1
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): continue
            case UInt8(ascii: "="):
                padding += 1
                guard padding <= 2, digits % 4 >= 2, (digits + padding) % 4 != 1 else { return offset }
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "+"), UInt8(ascii: "/"):
                guard padding == 0 else { return offset }
                digits += 1
            default: return offset
            }
        }
        return (digits + padding) % 4 == 0 ? nil : end
    }
}
