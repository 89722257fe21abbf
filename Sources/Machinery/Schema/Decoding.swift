/// The value can't be read as the type that the schema declares. The text is that of Kubernetes, which is that of Go's decoder:
/// `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`.
public struct DecodingError: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// What decoding found beside the object.
public struct DecodingFindings: Sendable {
    /// Paths of members that no field declares; they were left out.
    public var unknownFields: [String] = []
    /// From the object that is decoded to the value at hand.
    fileprivate var trail: [Step] = []

    public init() {}

    fileprivate enum Step {
        case field(String)
        /// Of a map.
        case key(String)
        case element(Int)
    }

    /// Of the value at hand, or a member of it.
    fileprivate func path(_ member: String? = nil) -> Path {
        let path: Path = trail.reduce(Path.root) { path, step in
            switch step {
            case .field(let name), .key(let name): path.child(name)
            case .element(let index): path.index(index)
            }
        }
        return member.map { path.child($0) } ?? path
    }

    /// The fields on the way to the value at hand: Go's decoder counts neither keys of maps nor elements of lists.
    fileprivate var fields: String {
        trail.compactMap { if case .field(let name) = $0 { name } else { nil } }.joined(separator: ".")
    }
}

extension ObjectSchema {
    /// Checks the types of all members, drops nulls, unknown members and zero values that Go would not write, brings quantities and times
    /// into their canonical form, and adds what Go always writes: objects (`status: {}`) and zero values (`replicas: 0`).
    ///
    /// - Parameter isRoot: the object carries `apiVersion` and `kind`, which no schema declares.
    public func decode(
        _ json: JSON, isRoot: Bool = true, findings: inout DecodingFindings
    ) throws(DecodingError) -> JSON {
        findings.trail = []
        return try decodeObject(json, in: self, isRoot: isRoot, &findings) ?? json
    }

    /// nil for an object that is what it should be: most parts of most objects are, and are shared with the tree that was read.
    private func decodeObject(
        _ json: JSON, in owner: ObjectSchema, isRoot: Bool, _ findings: inout DecodingFindings
    ) throws(DecodingError) -> JSON? {
        guard case .object(let object) = json else { throw owner.mismatch(json, goName, findings) }
        // nil while all members until now stay as they are.
        var decoded: [JSONObject.Member]?
        for index in object.members.indices {
            let member: JSONObject.Member = object.members[index]
            var isKept: Bool = true
            var change: JSON?
            if let field: FieldSchema = self[member.key] {
                if member.value.isNull {
                    isKept = field.writtenZero?.isNull == true
                } else {
                    change = try decodeMember(member, field.type, .field(member.key), &findings)
                    isKept = !field.leavesOut(change ?? member.value)
                }
            } else if !keepsUnknown, !(isRoot && (member.key == "apiVersion" || member.key == "kind")) {
                findings.unknownFields.append(findings.path(member.key).description)
                isKept = false
            }
            if decoded == nil {
                if isKept, change == nil { continue }
                decoded = []
                decoded?.reserveCapacity(object.count + 2)
                decoded?.append(contentsOf: object.members[..<index])
            }
            if isKept { decoded?.append(JSONObject.Member(key: member.key, value: change ?? member.value)) }
        }
        var result = decoded.map { JSONObject(members: $0) } ?? object
        var isChanged: Bool = decoded != nil
        for field in alwaysObjects where result.index(of: field.name) == nil {
            let empty: JSON = .object([:])
            let member = JSONObject.Member(key: field.name, value: empty)
            result.append(field.name, try decodeMember(member, field.type, .field(field.name), &findings) ?? empty)
            isChanged = true
        }
        for zero in zeroes where result.index(of: zero.name) == nil {
            result.append(zero.name, zero.value)
            isChanged = true
        }
        return isChanged ? .object(result) : nil
    }

    private func decodeMember(
        _ member: JSONObject.Member, _ type: TypeSchema, _ step: @autoclosure () -> DecodingFindings.Step,
        _ findings: inout DecodingFindings
    ) throws(DecodingError) -> JSON? {
        if type.isPlain(member.value) { return nil }
        findings.trail.append(step())
        let change: JSON? = try decodeValue(member.value, as: type, &findings)
        findings.trail.removeLast()
        return change
    }

    private func decodeElement(
        _ value: JSON, _ index: Int, _ type: TypeSchema, _ findings: inout DecodingFindings
    ) throws(DecodingError) -> JSON? {
        if type.isPlain(value) { return nil }
        findings.trail.append(.element(index))
        let change: JSON? = try decodeValue(value, as: type, &findings)
        findings.trail.removeLast()
        return change
    }

    /// nil for a value that is what it should be.
    private func decodeValue(_ json: JSON, as type: TypeSchema, _ findings: inout DecodingFindings) throws(DecodingError) -> JSON? {
        switch (type, json) {
        case (.boolean, .bool), (.string, .string), (.double, .int), (.double, .number), (.int64, .int), (.any, _):
            return nil
        case (.int32, .int(let number)):
            guard Int32(exactly: number) != nil else { throw mismatch(json, type.goName, findings, number: "\(number)") }
            return nil
        case (.int32, .number(let text)), (.int64, .number(let text)):
            throw mismatch(json, type.goName, findings, number: text)
        case (.intOrString, .int), (.intOrString, .string):
            return nil
        case (.quantity, .string(let text)):
            let canonical: String
            do { canonical = try Quantity(text).description } catch { throw DecodingError(description: "\(error)") }
            return canonical == text ? nil : .string(canonical)
        case (.quantity, .number(let text)):
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
            return nil
        case (.object(let reference), _):
            return try reference.schema.decodeObject(json, in: self, isRoot: false, &findings)
        case (.union(let union), _):
            // Null is the zero value of the struct that it is in Go.
            guard !union.forms.isEmpty, !json.isNull else { return nil }
            guard let form: UnionSchema.Form = union.form(of: json) else { throw mismatch(json, type.goName, findings) }
            return try decodeValue(json, as: form.type, &findings)
        case (.list(let element), .array(let values)):
            var decoded: [JSON]?
            for index in values.indices {
                let isZero: Bool = values[index].isNull
                let value: JSON = isZero ? element.zero : values[index]
                let change: JSON? = try decodeElement(value, index, element, &findings)
                guard change != nil || isZero else { continue }
                if decoded == nil { decoded = values }
                decoded?[index] = change ?? value
            }
            return decoded.map { .array($0) }
        case (.map(let element), .object(let object)):
            var decoded: JSONObject?
            for index in object.members.indices {
                let member: JSONObject.Member = object.members[index]
                let isZero: Bool = member.value.isNull
                let value: JSON = isZero ? element.zero : member.value
                let change: JSON? = try decodeMember(
                    JSONObject.Member(key: member.key, value: value), element, .key(member.key), &findings)
                guard change != nil || isZero else { continue }
                if decoded == nil { decoded = object }
                decoded?.updateValue(at: index) { $0 = change ?? value }
            }
            return decoded.map { .object($0) }
        default:
            throw mismatch(json, type.goName, findings)
        }
    }

    private func mismatch(_ json: JSON, _ goType: String, _ findings: DecodingFindings, number: String? = nil) -> DecodingError {
        let found: String = number.map { "number " + $0 } ?? json.typeName
        let path: String = findings.fields
        guard !path.isEmpty else {
            return DecodingError(description: "json: cannot unmarshal \(found) into Go value of type \(goType)")
        }
        return DecodingError(
            description: "json: cannot unmarshal \(found) into Go struct field \(shortName).\(path) of type \(goType)")
    }
}

extension FieldSchema {
    /// A struct by value in Go: written even when it is empty.
    var isAlwaysObject: Bool {
        guard !isOptional, case .object = type else { return false }
        return true
    }

    /// What Go writes where a field without `omitempty`, or with a time, which `omitempty` does not leave out, is absent; nil for all others.
    public var writtenZero: JSON? {
        guard isWritten, !isRequired, defaultValue == nil else { return nil }
        switch type {
        case .time, .microTime: return .null
        case _ where isOptional: return nil
        case .boolean: return false
        case .int32, .int64, .double: return 0
        case .string: return ""
        case .list: return .null
        default: return nil
        }
    }

    /// Go's `omitempty`: the zero value of a plain field is not written.
    func leavesOut(_ value: JSON) -> Bool {
        guard !isOptional, !isWritten else { return false }
        switch type {
        case .string, .base64: return value.isEmpty
        // Where the API has a default, Go's type is a pointer: zero is a value.
        case .boolean, .int32, .int64, .double, .list, .map: return defaultValue == nil && value.isEmpty
        default: return false
        }
    }
}

extension TypeSchema {
    /// True for a plain value of this type, which decoding leaves as it is.
    @inline(__always)
    fileprivate func isPlain(_ json: JSON) -> Bool {
        switch (self, json) {
        case (.string, .string), (.boolean, .bool), (.int64, .int), (.any, _): true
        case (.int32, .int(let number)): Int32(exactly: number) != nil
        default: false
        }
    }

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
public enum Base64Text {
    /// The offset of the first byte that does not belong; nil for good text.
    public static func firstBadByte(_ text: String) -> Int? {
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
