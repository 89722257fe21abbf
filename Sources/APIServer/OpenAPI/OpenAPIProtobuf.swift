import API
import Machinery

/// The protobuf form of an OpenAPI document, which Go clients ask for.
///
/// Made from the JSON form: each message is a table of members and numbers. Source: the .proto files of google/gnostic.
enum OpenAPIProtobuf {
    /// The name that clients since 1.30 use.
    static func mediaType(_ dialect: OpenAPIDialect) -> String { "application/" + subtypes(dialect)[0] }

    /// The older name has `@` before the version of the form.
    private static func subtypes(_ dialect: OpenAPIDialect) -> [String] {
        let number: String = dialect == .version2 ? "2" : "3"
        return [".", "@"].map { "com.github.proto-openapi.spec.v\(number)\($0)v1.0+protobuf" }
    }

    /// Whether an `Accept` header prefers this form to JSON. Throws ``APIStatus`` (406) when it wants neither.
    static func isWanted(_ accept: String, _ dialect: OpenAPIDialect) throws(APIStatus) -> Bool {
        let clauses: [AcceptClause] = AcceptClause.clauses(accept.isEmpty ? "*/*" : accept)
        for clause in clauses {
            if clause.means("application", "json") { return false }
            if subtypes(dialect).contains(where: { clause.means("application", $0) }) { return true }
        }
        throw .notAcceptable("application/json, " + mediaType(dialect))
    }

    static func bytes(_ document: JSON, _ dialect: OpenAPIDialect) -> [UInt8] {
        message(document, dialect == .version2 ? Version2.document : Version3.document).bytes
    }

    // MARK: - How values are written

    /// What a member of the JSON document is in protobuf.
    indirect enum Form: Sendable {
        case text, integer, number, flag
        /// Any JSON, as its text.
        case any
        case message([String: Part])
        /// A message that holds others of its own kind.
        case recursive(@Sendable () -> [String: Part])
        /// Several values under one number.
        case list(Form)
        /// A message that holds the value under this number.
        case inside(Int, Form)
        /// A message whose field 1 repeats pairs of name and value.
        case map(Form, number: Int = 1)
        /// The first for an object, or what is no object but a Boolean.
        case orFlag(Form)
        /// The first, or a reference to one.
        case orReference(Form)
        /// A parameter of version 2, whose message says where it stands.
        case parameter
        /// A number, Boolean or text; all else is left out.
        case primitive
    }

    struct Part: Sendable {
        let number: Int
        let form: Form

        init(_ number: Int, _ form: Form) {
            self.number = number
            self.form = form
        }
    }

    /// The member that stands for all members whose name begins with `x-`.
    static let extensions = "x-"

    private static func message(_ json: JSON, _ parts: [String: Part]) -> ProtobufWriter {
        var writer = ProtobufWriter()
        for member in json.object?.members ?? [] {
            if let part = parts[member.key] {
                write(member.value, part.number, part.form, &writer)
            } else if member.key.hasPrefix(extensions), let part = parts[extensions] {
                writer.write(part.number, pair(member, .any).bytes)
            }
        }
        return writer
    }

    private static func write(_ json: JSON, _ number: Int, _ form: Form, _ writer: inout ProtobufWriter) {
        switch form {
        case .text: writer.write(number, (json.string ?? "").utf8)
        case .integer: writer.write(number, json.int ?? 0)
        case .number: writer.write(number, json.double ?? 0)
        case .flag: writer.write(number, json == true ? Int64(1) : 0)
        case .list(let element): for value in json.array ?? [json] { write(value, number, element, &writer) }
        default: writer.write(number, content(json, form).bytes)
        }
    }

    /// The bytes of a value that is a message.
    static func content(_ json: JSON, _ form: Form) -> ProtobufWriter {
        var writer = ProtobufWriter()
        switch form {
        case .any: writer.write(2, json.serialized())
        case .message(let parts): return message(json, parts)
        case .inside(let number, let inner): write(json, number, inner, &writer)
        case .map(let value, let number):
            for member in json.object?.members ?? [] { writer.write(number, pair(member, value).bytes) }
        case .recursive(let parts): return message(json, parts())
        case .orFlag(let inner): write(json, json.object == nil ? 2 : 1, json.object == nil ? .flag : inner, &writer)
        case .orReference(let inner):
            let isReference: Bool = json["$ref"] != nil
            write(json, isReference ? 2 : 1, isReference ? .message(reference) : inner, &writer)
        case .parameter: return Version2.parameter(json)
        case .primitive:
            if let text = json.string {
                writer.write(3, text.utf8)
            } else if let number = json.double {
                writer.write(1, number)
            } else if case .bool = json {
                write(json, 2, .flag, &writer)
            }
        case .text, .integer, .number, .flag, .list: write(json, 1, form, &writer)
        }
        return writer
    }

    private static func pair(_ member: JSONObject.Member, _ form: Form) -> ProtobufWriter {
        var writer = ProtobufWriter()
        writer.write(1, member.key.utf8)
        write(member.value, 2, form, &writer)
        return writer
    }

    private static let reference: [String: Part] = ["$ref": Part(1, .text)]
}
