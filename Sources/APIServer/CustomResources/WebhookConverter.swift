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
        do throws(Flaw) {
            let converted: [JSON]
            do throws(Flaw) {
                converted = try ask(others.map { objects[$0] }, apiVersion)
            } catch {
                throw Flaw("failed: conversion webhook for \(kind) failed: \(error.text)")
            }
            guard converted.count == others.count else {
                throw Flaw("returned \(converted.count) objects, expected \(others.count)")
            }
            var result: [JSON] = objects
            for (place, index) in others.enumerated() {
                result[index] = try Self.checked(converted[place], of: objects[index], apiVersion, place: place + 1)
            }
            return result
        } catch {
            throw .unnamed("conversion for \(kind) \(error.text)")
        }
    }

    private struct Flaw: Error {
        let text: String

        init(_ text: String) { self.text = text }
    }

    private func ask(_ objects: [JSON], _ apiVersion: String) throws(Flaw) -> [JSON] {
        let versions: [JSON] = configuration["conversionReviewVersions"]?.array ?? []
        guard let version: String = versions.lazy.compactMap(\.string).first(where: { $0 == "v1" || $0 == "v1beta1" }) else {
            throw Flaw("no supported conversion review versions")
        }
        let uid: String = RandomUUID.text()
        let review: JSON = [
            "kind": "ConversionReview", "apiVersion": .string("apiextensions.k8s.io/" + version),
            "request": ["uid": .string(uid), "desiredAPIVersion": .string(apiVersion), "objects": .array(objects)],
        ]
        let answer: JSON
        do throws(WebhookFailure) {
            let address = try WebhookAddress(clientConfig: configuration["clientConfig"] ?? [:])
            answer = try client.post(review, to: address, timeout: Self.timeout)
        } catch {
            throw Flaw("\(error)")
        }
        // Whoever answers in v1beta1 need not say of what.
        if version == "v1", answer["kind"] != review["kind"] || answer["apiVersion"] != review["apiVersion"] {
            let found: String = "\(answer["apiVersion"]?.string ?? "/"), Kind=\(answer["kind"]?.string ?? "")"
            throw Flaw("expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got \(found)")
        }
        guard let response = answer["response"], !response.isNull else { throw Flaw("no response provided") }
        let answered: String = response["uid"]?.string ?? ""
        guard version != "v1" || answered == uid else {
            throw Flaw("expected response.uid=\(JSON.quoted(uid)), got \(JSON.quoted(answered))")
        }
        let status: String = response[["result", "status"]]?.string ?? ""
        guard status == "Success" else {
            let why: String = response[["result", "message"]]?.string ?? ""
            throw Flaw(why.isEmpty ? "response.result.status was '\(status)', not 'Success'" : why)
        }
        return response["convertedObjects"]?.array ?? []
    }

    /// The converted object with the metadata of the original: a webhook may change labels and annotations only.
    private static func checked(
        _ converted: JSON, of original: JSON, _ apiVersion: String, place: Int
    ) throws(Flaw) -> JSON {
        func invalid(_ what: String) -> Flaw { Flaw("returned invalid converted object at index \(place): \(what)") }
        func text(_ object: JSON, _ path: [String]) -> String { object[path]?.string ?? "" }
        for (name, expected) in [("groupVersion", apiVersion), ("kind", text(original, ["kind"]))] {
            let found: String = text(converted, [name == "kind" ? "kind" : "apiVersion"])
            if found != expected { throw invalid("invalid \(name) (expected \(expected), received \(found))") }
        }
        for (name, member) in [("name", "name"), ("namespace", "namespace"), ("UID", "uid")] {
            let (before, after): (String, String) = (text(original, ["metadata", member]), text(converted, ["metadata", member]))
            if before != after { throw invalid("must have the same \(name): \(before) != \(after)") }
        }
        do throws(Flaw) {
            var result: JSON = converted
            var metadata: JSON = original["metadata"] ?? [:]
            for member in ["labels", "annotations"] {
                metadata[member] = try checkedTexts(converted[["metadata", member]], of: metadata[member], member)
            }
            result["metadata"] = metadata
            return result
        } catch {
            throw Flaw("returned invalid metadata in object at index \(place): \(error.text)")
        }
    }

    /// Labels or annotations of a converted object, which must be good ones where they are not those of the original.
    private static func checkedTexts(_ converted: JSON?, of original: JSON?, _ member: String) throws(Flaw) -> JSON? {
        guard let converted, !converted.isNull else { return nil }
        guard let texts = converted.object else {
            throw Flaw("invalid metadata.\(member) of type \(converted.goType) in converted object")
        }
        for text in texts where text.value.string == nil {
            throw Flaw("metadata.\(member)[\(text.key)] must be a string, but is \(text.value.goType) in converted object")
        }
        guard converted != original else { return converted }
        var problems = Problems()
        ObjectMeta.validate(View<ObjectMeta>(.object([(member, converted)])), Path("metadata"), &problems)
        guard problems.isEmpty else { throw Flaw(problems.all.map(\.description).joined(separator: ", ")) }
        return converted
    }
}
