/// A list of operations on a JSON tree. Source: RFC 6902; like Kubernetes, it also takes negative indexes, which count from the
/// end.
public struct JSONPatch: Sendable, Hashable {
    public enum Operation: Sendable, Hashable {
        case add(JSONPointer, JSON)
        case remove(JSONPointer)
        case replace(JSONPointer, JSON)
        case move(from: JSONPointer, JSONPointer)
        case copy(from: JSONPointer, JSONPointer)
        case test(JSONPointer, JSON)
    }

    /// What Kubernetes allows in one patch.
    public static let maxOperations: Int = 10_000
    /// How many bytes all copy operations of one patch may add, as in Kubernetes.
    public static let maxCopiedBytes: Int = 3 * 1024 * 1024

    public let operations: [Operation]

    public init(_ operations: [Operation]) { self.operations = operations }

    public init(_ json: JSON) throws(JSONPatchError) {
        guard case .array(let items) = json else {
            throw .malformed("json: cannot unmarshal \(json.typeName) into Go value of type jsonpatch.Patch")
        }
        guard items.count <= Self.maxOperations else { throw .tooManyOperations(items.count) }
        var operations: [Operation] = []
        operations.reserveCapacity(items.count)
        for item in items { operations.append(try Self.operation(item)) }
        self.operations = operations
    }

    /// The tree after all operations; all of them or, when one fails, none.
    public func applied(to document: JSON) throws(JSONPatchError) -> JSON {
        var document: JSON = document
        var copiedBytes: Int = 0
        for operation in operations { try Self.apply(operation, to: &document, &copiedBytes) }
        return document
    }

    private static func operation(_ item: JSON) throws(JSONPatchError) -> Operation {
        guard item.object != nil else {
            throw .malformed("json: cannot unmarshal \(item.typeName) into Go value of type jsonpatch.Operation")
        }
        let name: String = item["op"]?.string ?? "unknown"
        func pointer(_ member: String, missing: String) throws(JSONPatchError) -> JSONPointer {
            guard let text = item[member]?.string else { throw .failed("\(name) operation failed to decode \(member): missing value") }
            if let pointer = JSONPointer(text) { return pointer }
            let place: String = name == "add" || name == "remove" ? "\"\(text)\"" : text
            throw .failed("\(name) operation does not apply: \(missing): \(place): missing value")
        }
        let value: JSON = item["value"] ?? .null
        switch name {
        case "add": return .add(try pointer("path", missing: "doc is missing path"), value)
        case "remove": return .remove(try pointer("path", missing: "doc is missing path"))
        case "replace": return .replace(try pointer("path", missing: "doc is missing path"), value)
        case "move", "copy":
            let from: JSONPointer = try pointer("from", missing: "doc is missing from path")
            let path: JSONPointer = try pointer("path", missing: "doc is missing destination path")
            return name == "move" ? .move(from: from, path) : .copy(from: from, path)
        case "test": return .test(try pointer("path", missing: "is missing path"), value)
        default: throw .failed("Unexpected kind: \(name)")
        }
    }

    private static func apply(_ operation: Operation, to document: inout JSON, _ copiedBytes: inout Int) throws(JSONPatchError) {
        switch operation {
        case .add(let path, let value):
            try edit("add", path, &document, missing: "doc is missing path: \"\(path)\"") { (node, key) throws(JSONPatchError) in
                try node.patchAdd(key, value)
            } root: {
                $0 = value
            }
        case .remove(let path):
            try remove("remove", path, &document, missing: "doc is missing path: \"\(path)\"")
        case .replace(let path, let value):
            guard path.tokens.isEmpty || path.parentExists(in: document) else {
                throw .failed("replace operation does not apply: doc is missing path: \(path): missing value")
            }
            guard try path.value(in: document) != nil else {
                throw .failed("replace operation does not apply: doc is missing key: \(path): missing value")
            }
            try edit("replace", path, &document, missing: "doc is missing path: \(path)") { (node, key) throws(JSONPatchError) in
                try node.patchSet(key, value)
            } root: {
                $0 = value
            }
        case .move(let from, let path):
            guard !path.isInside(from) else { throw .failed("error in move for path: '\(path)': it lies inside of '\(from)'") }
            let value: JSON = try source("move", from, document)
            if from == path { return }
            try remove("move", from, &document, missing: "doc is missing from path: \(from)")
            try edit("move", path, &document, missing: "doc is missing destination path: \(path)") {
                (node, key) throws(JSONPatchError) in
                try node.patchAdd(key, value)
            } root: {
                $0 = value
            }
        case .copy(let from, let path):
            let value: JSON = try source("copy", from, document)
            copiedBytes += value.serialized().count
            guard copiedBytes <= maxCopiedBytes else {
                throw .failed(
                    "unable to copy, the accumulated size increase of copy operation is \(copiedBytes), exceeding the limit "
                        + "\(maxCopiedBytes)")
            }
            try edit("copy", path, &document, missing: "doc is missing destination path: \(path)") {
                (node, key) throws(JSONPatchError) in
                try node.patchAdd(key, value)
            } root: {
                $0 = value
            }
        case .test(let path, let value):
            guard path.tokens.isEmpty || path.parentExists(in: document) else {
                throw .failed("test operation does not apply: is missing path: \(path): missing value")
            }
            let found: JSON?
            do throws(JSONPatchError) {
                found = try path.value(in: document)
            } catch {
                throw .failed("error in test for path: '\(path)': \(error)")
            }
            guard (found ?? .null) == value else { throw .failed("testing value \(path) failed: test failed") }
        }
    }

    private static func source(_ name: String, _ from: JSONPointer, _ document: JSON) throws(JSONPatchError) -> JSON {
        guard from.tokens.isEmpty || from.parentExists(in: document) else {
            throw .failed("\(name) operation does not apply: doc is missing from path: \(from): missing value")
        }
        guard let value = try from.value(in: document) else {
            throw .failed("error in \(name) for path: '\(from)': unable to get nonexistent key: \(from.tokens.last ?? ""): missing value")
        }
        return value
    }

    private static func remove(_ name: String, _ path: JSONPointer, _ document: inout JSON, missing: String) throws(JSONPatchError) {
        try edit(name, path, &document, missing: missing) { (node, key) throws(JSONPatchError) in
            try node.patchRemove(key)
        } root: {
            $0 = .null
        }
    }

    /// Changes the container that a path leads to; `root` does what is to be done for the empty path.
    private static func edit(
        _ name: String, _ path: JSONPointer, _ document: inout JSON, missing: String,
        _ change: (inout JSON, String) throws(JSONPatchError) -> Void, root: (inout JSON) -> Void
    ) throws(JSONPatchError) {
        guard let key = path.tokens.last else { return root(&document) }
        do throws(JSONPatchError) {
            let isThere: Bool = try document.patchNode(path.tokens.dropLast()) { (node) throws(JSONPatchError) in
                try change(&node, key)
            }
            guard isThere else { throw .failed("\(name) operation does not apply: \(missing): missing value") }
        } catch {
            guard case .inPath(let problem) = error else { throw error }
            throw .failed("error in \(name) for path: '\(path)': \(problem)")
        }
    }
}

/// Why a patch does not apply, in the words that Kubernetes passes on.
public enum JSONPatchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is no list of operations at all.
    case malformed(String)
    case tooManyOperations(Int)
    /// An operation does not fit the document.
    case failed(String)
    /// Within an operation; becomes ``failed(_:)`` with the path.
    case inPath(String)

    public var description: String {
        switch self {
        case .malformed(let text), .failed(let text), .inPath(let text): text
        case .tooManyOperations(let count):
            "The allowed maximum operations in a JSON patch is \(JSONPatch.maxOperations), got \(count)"
        }
    }
}
