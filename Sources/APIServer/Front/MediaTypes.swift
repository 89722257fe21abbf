package import API
import Machinery

/// Which form of an answer a client asked for, and what its body is.
///
/// Source: `NegotiateMediaTypeOptions` in k8s.io/apiserver; CBOR is off there and not served here, so that clients fall back to JSON.
package enum MediaTypes {
    /// What is asked of decides which forms there are.
    package struct Endpoint: Sendable {
        /// False for custom resources, which have no numbers.
        package var hasProtobuf = true
        package var isWatch = false
        /// False for reviews and the like, which are answered and not kept: they have no columns and no metadata to show.
        package var hasOtherForms = true

        package init(hasProtobuf: Bool = true, isWatch: Bool = false, hasOtherForms: Bool = true) {
            self.hasProtobuf = hasProtobuf
            self.isWatch = isWatch
            self.hasOtherForms = hasOtherForms
        }
    }

    private struct Served {
        let type: String
        let subtype: String
        let encoding: WireForm.Encoding
        /// Whether a watch can be written in it.
        let streams: Bool
    }

    /// In the order in which a wildcard chooses.
    private static let served: [Served] = [
        Served(type: "application", subtype: "json", encoding: .json, streams: true),
        Served(type: "application", subtype: "yaml", encoding: .yaml, streams: false),
        Served(type: "application", subtype: "vnd.kubernetes.protobuf", encoding: .protobuf, streams: true),
    ]

    /// What custom resources are patched with: no declared merge keys, no strategic merge.
    static let customPatches = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    static let accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    private static let acceptedForWatch = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"

    /// Reads an `Accept` header. Throws ``APIStatus`` (406) when nothing of it can be served.
    package static func form(accept: String?, for endpoint: Endpoint = Endpoint()) throws(APIStatus) -> WireForm {
        guard let accept, !accept.isEmpty, accept != "application/json", accept != "*/*" else { return WireForm() }
        for clause in AcceptClause.clauses(accept) {
            for served in served where clause.means(served.type, served.subtype) {
                guard let form = form(clause, served, endpoint) else { continue }
                guard served.streams || !endpoint.isWatch else { throw .notAcceptable(acceptedForWatch) }
                return form
            }
        }
        throw .notAcceptable(endpoint.isWatch ? acceptedForWatch : accepted)
    }

    /// What follows the type where all groups are asked for in one document.
    static let aggregated = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    /// The encoding of the discovery of all groups in one document; nil for who wants, or would sooner have, the old lists.
    static func aggregatedDiscovery(_ accept: String) -> WireForm.Encoding? {
        for clause in AcceptClause.clauses(accept) {
            for served in served where served.encoding != .yaml && clause.means(served.type, served.subtype) {
                guard clause.parameters.contains(where: { $0.name == "as" }) else { return nil }
                let names: [Substring] = clause.parameters.filter { ["g", "v", "as"].contains($0.name) }.map { $0.name + "=" + $0.value }
                if names.sorted() == ["as=APIGroupDiscoveryList", "g=apidiscovery.k8s.io", "v=v2"] { return served.encoding }
            }
        }
        return nil
    }

    /// nil when this type can't be had with the clause's parameters.
    private static func form(_ clause: AcceptClause, _ served: Served, _ endpoint: Endpoint) -> WireForm? {
        var form = WireForm(encoding: served.encoding)
        var wanted: (kind: Substring, group: Substring, version: Substring)?
        for (name, value) in clause.parameters {
            switch name {
            case "as": wanted = (value, wanted?.group ?? "", wanted?.version ?? "")
            case "g": wanted = (wanted?.kind ?? "", value, wanted?.version ?? "")
            case "v": wanted = (wanted?.kind ?? "", wanted?.group ?? "", value)
            case "stream": guard value.isEmpty || (served.streams && value == "watch") else { return nil }
            case "pretty": form.isPretty = value == "1"
            default: break
            }
        }
        guard let wanted else { return served.encoding == .protobuf && !endpoint.hasProtobuf ? nil : form }
        guard endpoint.hasOtherForms, wanted.group == "meta.k8s.io", wanted.version == "v1" || wanted.version == "v1beta1" else {
            return nil
        }
        form.hasBetaName = wanted.version == "v1beta1"
        switch wanted.kind {
        case "Table": form.representation = .table
        case "PartialObjectMetadata": form.representation = .metadata
        case "PartialObjectMetadataList": form.representation = .metadataList
        default: return nil
        }
        // Cells may hold anything, which protobuf has no word for.
        return (form.representation == .table || form.hasBetaName) && served.encoding == .protobuf ? nil : form
    }

    /// Reads a `Content-Type` header. Throws ``APIStatus`` (415) for types that are not read.
    ///
    /// Patches of built-in kinds are refused by their route, in its own words. Source: `detectRoute` of emicklei/go-restful.
    package static func content(_ type: String?, verb: Verb, isCustom: @autoclosure () -> Bool) throws(APIStatus) -> APIRequest.ContentType
    {
        if type == "application/json", verb != .patch { return .json }
        let name: String = type?.split(separator: ";").first.map { String($0.trimmingSpaces()).lowercased() } ?? ""
        guard verb == .patch else {
            switch name {
            case "", "application/json", "*/*": return .json
            case "application/yaml", "application/x-yaml": return .yaml
            case Protobuf.mediaType: return .protobuf
            default: throw .unsupportedMediaType(accepted)
            }
        }
        switch name {
        case "application/json-patch+json": return .jsonPatch
        case "application/merge-patch+json": return .mergePatch
        case "application/strategic-merge-patch+json": return .strategicMergePatch
        case "application/apply-patch+yaml", "application/apply-patch+json": return .applyYAML
        default:
            guard !isCustom() else { throw .unsupportedMediaType(customPatches) }
            throw APIStatus(
                code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type", details: APIStatus.Details())
        }
    }
}
