import CLibYAML

extension YAML {
    /// A document as `kubectl -o yaml` prints it: lists not indented below their key, lines folded at 80 characters, strings in
    /// quotes only where they would read as something else. Ends with a newline.
    ///
    /// Keys are sorted in Go's natural order (`item2` before `item10`) unless told to stay in theirs.
    public static func write(_ json: JSON, sortedKeys: Bool = true) -> String {
        let writer = YAMLWriter(sortedKeys: sortedKeys)
        return writer.text(json)
    }
}

/// Feeds a tree to libyaml's emitter, with the styles that Go's `yaml.v2` chooses.
private final class YAMLWriter {
    private let emitter: UnsafeMutablePointer<yaml_emitter_t>
    private let sortedKeys: Bool
    private var output: [UInt8] = []

    init(sortedKeys: Bool) {
        self.sortedKeys = sortedKeys
        emitter = .allocate(capacity: 1)
        emitter.initialize(to: yaml_emitter_t())
        yaml_emitter_initialize(emitter)
        yaml_emitter_set_unicode(emitter, 1)
    }

    deinit {
        yaml_emitter_delete(emitter)
        emitter.deallocate()
    }

    func text(_ json: JSON) -> String {
        yaml_emitter_set_output(
            emitter,
            { context, bytes, count in
                guard let context, let bytes else { return 0 }
                let writer: YAMLWriter = Unmanaged<YAMLWriter>.fromOpaque(context).takeUnretainedValue()
                writer.output.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
                return 1
            }, Unmanaged.passUnretained(self).toOpaque())
        var event = yaml_event_t()
        yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)
        emit(&event)
        yaml_document_start_event_initialize(&event, nil, nil, nil, 1)
        emit(&event)
        write(json)
        yaml_document_end_event_initialize(&event, 1)
        emit(&event)
        yaml_stream_end_event_initialize(&event)
        emit(&event)
        yaml_emitter_flush(emitter)
        // libyaml closes a document that ends in a block scalar with kept newlines; Go's writer does not.
        if output.suffix(5).elementsEqual("\n...\n".utf8) { output.removeLast(4) }
        return String(decoding: output, as: UTF8.self)
    }

    private func write(_ json: JSON) {
        var event = yaml_event_t()
        switch json {
        case .null: writeScalar("null", YAML_PLAIN_SCALAR_STYLE)
        case .bool(let value): writeScalar(value ? "true" : "false", YAML_PLAIN_SCALAR_STYLE)
        case .int(let value): writeScalar(String(value), YAML_PLAIN_SCALAR_STYLE)
        case .number(let text):
            let isWhole: Bool = !text.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
            writeScalar(isWhole ? text : Double(text).map(GoFloat.general) ?? text, YAML_PLAIN_SCALAR_STYLE)
        case .string(let text): writeString(text)
        case .array(let elements):
            yaml_sequence_start_event_initialize(&event, nil, nil, 1, YAML_BLOCK_SEQUENCE_STYLE)
            emit(&event)
            for element in elements { write(element) }
            yaml_sequence_end_event_initialize(&event)
            emit(&event)
        case .object(let object):
            yaml_mapping_start_event_initialize(&event, nil, nil, 1, YAML_BLOCK_MAPPING_STYLE)
            emit(&event)
            let members: [JSONObject.Member] =
                sortedKeys ? object.members.sorted { NaturalOrder.precedes($0.key, $1.key) } : object.members
            for member in members {
                writeString(member.key)
                write(member.value)
            }
            yaml_mapping_end_event_initialize(&event)
            emit(&event)
        }
    }

    private func writeString(_ text: String) {
        if text.utf8.contains(UInt8(ascii: "\n")) { return writeScalar(text, YAML_LITERAL_SCALAR_STYLE) }
        let isPlain: Bool = YAMLScalar(plain: text) == .string && !Self.isBase60(text)
        writeScalar(text, isPlain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE)
    }

    /// Other readers of YAML 1.1 take `12:30:45` for a number: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
    private static func isBase60(_ text: String) -> Bool {
        guard text.utf8.contains(UInt8(ascii: ":")) else { return false }
        var rest: Substring.UTF8View = Substring(text).utf8
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard let first = rest.first, isDigit(first) else { return false }
        rest = rest.drop { isDigit($0) || $0 == UInt8(ascii: "_") }
        guard rest.first == UInt8(ascii: ":") else { return false }
        while rest.first == UInt8(ascii: ":") {
            let digits: Substring.UTF8View = rest.dropFirst().prefix(while: isDigit)
            guard let first = digits.first, digits.count == 1 || (digits.count == 2 && first <= 0x35) else { return false }
            rest = rest[digits.endIndex...]
        }
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop { isDigit($0) || $0 == UInt8(ascii: "_") } }
        return rest.isEmpty
    }

    private func writeScalar(_ text: String, _ style: yaml_scalar_style_t) {
        var event = yaml_event_t()
        var copy: String = text
        copy.withUTF8 { utf8 in
            _ = yaml_scalar_event_initialize(&event, nil, nil, utf8.baseAddress ?? Self.nothing, Int32(utf8.count), 1, 1, style)
        }
        emit(&event)
    }

    private nonisolated(unsafe) static let nothing: UnsafePointer<UInt8> = {
        let byte: UnsafeMutablePointer<UInt8> = .allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()

    /// Fails only without memory or for events out of order, of which neither can be mended here.
    private func emit(_ event: inout yaml_event_t) {
        guard yaml_emitter_emit(emitter, &event) != 0 else {
            let problem: String = emitter.pointee.problem.map { String(cString: $0) } ?? "no memory"
            preconditionFailure("libyaml cannot write a tree: \(problem)")
        }
    }
}

/// The order in which Go's `yaml.v2` sorts keys: digits by their number, before letters. Source: its `keyList`.
enum NaturalOrder {
    static func precedes(_ one: String, _ other: String) -> Bool {
        let a: [Unicode.Scalar] = Array(one.unicodeScalars)
        let b: [Unicode.Scalar] = Array(other.unicodeScalars)
        guard let first = zip(a, b).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset else {
            return a.count < b.count
        }
        let isLetter: Bool = a[first].properties.isAlphabetic
        let isOtherLetter: Bool = b[first].properties.isAlphabetic
        if isLetter && isOtherLetter { return a[first] < b[first] }
        if isLetter || isOtherLetter { return isOtherLetter }
        // A zero that differs may stand inside a number: then what was read before makes both at least 1.
        var start: Int64 = 0
        if a[first] == "0" || b[first] == "0" {
            var index: Int = first - 1
            while index >= 0, isDigit(a[index]) {
                if a[index] != "0" { start = 1 }
                index -= 1
            }
        }
        let (number, end): (Int64, Int) = number(a, from: first, start)
        let (otherNumber, otherEnd): (Int64, Int) = Self.number(b, from: first, start)
        if number != otherNumber { return number < otherNumber }
        if end != otherEnd { return end < otherEnd }
        return a[first] < b[first]
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x30 && scalar.value <= 0x39 }

    private static func number(_ text: [Unicode.Scalar], from start: Int, _ value: Int64) -> (Int64, Int) {
        var value: Int64 = value
        var index: Int = start
        while index < text.count, isDigit(text[index]) {
            value = value &* 10 &+ Int64(text[index].value - 0x30)
            index += 1
        }
        return (value, index)
    }
}
