package import API
import Machinery

/// Which form of an answer a client asked for, and what its body is.
package enum MediaTypes {
    /// What the answer is written in.
    package enum Form: Sendable { case json, yaml }

    static let accepted = "application/json, application/yaml"

    /// Reads an `Accept` header: the first entry that can be served wins. Throws 406 when none can.
    package static func representation(accept: String?) throws(APIStatus) -> (APIRequest.Representation, Form) {
        guard let accept, !accept.isEmpty else { return (.object, .json) }
        for entry in accept.split(separator: ",") {
            var parts: [Substring] = entry.split(separator: ";").map { $0.trimmingSpaces() }
            guard !parts.isEmpty else { continue }
            let form: Form
            switch parts.removeFirst().lowercased() {
            case "application/json", "*/*", "application/*": form = .json
            case "application/yaml": form = .yaml
            default: continue
            }
            var parameters: [String: String] = [:]
            for part in parts {
                let pair: [Substring] = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { parameters[pair[0].lowercased()] = String(pair[1]) }
            }
            guard let what = parameters["as"] else { return (.object, form) }
            guard parameters["g"] == "meta.k8s.io", parameters["v"] == "v1" else { continue }
            switch what {
            case "Table": return (.table, form)
            case "PartialObjectMetadata": return (.metadata, form)
            case "PartialObjectMetadataList": return (.metadataList, form)
            default: continue
            }
        }
        throw .notAcceptable(accepted)
    }

    /// Reads a `Content-Type` header. Throws 415 for types that are not read.
    package static func content(_ type: String?, verb: Verb) throws(APIStatus) -> APIRequest.ContentType {
        let name: String = type?.split(separator: ";").first.map { String($0.trimmingSpaces()).lowercased() } ?? ""
        guard verb == .patch else {
            switch name {
            case "", "application/json", "*/*": return .json
            case "application/yaml", "application/x-yaml": return .yaml
            case Protobuf.mediaType: return .protobuf
            default: throw .unsupportedMediaType(accepted + ", " + Protobuf.mediaType)
            }
        }
        switch name {
        case "application/json-patch+json": return .jsonPatch
        case "application/merge-patch+json": return .mergePatch
        case "application/strategic-merge-patch+json": return .strategicMergePatch
        case "application/apply-patch+yaml", "application/apply-patch+json": return .applyYAML
        default:
            throw .unsupportedMediaType(
                "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, application/strategic-merge-patch+json"
            )
        }
    }
}

extension Substring {
    func trimmingSpaces() -> Substring {
        var text: Substring = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
