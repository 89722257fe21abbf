/// Strategic merge patch: a merge patch that knows from the schema how lists merge.
///
/// Directives: `$patch` (replace, delete), `$retainKeys`, `$setElementOrder/FIELD`, `$deleteFromPrimitiveList/FIELD`.
/// Source: k8s.io/apimachinery/pkg/util/strategicpatch.
public enum StrategicMergePatch {
    /// The object after the patch. Nulls delete; lists merge by their merge key or as sets where the schema says so, and are replaced
    /// elsewhere.
    ///
    /// - Parameter schema: of the whole object; nil merges maps and replaces lists.
    public static func apply(_ patch: JSON, to object: JSON, schema: ObjectSchema?) throws(StrategicMergeError) -> JSON {
        guard case .object(let members) = patch else { throw .badDocument }
        guard case .object(let original) = object else { throw .badDocument }
        return .object(try StrategicMerge(isPatchOfPatch: false).merge(original, members, MergeLevel(schema)))
    }

    /// The patch that makes `modified` of `original`; `{}` when they are equal.
    public static func twoWay(_ original: JSON, _ modified: JSON, schema: ObjectSchema?) throws(StrategicMergeError) -> JSON {
        guard case .object(let old) = original, case .object(let new) = modified else { throw .badDocument }
        return .object(try StrategicDiff(keepsDeletions: true, keepsChanges: true).diff(old, new, MergeLevel(schema)))
    }

    /// The patch to `current` that carries the user's changes: additions and changes from `current` to `modified`, deletions from
    /// `original` (what was applied last) to `modified`. What others added to `current` stays.
    public static func threeWay(
        original: JSON, modified: JSON, current: JSON, schema: ObjectSchema?
    ) throws(StrategicMergeError) -> JSON {
        guard case .object(let new) = modified, case .object(let live) = current else { throw .badDocument }
        let old: JSONObject = original.object ?? JSONObject()
        let level = MergeLevel(schema)
        let delta: JSONObject = try StrategicDiff(keepsDeletions: false, keepsChanges: true).diff(live, new, level)
        let deletions: JSONObject = try StrategicDiff(keepsDeletions: true, keepsChanges: false).diff(old, new, level)
        return .object(try StrategicMerge(isPatchOfPatch: true).merge(deletions, delta, level))
    }
}

/// Why a strategic merge patch cannot be applied or made.
public struct StrategicMergeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// How the API server answers.
    public enum Kind: Sendable, Hashable {
        /// 400: the patch is malformed.
        case malformed
        /// 422: the patch is well formed but does not fit the object or its schema.
        case unprocessable
    }

    public let kind: Kind
    /// Kubernetes' own text.
    public let description: String

    static let badDocument = StrategicMergeError(kind: .malformed, description: "invalid JSON document")
    static let badPrimitiveList = StrategicMergeError(kind: .malformed, description: "invalid patch format of primitive list")
    static let badRetainKeys = StrategicMergeError(kind: .malformed, description: "invalid patch format of retainKeys")
    static let badElementOrder = StrategicMergeError(kind: .malformed, description: "invalid patch format of setElementOrder list")
    static let contentNotRetained = StrategicMergeError(
        kind: .unprocessable, description: "patch content doesn't match retainKeys list")
    static let listOfLists = StrategicMergeError(kind: .unprocessable, description: "lists of lists are not supported")

    static func unprocessable(_ text: String) -> StrategicMergeError { StrategicMergeError(kind: .unprocessable, description: text) }

    static func noMergeKey(_ element: JSON, _ key: String) -> StrategicMergeError {
        .unprocessable("map: \(element.goText) does not contain declared merge key: \(key)")
    }

    static func badPatchType(_ type: JSON, _ map: JSONObject) -> StrategicMergeError {
        .unprocessable("unknown patch type: \(type.goText) in map: \(JSON.object(map).goText)")
    }

    static func wrongType(_ value: JSON, wanted: JSON) -> StrategicMergeError {
        .unprocessable("expected a \(wanted.typeName), but received a \(value.typeName)")
    }
}

/// Names of the directives.
enum Directive {
    static let patch = "$patch"
    static let retainKeys = "$retainKeys"
    static let elementOrder = "$setElementOrder"
    static let deleteFromList = "$deleteFromPrimitiveList"

    /// The field of `$setElementOrder/FIELD`; nil when the name has another prefix, empty when no field follows.
    static func field(of name: String, _ prefix: String) -> String? {
        guard name.hasPrefix(prefix) else { return nil }
        let rest: Substring = name.dropFirst(prefix.count)
        return rest.first == "/" ? String(rest.dropFirst()) : ""
    }
}

/// What the schema says of the members of one object.
enum MergeLevel {
    case object(ObjectSchema)
    case map(TypeSchema)
    /// Nothing is known: maps merge, lists are replaced.
    case unknown

    init(_ schema: ObjectSchema?) { self = schema.map { .object($0) } ?? .unknown }

    /// How one member merges.
    struct Member {
        /// Of the member itself, or of its elements when it is a list.
        let level: MergeLevel
        let mergesList: Bool
        let mergeKey: String?
        var retainsKeys = false
        var isReplaced = false
        let isKnown: Bool
    }

    subscript(name: String) -> Member {
        switch self {
        case .object(let schema):
            guard let field: FieldSchema = schema[name] else { break }
            return Member(
                level: Self.below(field.type), mergesList: field.mergesList, mergeKey: field.mergeKey,
                retainsKeys: field.retainsKeys, isReplaced: field.isReplaced, isKnown: true)
        case .map(let value):
            return Member(level: Self.below(value), mergesList: false, mergeKey: nil, isKnown: true)
        case .unknown: break
        }
        return Member(level: .unknown, mergesList: false, mergeKey: nil, isKnown: false)
    }

    /// The Go type's name, for errors.
    var name: String {
        switch self {
        case .object(let schema): schema.goName
        case .map(let value): "map[string]" + value.goName
        case .unknown: "object"
        }
    }

    private static func below(_ type: TypeSchema) -> MergeLevel {
        switch type {
        case .object(let reference): .object(reference.schema)
        case .map(let value): .map(value)
        case .list(let element): below(element)
        default: .unknown
        }
    }
}

extension JSON {
    /// The value as Go's `%v` prints it: `map[name:web ports:[80 443]]`.
    public var goText: String {
        switch self {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .number(let text): text
        case .string(let text): text
        case .array(let elements): "[" + elements.map(\.goText).joined(separator: " ") + "]"
        case .object(let object):
            "map[" + object.sorted().members.map { $0.key + ":" + $0.value.goText }.joined(separator: " ") + "]"
        }
    }
}
