import API
import Machinery

/// Reads the body of a request as an object of a kind: parse, check apiVersion and kind, types, unknown and double fields.
struct BodyReader {
    let call: Call

    /// An object of the call's own kind.
    ///
    /// Throws ``APIStatus`` (400) with Kubernetes' texts; what `fieldValidation` lets pass becomes a warning.
    func object() throws(APIStatus) -> JSON {
        var duplicates: [String] = []
        let json: JSON = try Self.parse(call.request.body, call.request.contentType, call.type.schema, duplicates: &duplicates)
        return try object(json, duplicates: duplicates)
    }

    /// The same for a tree that a patch made.
    func object(_ json: JSON, duplicates: [String] = []) throws(APIStatus) -> JSON {
        try object(json, call.type.rules, kind: call.names.kind, apiVersion: call.names.apiVersion, duplicates: duplicates)
    }

    /// An object of another kind, as subresources have them.
    func object(_ schema: ObjectSchema, kind: String, apiVersion: String) throws(APIStatus) -> JSON {
        var duplicates: [String] = []
        let json: JSON = try Self.parse(call.request.body, call.request.contentType, schema, duplicates: &duplicates)
        return try object(json, schema, kind: kind, apiVersion: apiVersion, duplicates: duplicates)
    }

    /// The same for a tree that a patch made.
    func object(
        _ json: JSON, _ schema: ObjectSchema, kind: String, apiVersion: String, duplicates: [String] = []
    ) throws(APIStatus) -> JSON {
        try object(json, ObjectRules(schema), kind: kind, apiVersion: apiVersion, duplicates: duplicates)
    }

    private func object(
        _ json: JSON, _ rules: ObjectRules, kind: String, apiVersion: String, duplicates: [String]
    ) throws(APIStatus) -> JSON {
        guard json.object != nil else {
            throw .badRequest(
                "couldn't get version/kind; json parse error: json: cannot unmarshal \(json.typeName) into Go value of type struct")
        }
        try checkNames(json, kind, apiVersion)
        var findings = DecodingFindings()
        var object: JSON
        do {
            object = try rules.decode(json, &findings)
        } catch {
            throw .badRequest("\(kind) in version \"\(call.names.version)\" cannot be handled as a \(kind): \(error)")
        }
        object["kind"] = .string(kind)
        object["apiVersion"] = .string(apiVersion)
        try report(findings.unknownFields.map { "unknown field \"\($0)\"" } + duplicates.map { "duplicate field \"\($0)\"" }, kind)
        return object
    }

    private func report(_ complaints: [String], _ kind: String) throws(APIStatus) {
        guard !complaints.isEmpty else { return }
        switch call.options.fieldValidation ?? "Warn" {
        case "Strict":
            throw .badRequest(
                "\(kind) in version \"\(call.names.version)\" cannot be handled as a \(kind): strict decoding error: "
                    + complaints.joined(separator: ", "))
        case "Warn": for complaint in complaints { call.warnings.add(complaint) }
        default: break
        }
    }

    private func checkNames(_ json: JSON, _ kind: String, _ apiVersion: String) throws(APIStatus) {
        let foundKind: String = json["kind"]?.string ?? kind
        let foundVersion: String = json["apiVersion"]?.string ?? apiVersion
        guard foundKind != kind || foundVersion != apiVersion else { return }
        let group: (String) -> String = { $0.contains("/") ? $0 : "/" + $0 }
        throw .badRequest(
            "\(foundKind) in version \"\(foundVersion)\" cannot be handled as a \(kind): the object provided is unrecognized "
                + "(must be of type \(kind)): expected \(group(apiVersion)), Kind=\(kind)")
    }

    /// Throws ``APIStatus`` (400).
    ///
    /// - Parameter schema: of the object; protobuf can't be read without.
    static func parse(
        _ bytes: [UInt8], _ type: APIRequest.ContentType, _ schema: ObjectSchema? = nil, duplicates: inout [String]
    ) throws(APIStatus) -> JSON {
        switch type {
        case .protobuf:
            guard let schema else { throw .unsupportedMediaType(MediaTypes.accepted) }
            do {
                let (apiVersion, kind, message) = try Protobuf.envelope(bytes)
                var json: JSON = try schema.decode(protobuf: message)
                json["apiVersion"] = .string(apiVersion)
                json["kind"] = .string(kind)
                return json
            } catch {
                throw .badRequest("\(error)")
            }
        case .yaml, .applyYAML:
            do {
                return try YAML.documents(bytes, file: nil).first?.json ?? .null
            } catch {
                throw .badRequest("error decoding YAML: \(error)")
            }
        default:
            do {
                return try JSON(parsing: bytes, duplicates: &duplicates)
            } catch {
                throw .badRequest("couldn't get version/kind; json parse error: \(error)")
            }
        }
    }
}
