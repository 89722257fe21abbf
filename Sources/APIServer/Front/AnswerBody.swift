import API
import HTTP
import Machinery

/// The body of an answer in the form that the client asked for, made from the JSON that the server answers with.
struct AnswerBody: Sendable {
    let contentType: String
    private(set) var pieces: [ArraySlice<UInt8>]
    private(set) var isCompressed = false

    /// - Parameter json: one document in pieces that follow each other.
    init(_ json: [ArraySlice<UInt8>], _ form: WireForm) {
        let json: [ArraySlice<UInt8>] = form.hasBetaName ? [BetaName.document(json.joinedBytes)[...]] : json
        switch form.encoding {
        case .protobuf:
            // What has no protobuf form comes as JSON; the content type tells the client.
            if let bytes = Self.protobuf(json) {
                (contentType, pieces) = (Protobuf.mediaType, [bytes[...]])
            } else {
                (contentType, pieces) = ("application/json", json + [Self.newline])
            }
        case .yaml: (contentType, pieces) = ("application/yaml", [Array(YAML.write(Self.tree(json)).utf8)[...]])
        case .json where form.isPretty: (contentType, pieces) = ("application/json", [Self.tree(json).serialized(Self.pretty)[...]])
        case .json: (contentType, pieces) = ("application/json", json + [Self.newline])
        }
        guard form.isCompressed, pieces.reduce(0, { $0 + $1.count }) > Self.compressedFrom, let small = Gzip.compress(pieces) else {
            return
        }
        pieces = [small[...]]
        isCompressed = true
    }

    /// Smaller answers are not worth the work. Source: `defaultGzipThresholdBytes` in k8s.io/apiserver.
    private static let compressedFrom = 128 * 1024
    private static let newline: ArraySlice<UInt8> = [UInt8(ascii: "\n")]
    private static let pretty = JSONStyle(indent: 2)

    private static func tree(_ json: [ArraySlice<UInt8>]) -> JSON { (try? JSON(parsing: json.joinedBytes)) ?? .null }

    /// nil for what has no protobuf form.
    static func protobuf(_ json: [ArraySlice<UInt8>]) -> [UInt8]? {
        let bytes: [UInt8] = json.joinedBytes
        let (apiVersion, kind): (String, String) = ProtobufKinds.names(of: bytes)
        return ProtobufKinds.schema(apiVersion: apiVersion, kind: kind).map {
            Protobuf.object(bytes, apiVersion: apiVersion, kind: kind, $0)
        }
    }
}

extension HTTPHeaders {
    /// Characters of all warnings together; of more than these, each is cut short.
    private static let warningsLimit = 4096

    /// A `Warning:` for each text. Source: `NewWarningHeader` of k8s.io/apimachinery/pkg/util/net, warning.go of k8s.io/apiserver's filters.
    init(warnings: [String]) {
        self.init()
        let isLong: Bool = warnings.reduce(0) { $0 + $1.unicodeScalars.count } > Self.warningsLimit
        var length: Int = 0
        for warning in warnings where length < Self.warningsLimit {
            let text = isLong ? String(String.UnicodeScalarView(warning.unicodeScalars.prefix(256))) : warning
            length += text.unicodeScalars.count
            add("Warning", Self.warning(text))
        }
    }

    /// The value of a `Warning:`.
    static func warning(_ text: String) -> String { "299 - " + JSON.quoted(text) }
}

extension HTTPExchange {
    /// Sends a document in a form.
    func respond(_ code: Int, _ headers: HTTPHeaders = [:], _ json: [ArraySlice<UInt8>], as form: WireForm) {
        let body = AnswerBody(json, form)
        var headers: HTTPHeaders = headers
        headers.set("Content-Type", body.contentType)
        headers.set("Cache-Control", "no-cache, private")
        if body.isCompressed {
            headers.set("Content-Encoding", "gzip")
            headers.add("Vary", "Accept-Encoding")
        }
        respond(code, headers, pieces: body.pieces)
    }

    /// Sends away who finds no seat and no place to wait. Source: `tooManyRequests` of k8s.io/apiserver/pkg/server/filters.
    func refuseForNow() {
        respond(
            429, ["Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "Retry-After": "1"],
            Array("Too many requests, please try again later.\n".utf8))
    }

    /// Sends what upstream's mux answers of a path that it does not know. Source: `NotFound` of net/http.
    func refusePage() {
        respond(
            404, ["Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache, private"],
            Array("404 page not found\n".utf8))
    }

    /// Sends what went wrong.
    func refuse(_ status: APIStatus, as form: WireForm) {
        var headers = HTTPHeaders(warnings: status.warnings)
        if let seconds = status.details?.retryAfterSeconds, seconds > 0 { headers.set("Retry-After", String(seconds)) }
        respond(status.code, headers, [status.json.serialized()[...]], as: form)
    }
}
