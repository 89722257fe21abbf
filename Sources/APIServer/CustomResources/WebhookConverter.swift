import API
import Machinery

/// The strategy `Webhook`: the server that the definition names converts the objects, all those of a request in one call.
///
/// Blocks the calling thread. Source: `webhookConverter` of k8s.io/apiextensions-apiserver/pkg/apiserver/conversion.
struct WebhookConverter: CustomResourceConverter {
    let client: WebhookClient
    /// The `webhook` of the definition's conversion.
    let configuration: JSON
    let blocks = true

    /// Seconds that the webhook has for an answer.
    private static let timeout = 30

    func convert(_ objects: [JSON], to apiVersion: String) throws(APIStatus) -> [JSON] {
        let others: [Int] = objects.indices.filter { objects[$0]["apiVersion"]?.string != apiVersion }
        guard let first = others.first else { return objects }
        let kind: String = "\(objects[first]["apiVersion"]?.string ?? ""), Kind=\(objects[first]["kind"]?.string ?? "")"
        let converted: [JSON] = try ask(others.map { objects[$0] }, apiVersion, kind)
        guard converted.count == others.count else {
            throw .internalError("conversion webhook for \(kind) returned \(converted.count) objects, expected \(others.count)")
        }
        var result: [JSON] = objects
        for (place, index) in others.enumerated() {
            do throws(Flaw) {
                result[index] = try Self.checked(converted[place], of: objects[index], apiVersion)
            } catch {
                throw .internalError("conversion webhook for \(kind) returned invalid converted object at index \(place): \(error.text)")
            }
        }
        return result
    }

    private func ask(_ objects: [JSON], _ apiVersion: String, _ kind: String) throws(APIStatus) -> [JSON] {
        let versions: [JSON] = configuration["conversionReviewVersions"]?.array ?? []
        let version: String = versions.lazy.compactMap(\.string).first { $0 == "v1" || $0 == "v1beta1" } ?? "v1"
        let uid: JSON = .string(RandomUUID.text())
        let review: JSON = [
            "kind": "ConversionReview", "apiVersion": .string("apiextensions.k8s.io/" + version),
            "request": ["uid": uid, "desiredAPIVersion": .string(apiVersion), "objects": .array(objects)],
        ]
        let answer: JSON
        do throws(WebhookFailure) {
            let address = try WebhookAddress(clientConfig: configuration["clientConfig"] ?? [:])
            answer = try client.post(review, to: address, timeout: Self.timeout)
        } catch {
            throw .internalError("conversion webhook for \(kind) failed: \(error)")
        }
        guard answer["kind"] == review["kind"], answer["apiVersion"] == review["apiVersion"], let response = answer["response"] else {
            throw .internalError("conversion webhook for \(kind) failed: expected a ConversionReview of apiextensions.k8s.io/\(version)")
        }
        guard response["uid"] == uid else {
            throw .internalError(
                "conversion webhook for \(kind) failed: expected response.uid \(uid.text()), got \((response["uid"] ?? "").text())")
        }
        guard response[["result", "status"]] == "Success" else {
            let why: String = response[["result", "message"]]?.string ?? "response.result.status was not Success"
            throw .internalError("conversion webhook for \(kind) failed: \(why)")
        }
        return response["convertedObjects"]?.array ?? []
    }

    private struct Flaw: Error {
        let text: String
    }

    /// The converted object with the metadata of the original: a webhook may change labels and annotations only.
    private static func checked(_ converted: JSON, of original: JSON, _ apiVersion: String) throws(Flaw) -> JSON {
        guard converted["apiVersion"]?.string == apiVersion else {
            throw Flaw(text: "invalid apiVersion: \(converted["apiVersion"]?.string ?? ""), expected \(apiVersion)")
        }
        func check(_ what: String, _ path: [String]) throws(Flaw) {
            let (one, other): (String, String) = (original[path]?.string ?? "", converted[path]?.string ?? "")
            if one != other { throw Flaw(text: "must have the same \(what): \(other) != \(one)") }
        }
        try check("kind", ["kind"])
        try check("name", ["metadata", "name"])
        try check("namespace", ["metadata", "namespace"])
        try check("UID", ["metadata", "uid"])
        var result: JSON = converted
        var metadata: JSON = original["metadata"] ?? [:]
        for member in ["labels", "annotations"] { metadata[member] = converted[["metadata", member]] }
        result["metadata"] = metadata
        return result
    }
}
