import CLibYAML

/// Builds trees from libyaml's events, without recursion.
final class YAMLReader {
    private struct Frame {
        let isMapping: Bool
        let anchor: String?
        let line: Int
        var elements: [JSON] = []
        var members: [JSONObject.Member] = []
        /// Names of a mapping that has outgrown linear search.
        var names: Set<String> = []
        /// The key whose value comes next; nil when a key comes next.
        var key: String?
        var isMerge: Bool = false
        /// The key being read stood in this mapping before.
        var isRepeated: Bool = false
        /// Values of `<<`, carried out when the mapping closes: what the mapping says itself wins.
        var merged: [JSON] = []
        /// Values in this frame, itself included.
        var size: Int = 1
    }

    private struct Anchor {
        let json: JSON
        let size: Int
    }

    private static let maxDepth: Int = 10_000
    private static let tagPrefix: String = "tag:yaml.org,2002:"

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeBufferPointer<UInt8>
    private let file: String?
    private let booleans: YAMLBooleans
    private var frames: [Frame] = []
    private var anchors: [String: Anchor] = [:]
    private var openAnchors: Set<String> = []
    private var duplicates: [YAMLDocument.Duplicate] = []
    private var root: JSON?
    private var rootLine: Int = 1
    /// Values so far, with those that aliases stand for, and how many of them came through aliases.
    private var valueCount: Int = 0
    private var aliasedCount: Int = 0

    /// The bytes must outlive the reader.
    init(bytes: UnsafeBufferPointer<UInt8>, file: String?, booleans: YAMLBooleans) {
        self.bytes = bytes
        self.file = file
        self.booleans = booleans
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    func documents() throws(YAMLError) -> [YAMLDocument] {
        var documents: [YAMLDocument] = []
        guard !bytes.isEmpty else { return documents }
        var event = yaml_event_t()
        while true {
            guard yaml_parser_parse(parser, &event) != 0 else { throw parseError() }
            defer { yaml_event_delete(&event) }
            switch event.type {
            case YAML_STREAM_END_EVENT: return documents
            case YAML_DOCUMENT_START_EVENT: startDocument()
            case YAML_DOCUMENT_END_EVENT:
                if let root, !root.isNull {
                    documents.append(YAMLDocument(json: root, line: rootLine, duplicates: duplicates))
                }
            case YAML_SCALAR_EVENT: try scalar(event)
            case YAML_ALIAS_EVENT: try alias(event)
            case YAML_SEQUENCE_START_EVENT:
                try open(isMapping: false, event.data.sequence_start.anchor, event)
            case YAML_MAPPING_START_EVENT:
                try open(isMapping: true, event.data.mapping_start.anchor, event)
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: try close(event)
            default: break
            }
        }
    }

    // MARK: Events

    private func startDocument() {
        root = nil
        anchors = [:]
        openAnchors = []
        duplicates = []
        valueCount = 0
        aliasedCount = 0
    }

    private func open(isMapping: Bool, _ anchor: UnsafePointer<UInt8>?, _ event: yaml_event_t) throws(YAMLError) {
        guard frames.count < Self.maxDepth else { throw error("exceeded max depth of \(Self.maxDepth)", event) }
        if let top = frames.last, top.isMapping, top.key == nil { throw error("invalid map key: a key must be a scalar", event) }
        valueCount += 1
        let name: String? = text(anchor)
        if let name { openAnchors.insert(name) }
        if frames.isEmpty { rootLine = line(event) }
        frames.append(Frame(isMapping: isMapping, anchor: name, line: line(event)))
    }

    private func close(_ event: yaml_event_t) throws(YAMLError) {
        let frame: Frame = frames.removeLast()
        let json: JSON = frame.isMapping ? .object(merged(frame)) : .array(frame.elements)
        if let name = frame.anchor {
            openAnchors.remove(name)
            anchors[name] = Anchor(json: json, size: frame.size)
        }
        try add(json, size: frame.size, event)
    }

    private func scalar(_ event: yaml_event_t) throws(YAMLError) {
        valueCount += 1
        let scalar = event.data.scalar
        let value = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        let meaning: YAMLScalar = try resolved(value, tag: text(scalar.tag), isPlain: scalar.plain_implicit != 0, event)
        let isBinary: Bool = text(scalar.tag) == Self.tagPrefix + "binary"
        if let depth = frames.indices.last, frames[depth].isMapping, frames[depth].key == nil {
            if let anchor = text(scalar.anchor) { anchors[anchor] = Anchor(json: .string(value), size: 1) }
            return try readKey(value, meaning, depth, event)
        }
        let json: JSON
        switch meaning {
        case .string where isBinary:
            guard let decoded = Base64Text.decode(value) else { throw error("!!binary value contains invalid base64 data", event) }
            json = .string(String(decoding: decoded, as: UTF8.self))
        case _ where isAnnotation && (meaning != .null || booleans == .manifests): json = .string(value)
        case .timestamp where booleans != .all && value.utf8.count <= 10: json = .string(Self.midnight(value))
        case .string, .timestamp, .merge: json = .string(value)
        case .null: json = .null
        case .bool(let value): json = .bool(value)
        case .int(let value): json = .int(value)
        case .bigInt(let digits): json = .number(digits)
        case .float(let value):
            guard value.isFinite else {
                throw error("json: unsupported value: \(value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf")", event)
            }
            let text: String = GoFloat.json(value)
            json = Int64(text).map { .int($0) } ?? .number(text)
        }
        if let anchor = text(scalar.anchor) { anchors[anchor] = Anchor(json: json, size: 1) }
        if frames.isEmpty { rootLine = line(event) }
        try add(json, size: 1, event)
    }

    /// `2020-1-2` as `2020-01-02T00:00:00Z`.
    private static func midnight(_ date: String) -> String {
        date.split(separator: "-").map { $0.utf8.count == 1 ? "0" + $0 : String($0) }.joined(separator: "-") + "T00:00:00Z"
    }

    /// True for the value of an annotation of an object, or of one in a list of objects, where these are texts.
    private var isAnnotation: Bool {
        guard booleans != .all, frames.count == 3 || frames.count == 5 && frames[0].key == "items" else { return false }
        return frames[frames.count - 2].key == "annotations" && frames[frames.count - 3].key == "metadata"
    }

    private func alias(_ event: yaml_event_t) throws(YAMLError) {
        let name: String = text(event.data.alias.anchor) ?? ""
        if openAnchors.contains(name) { throw error("anchor '\(name)' value contains itself", event) }
        guard let anchor = anchors[name] else { throw error("unknown anchor '\(name)' referenced", event) }
        valueCount += anchor.size
        aliasedCount += anchor.size
        // Aliases of aliases grow without bound ("a billion laughs"). Source: the limits of Go's yaml.v2.
        if aliasedCount > 100, valueCount > 1000, Double(aliasedCount) > Self.allowedAliasShare(valueCount) * Double(valueCount) {
            throw error("document contains excessive aliasing", event)
        }
        if let depth = frames.indices.last, frames[depth].isMapping, frames[depth].key == nil {
            guard case .string(let key) = anchor.json else { throw error("invalid map key: a key must be a scalar", event) }
            return try readKey(key, .string, depth, event)
        }
        try add(anchor.json, size: anchor.size, event)
    }

    private static func allowedAliasShare(_ count: Int) -> Double {
        switch count {
        case ...400_000: 0.99
        case 4_000_000...: 0.10
        default: 0.99 - 0.89 * (Double(count - 400_000) / 3_600_000)
        }
    }

    // MARK: Building

    private func add(_ json: JSON, size: Int, _ event: yaml_event_t) throws(YAMLError) {
        guard let depth = frames.indices.last else { return root = json }
        frames[depth].size += size
        guard frames[depth].isMapping else { return frames[depth].elements.append(json) }
        guard let key = frames[depth].key else { return }
        frames[depth].key = nil
        if frames[depth].isMerge {
            frames[depth].isMerge = false
            return try merge(json, depth, event)
        }
        if frames[depth].isRepeated, let index = frames[depth].members.firstIndex(where: { $0.key == key }) {
            frames[depth].members[index].value = json
        } else {
            frames[depth].members.append(JSONObject.Member(key: key, value: json))
        }
    }

    private func readKey(_ value: String, _ meaning: YAMLScalar, _ depth: Int, _ event: yaml_event_t) throws(YAMLError) {
        let key: String
        switch meaning {
        case .string, .timestamp: key = value
        case .merge:
            key = value
            frames[depth].isMerge = true
        case .null: throw error("unsupported map key of type: null; write it in quotes", event)
        case .bool(let value): key = value ? "true" : "false"
        case .int(let value): key = String(value)
        case .bigInt(let digits): key = digits
        case .float(let value):
            key = value.isNaN ? ".nan" : value.isInfinite ? (value < 0 ? "-.inf" : ".inf") : GoFloat.general(value)
        }
        frames[depth].key = key
        guard !frames[depth].isMerge else { return }
        frames[depth].isRepeated = isKnown(key, depth)
        if frames[depth].isRepeated {
            duplicates.append(YAMLDocument.Duplicate(path: path(), key: key, line: line(event)))
        }
    }

    private func isKnown(_ key: String, _ depth: Int) -> Bool {
        let count: Int = frames[depth].members.count
        if count < 24 { return frames[depth].members.contains { $0.key == key } }
        if frames[depth].names.isEmpty { frames[depth].names = Set(frames[depth].members.map(\.key)) }
        return !frames[depth].names.insert(key).inserted
    }

    private func merge(_ json: JSON, _ depth: Int, _ event: yaml_event_t) throws(YAMLError) {
        switch json {
        case .object: frames[depth].merged.append(json)
        case .array(let elements) where elements.allSatisfy({ $0.object != nil }): frames[depth].merged += elements
        default: throw error("map merge requires map or sequence of maps as the value", event)
        }
    }

    /// The members of a mapping with those it merges; an earlier one wins over a later one.
    private func merged(_ frame: Frame) -> JSONObject {
        guard !frame.merged.isEmpty else { return JSONObject(members: frame.members) }
        var known: Set<String> = Set(frame.members.map(\.key))
        var members: [JSONObject.Member] = []
        for json in frame.merged {
            for member in json.object?.members ?? [] where known.insert(member.key).inserted { members.append(member) }
        }
        return JSONObject(members: members + frame.members)
    }

    // MARK: Scalars

    private func resolved(_ value: String, tag: String?, isPlain: Bool, _ event: yaml_event_t) throws(YAMLError) -> YAMLScalar {
        guard let tag, !tag.isEmpty, tag != "!" else { return isPlain ? YAMLScalar(plain: value, booleans) : .string }
        guard tag.hasPrefix(Self.tagPrefix) else { return .string }
        let wanted: String = "!!" + tag.dropFirst(Self.tagPrefix.utf8.count)
        switch wanted {
        case "!!merge": return .merge
        case "!!bool", "!!int", "!!float", "!!null", "!!timestamp": break
        default: return .string
        }
        let found: YAMLScalar = YAMLScalar(plain: value, booleans)
        if found.tag == wanted { return found }
        if wanted == "!!float", case .int(let number) = found { return .float(Double(number)) }
        throw error("cannot decode \(found.tag) `\(value)` as a \(wanted)", event)
    }

    private func text(_ pointer: UnsafePointer<UInt8>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    // MARK: Places

    private func line(_ event: yaml_event_t) -> Int { event.start_mark.line + 1 }

    private func path() -> String {
        frames.reduce(into: "") { path, frame in
            if frame.isMapping {
                path += (path.isEmpty ? "" : ".") + (frame.key ?? "")
            } else {
                path += "[\(frame.elements.count)]"
            }
        }
    }

    /// An error of meaning, for which Go's reader names no line.
    private func error(_ problem: String, _ event: yaml_event_t) -> YAMLError {
        YAMLError(file: file, line: line(event), column: event.start_mark.column + 1, problem: problem)
    }

    private func parseError() -> YAMLError {
        let failed: yaml_parser_t = parser.pointee
        let problem: String = failed.problem.map { String(cString: $0) } ?? "unknown problem parsing YAML content"
        if failed.error == YAML_READER_ERROR {
            let place = JSONError(problem, at: failed.problem_offset, in: bytes)
            return YAMLError(file: file, line: place.line, column: place.column, problem: problem)
        }
        let context: String? = failed.context.map { String(cString: $0) }
        // Go's reader names the line of the context, and counts from 0 except in the scanner.
        let mark: Int = failed.context_mark.line != 0 ? failed.context_mark.line : failed.problem_mark.line
        let goLine: Int? = mark == 0 ? nil : failed.error == YAML_SCANNER_ERROR ? mark + 1 : mark
        return YAMLError(
            file: file, line: failed.problem_mark.line + 1, column: failed.problem_mark.column + 1, problem: problem,
            context: context, goLine: goLine, hint: isTab(failed.problem_mark.index) ? "it is a tab; indent with spaces" : nil)
    }

    /// Whether a tab stands at an index, which counts characters.
    private func isTab(_ index: Int) -> Bool {
        var characters: Int = -1
        for byte in bytes where byte & 0xC0 != 0x80 {
            characters += 1
            if characters == index { return byte == UInt8(ascii: "\t") }
        }
        return false
    }
}
