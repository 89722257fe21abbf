/// A place in a JSON tree: `/metadata/annotations/example.com~1name`. Source: RFC 6901.
public struct JSONPointer: Sendable, Hashable {
    /// Member names and indexes, unescaped.
    public let tokens: [String]

    public init(tokens: [String]) { self.tokens = tokens }

    /// nil when the text is neither empty nor starts with `/`.
    public init?(_ text: String) {
        guard !text.isEmpty else {
            tokens = []
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        tokens = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(Self.unescaped)
    }

    /// The value at the place; nil when an object on the way has no such member. Throws for an index that cannot be.
    func value(in document: JSON) throws(JSONPatchError) -> JSON? {
        var node: JSON = document
        for token in tokens {
            switch node {
            case .object(let object):
                guard let child = object[token] else { return nil }
                node = child
            case .array(let elements): node = elements[try JSON.patchIndex(token, count: elements.count)]
            default: return nil
            }
        }
        return node
    }

    /// Whether there is an object or list that could hold the place.
    func parentExists(in document: JSON) -> Bool {
        let parent: JSON? = (try? JSONPointer(tokens: tokens.dropLast()).value(in: document)) ?? nil
        return parent?.object != nil || parent?.array != nil
    }

    func isInside(_ other: JSONPointer) -> Bool { tokens.count > other.tokens.count && tokens.starts(with: other.tokens) }

    private static func unescaped(_ token: Substring) -> String {
        guard token.utf8.contains(UInt8(ascii: "~")) else { return String(token) }
        var result: [UInt8] = []
        var bytes: Substring.UTF8View = token.utf8
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "~"), let code = bytes.first, code == UInt8(ascii: "0") || code == UInt8(ascii: "1") {
                bytes = bytes.dropFirst()
                result.append(code == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension JSONPointer: CustomStringConvertible {
    public var description: String {
        tokens.reduce(into: "") { text, token in
            text += "/"
            for scalar in token.unicodeScalars {
                switch scalar {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
    }
}

extension JSON {
    /// Changes the container at a path in place; false when there is none.
    mutating func patchNode(
        _ tokens: ArraySlice<String>, _ change: (inout JSON) throws(JSONPatchError) -> Void
    ) throws(JSONPatchError) -> Bool {
        guard let token = tokens.first else {
            guard object != nil || array != nil else { return false }
            try change(&self)
            return true
        }
        switch self {
        case .object(let object):
            guard var child = object[token] else { return false }
            guard try child.patchNode(tokens.dropFirst(), change) else { return false }
            self[token] = child
        case .array(var elements):
            guard let index = try? Self.patchIndex(token, count: elements.count) else { return false }
            guard try elements[index].patchNode(tokens.dropFirst(), change) else { return false }
            self = .array(elements)
        default: return false
        }
        return true
    }

    mutating func patchAdd(_ key: String, _ value: JSON) throws(JSONPatchError) {
        guard case .array(var elements) = self else {
            self[key] = value
            return
        }
        self = .null  // so that the elements are moved in place
        defer { self = .array(elements) }
        guard key != "-" else { return elements.append(value) }
        elements.insert(value, at: try Self.patchIndex(key, count: elements.count + 1))
    }

    mutating func patchSet(_ key: String, _ value: JSON) throws(JSONPatchError) {
        guard case .array(var elements) = self else {
            self[key] = value
            return
        }
        elements[try Self.patchIndex(key, count: elements.count)] = value
        self = .array(elements)
    }

    mutating func patchRemove(_ key: String) throws(JSONPatchError) {
        guard case .array(var elements) = self else {
            guard self[key] != nil else { throw .inPath("Unable to remove nonexistent key: \(key): missing value") }
            self[key] = nil
            return
        }
        elements.remove(at: try Self.patchIndex(key, count: elements.count))
        self = .array(elements)
    }

    /// An index below `count`; negative ones count from the end.
    static func patchIndex(_ token: String, count: Int) throws(JSONPatchError) -> Int {
        guard let index = Int(token) else {
            throw .inPath("value was not a proper array index: '\(token)': strconv.Atoi: parsing \"\(token)\": invalid syntax")
        }
        guard index < count, index >= -count else {
            throw .inPath("Unable to access invalid index: \(index): invalid index referenced")
        }
        return index < 0 ? index + count : index
    }
}
