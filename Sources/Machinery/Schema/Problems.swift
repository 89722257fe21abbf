/// One thing that is wrong with an object, in Kubernetes' words: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.
///
/// Source: k8s.io/apimachinery/pkg/util/validation/field.
public struct Problem: Sendable, CustomStringConvertible {
    /// The kinds of problem; the raw value is the `reason` of a cause in a Status.
    public enum Kind: String, Sendable {
        case notFound = "FieldValueNotFound"
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case typeInvalid = "FieldValueTypeInvalid"
        case internalError = "InternalError"

        var words: String {
            switch self {
            case .notFound: "Not found"
            case .required: "Required value"
            case .duplicate: "Duplicate value"
            case .invalid, .typeInvalid: "Invalid value"
            case .notSupported: "Unsupported value"
            case .forbidden: "Forbidden"
            case .tooLong: "Too long"
            case .tooMany: "Too many"
            case .internalError: "Internal error"
            }
        }
    }

    public let kind: Kind
    public let path: String
    /// The offending value as Kubernetes prints it; nil where the kind of problem shows none.
    public let value: String?
    public let detail: String

    /// The text without the path: `Invalid value: -1: must be greater than or equal to 0`.
    public var message: String {
        var text: String = kind.words
        if let value { text += ": " + value }
        if !detail.isEmpty { text += ": " + detail }
        return text
    }

    public var description: String { path + ": " + message }
}

/// All problems of one object, collected in the order of its fields.
public struct Problems: Sendable {
    public private(set) var all: [Problem] = []
    /// What is wrong, but no fault of this request.
    package private(set) var warnings: [String] = []

    public init() {}

    public var isEmpty: Bool { all.isEmpty }

    public mutating func invalid(_ path: Path, _ value: JSON, _ detail: String) {
        add(.invalid, path, value, detail)
    }

    public mutating func typeInvalid(_ path: Path, _ value: JSON, _ detail: String) {
        add(.typeInvalid, path, value, detail)
    }

    public mutating func required(_ path: Path, _ detail: String = "") {
        add(.required, path, nil, detail)
    }

    public mutating func duplicate(_ path: Path, _ value: JSON) {
        add(.duplicate, path, value, "")
    }

    public mutating func notFound(_ path: Path, _ value: JSON) {
        add(.notFound, path, value, "")
    }

    public mutating func forbidden(_ path: Path, _ detail: String) {
        add(.forbidden, path, nil, detail)
    }

    public mutating func tooLong(_ path: Path, _ detail: String) {
        add(.tooLong, path, nil, detail)
    }

    public mutating func tooMany(_ path: Path, _ count: Int, atMost limit: Int) {
        add(.tooMany, path, .int(Int64(count)), "must have at most \(limit) items")
    }

    /// The supported values are listed in the order given.
    public mutating func notSupported(_ path: Path, _ value: JSON, supported: [String]) {
        let list: String = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        add(.notSupported, path, value, supported.isEmpty ? "" : "supported values: " + list)
    }

    /// Forgives what is no problem in a larger whole: names that were not found below a path.
    package mutating func forgive(notFound names: Set<String>, below path: Path) {
        let prefix: String = path.description + "."
        let shown: Set<String> = Set(names.map { Self.shown(.string($0)) })
        all.removeAll { $0.kind == .notFound && $0.path.hasPrefix(prefix) && shown.contains($0.value ?? "") }
    }

    public mutating func append(contentsOf other: Problems) {
        all += other.all
        warnings += other.warnings
    }

    /// Tells the client of what was wrong before, and hence is no reason to refuse the request.
    package mutating func warn(of other: Problems) { warnings += other.all.map(\.description) }

    private mutating func add(_ kind: Problem.Kind, _ path: Path, _ value: JSON?, _ detail: String) {
        all.append(Problem(kind: kind, path: path.description, value: value.map(Self.shown), detail: detail))
    }

    /// Strings are quoted, everything else is its JSON.
    private static func shown(_ value: JSON) -> String { String(decoding: value.serialized(), as: UTF8.self) }
}
