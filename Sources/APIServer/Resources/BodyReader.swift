import API
import Machinery

/// Reads the body of a request as an object of a kind: parse, check apiVersion and kind, types, unknown and double fields.
struct BodyReader {
    let call: Call

    /// An object of the call's own kind.
    ///
    /// Throws ``APIStatus`` (400) with Kubernetes' texts; what `fieldValidation` lets pass becomes a warning.
    func object() throws(APIStatus) -> JSON {
        var complaints = BodyComplaints()
        let json: JSON = try Self.parse(call.request.body, call.request.contentType, call.type.schema, complaints: &complaints)
        if call.type.custom != nil { try checkIsNamed(json) }
        return try object(json, complaints: complaints)
    }

    /// What a custom resource is must stand in it; built-in kinds are known by their address.
    ///
    /// Source: `Decode` of k8s.io/apimachinery/pkg/runtime/serializer/json, `transformDecodeError` of k8s.io/apiserver/pkg/endpoints/handlers.
    private func checkIsNamed(_ json: JSON) throws(APIStatus) {
        guard json.object != nil else { return }
        let (kind, version): (String, String) = (json["kind"]?.string ?? "", json["apiVersion"]?.string ?? "")
        let body = String(decoding: call.request.body, as: UTF8.self)
        guard !kind.isEmpty else {
            let summary: String = body.utf8.count > 30 ? String(decoding: call.request.body.prefix(30), as: UTF8.self) + " ..." : body
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(call.names.kind)): Object 'Kind' is missing in '\(body)' (\(summary))"
            )
        }
        guard version.isEmpty else { return }
        throw .badRequest(
            "\(kind) in version \"\" cannot be handled as a \(call.names.kind): Object 'apiVersion' is missing in '\(body)'")
    }

    /// The same for a tree that a patch made.
    func object(_ json: JSON, complaints: BodyComplaints = BodyComplaints()) throws(APIStatus) -> JSON {
        try object(json, call.type.rules, kind: call.names.kind, apiVersion: call.names.apiVersion, complaints: complaints)
    }

    /// An object of another kind, as subresources have them.
    func object(_ schema: ObjectSchema, kind: String, apiVersion: String) throws(APIStatus) -> JSON {
        var complaints = BodyComplaints()
        let json: JSON = try Self.parse(call.request.body, call.request.contentType, schema, complaints: &complaints)
        return try object(json, schema, kind: kind, apiVersion: apiVersion, complaints: complaints)
    }

    /// The same for a tree that a patch made.
    func object(
        _ json: JSON, _ schema: ObjectSchema, kind: String, apiVersion: String, complaints: BodyComplaints = BodyComplaints()
    ) throws(APIStatus) -> JSON {
        try object(json, ObjectRules(schema), kind: kind, apiVersion: apiVersion, complaints: complaints)
    }

    private func object(
        _ json: JSON, _ rules: ObjectRules, kind: String, apiVersion: String, complaints: BodyComplaints
    ) throws(APIStatus) -> JSON {
        guard json.object != nil else {
            throw .badRequest(
                "couldn't get version/kind; json parse error: json: cannot unmarshal \(json.typeName) into Go value of type struct "
                    + #"{ APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#)
        }
        try checkNames(json, kind, apiVersion)
        var findings = DecodingFindings()
        var object: JSON
        do {
            object = try rules.decode(json, &findings)
        } catch {
            throw refusal(json, kind, "\(error)")
        }
        if object["kind"]?.string == nil { object["kind"] = .string(kind) }
        if object["apiVersion"]?.string == nil { object["apiVersion"] = .string(apiVersion) }
        switch call.options.fieldValidation ?? "Warn" {
        case "Strict":
            let errors: [String] = complaints.errors(unknown: findings.unknownFields, of: json, call)
            guard errors.isEmpty else { throw refusal(json, kind, "strict decoding error: " + errors.joined(separator: ", ")) }
        case "Warn": for text in complaints.warnings(unknown: findings.unknownFields, of: json, call) { call.warnings.add(text) }
        default: break
        }
        return object
    }

    /// Of what can't be read: 400 for a body, 422 for what a patch makes, which is shown. Source: `applyPatchToCurrentObject` and
    /// `strategicPatchObject` of k8s.io/apiserver/pkg/endpoints/handlers.
    private func refusal(_ json: JSON, _ kind: String, _ text: String) -> APIStatus {
        let type: APIRequest.ContentType = call.request.contentType
        guard call.request.verb == .patch, type != .applyYAML else {
            return .badRequest("\(kind) in version \"\(call.names.version)\" cannot be handled as a \(kind): \(text)")
        }
        var complaints = BodyComplaints()
        let patch: JSON? = type == .strategicMergePatch ? try? Self.parse(call.request.body, type, complaints: &complaints) : nil
        var problems = Problems()
        problems.invalid(Path("patch"), .string(patch.map(GoText.of) ?? json.sortedByKey.text()), text)
        return .invalid(KindNames("", group: "", plural: ""), "", problems)
    }

    private func checkNames(_ json: JSON, _ kind: String, _ apiVersion: String) throws(APIStatus) {
        let foundKind: String = json["kind"]?.string ?? kind
        let foundVersion: String = json["apiVersion"]?.string ?? apiVersion
        guard foundKind != kind || foundVersion != apiVersion else { return }
        func type(_ kind: String, _ apiVersion: String) -> ResourceType? {
            (Registry.types + Registry.bodyTypes).first { $0.names.kind == kind && $0.names.apiVersion == apiVersion }
        }
        let found: ResourceType? = type(foundKind, foundVersion)
        let isOfOurKind: Bool = foundKind == kind && found?.storedNames.group == call.names.group
        guard foundVersion == apiVersion || !(isOfOurKind || call.type.custom != nil) else {
            throw .badRequest("the API version in the data (\(foundVersion)) does not match the expected API version (\(apiVersion))")
        }
        guard call.type.custom == nil else {
            var problems = Problems()
            problems.invalid(Path("kind"), .string(foundKind), "must be \(kind)")
            throw .invalid(call.names, json[["metadata", "name"]]?.string ?? "", problems)
        }
        let version: String = foundVersion.split(separator: "/").last.map(String.init) ?? ""
        let why: String =
            found.map { found in
                // As Go names its types: v1.Pod, core.ConfigMap.
                let package: Substring = type(kind, apiVersion)?.schema.name.split(separator: ".").dropLast(2).last ?? ""
                return "converting (\(found.schema.goName)) to (\(package).\(kind)): unknown conversion"
            }
            ?? "no kind \"\(foundKind)\" is registered for version \"\(foundVersion)\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
        throw .badRequest("\(foundKind) in version \"\(version)\" cannot be handled as a \(kind): \(why)")
    }

    /// Throws ``APIStatus`` (400).
    ///
    /// - Parameters:
    ///   - schema: of the object; protobuf can't be read without.
    ///   - complaints: gets what only strict readers refuse.
    static func parse(
        _ bytes: [UInt8], _ type: APIRequest.ContentType, _ schema: ObjectSchema? = nil, complaints: inout BodyComplaints
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
                guard let document = try YAML.documents(bytes, file: nil).first else { return .null }
                complaints.add(document)
                return document.json
            } catch {
                throw .badRequest("error decoding YAML: \(error)")
            }
        case .json, .jsonPatch, .mergePatch, .strategicMergePatch:
            var duplicates: [String] = []
            let json: JSON
            do { json = try JSON(parsing: bytes, duplicates: &duplicates) } catch { throw unreadable(type, error.problem) }
            switch type {
            case .jsonPatch:
                guard json.array != nil else { throw unreadable(type, json, as: "[]interface {}") }
                complaints.add(duplicates: duplicates, ofPatch: json)
            case .mergePatch, .strategicMergePatch:
                guard json.object != nil || json == .null else { throw unreadable(type, json, as: "map[string]interface {}") }
                complaints.add(duplicates: duplicates)
            default: complaints.add(duplicates: duplicates)
            }
            return json
        }
    }

    /// Source: `Decode` of the JSON serializer of k8s.io/apimachinery; for patches, patch.go of k8s.io/apiserver/pkg/endpoints/handlers.
    private static func unreadable(_ type: APIRequest.ContentType, _ problem: String) -> APIStatus {
        switch type {
        case .json: .badRequest("couldn't get version/kind; json parse error: " + problem)
        case .strategicMergePatch: .badRequest(problem)
        default: .badRequest("error decoding patch: " + problem)
        }
    }

    private static func unreadable(_ type: APIRequest.ContentType, _ json: JSON, as goType: String) -> APIStatus {
        unreadable(type, "json: cannot unmarshal \(json.typeName) into Go value of type \(goType)")
    }
}
