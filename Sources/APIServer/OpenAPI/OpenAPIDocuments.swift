package import API
import Crypto
import Machinery
import Synchronization

/// The OpenAPI documents of a set of resources: `/openapi/v2`, `/openapi/v3` and one document for each group and version.
///
/// Made from the declarations when they are first asked for, once; the bytes are kept. Make a new one when the resources change.
package final class OpenAPIDocuments: Sendable {
    /// Bytes and their identity.
    package struct Document: Sendable {
        /// JSON, UTF-8; or protobuf.
        package let bytes: [UInt8]
        /// SHA-512 of the bytes, upper-case hexadecimal: the `hash` of URLs in the index.
        package let hash: String
        /// For `ETag` and `If-None-Match`, quoted.
        package var etag: String { "\"\(hash)\"" }

        init(_ json: JSON) { self.init(json.serialized()) }

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            let digits: [UInt8] = Array("0123456789ABCDEF".utf8)
            var text: [UInt8] = []
            for byte in SHA512.hash(data: bytes) { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
            hash = String(decoding: text, as: UTF8.self)
        }
    }

    private let resources: OpenAPIResources
    private let swagger = Mutex<Document?>(nil)
    private let protobuf = Mutex<Document?>(nil)
    /// By path under `/openapi/v3/`; the index has the empty path.
    private let byGroup = Mutex<[String: Document]?>(nil)

    /// - Parameters:
    ///   - types: what is served as resources.
    ///   - bodies: kinds of subresources that are no resources themselves.
    package init(types: [ResourceType], bodies: [ResourceType] = Registry.bodyTypes) {
        resources = OpenAPIResources(types: types, bodies: bodies)
    }

    /// The document at a path such as `/openapi/v2`, `/openapi/v3` or `/openapi/v3/apis/apps/v1`; nil where there is none.
    package func document(_ path: String) -> Document? {
        let segments: [Substring] = path.split(separator: "/")
        guard segments.count >= 2, segments[0] == "openapi" else { return nil }
        switch segments[1] {
        case "v2" where segments.count == 2: return version2
        case "v3": return version3[segments.dropFirst(2).joined(separator: "/")]
        default: return nil
        }
    }

    /// `/openapi/v2` in its protobuf form.
    package var version2Protobuf: Document {
        protobuf.withLock { document in
            if let document { return document }
            let made = Document(OpenAPIProtobuf.bytes(resources.swagger))
            document = made
            return made
        }
    }

    private var version2: Document {
        swagger.withLock { document in
            if let document { return document }
            let made = Document(resources.swagger)
            document = made
            return made
        }
    }

    private var version3: [String: Document] {
        byGroup.withLock { documents in
            if let documents { return documents }
            var made: [String: Document] = [:]
            var paths: [JSONObject.Member] = []
            for (path, json) in resources.groupDocuments {
                let document = Document(json)
                made[path] = document
                let url: String = "/openapi/v3/\(path)?hash=\(document.hash)"
                paths.append(JSONObject.Member(key: path, value: ["serverRelativeURL": .string(url)]))
            }
            made[""] = Document(["paths": .object(JSONObject(members: paths).sorted())])
            documents = made
            return made
        }
    }
}
