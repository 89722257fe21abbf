import Machinery

/// YAML in the flow style of `-o kyaml`: braces, brackets and quotes, so that no text is taken for something else.
/// Source: sigs.k8s.io/yaml/kyaml.
enum KYAML {
    /// Members stand in the order in which they come.
    static func write(_ json: JSON) -> String {
        var text: String = "---\n"
        append(json, level: 0, to: &text)
        return text + "\n"
    }

    private static func append(_ json: JSON, level: Int, to text: inout String) {
        let inner: String = String(repeating: "  ", count: level + 1)
        let outer: String = String(repeating: "  ", count: level)
        switch json {
        case .object(let object) where !object.isEmpty:
            text += "{\n"
            for member in object {
                text += inner + key(member.key) + ": "
                append(member.value, level: level + 1, to: &text)
                text += ",\n"
            }
            text += outer + "}"
        case .array(let elements) where !elements.isEmpty:
            let isCuddled: Bool = elements.allSatisfy { if case .object = $0 { true } else if case .array = $0 { true } else { false } }
            text += isCuddled ? "[" : "[\n"
            for (index, element) in elements.enumerated() {
                if isCuddled {
                    if index > 0 { text += ", " }
                    append(element, level: level, to: &text)
                } else {
                    text += inner
                    append(element, level: level + 1, to: &text)
                    text += ",\n"
                }
            }
            text += isCuddled ? "]" : outer + "]"
        case .string(let value) where value.contains("\n"): text += folded(value, inner)
        default: text += json.text()
        }
    }

    /// Text of several lines: one line of the file for each, every line break spelled out.
    private static func folded(_ value: String, _ indent: String) -> String {
        var lines: [Substring] = value.split(separator: "\n", omittingEmptySubsequences: false)
        let endsLine: Bool = lines.last?.isEmpty == true
        if endsLine { lines.removeLast() }
        var text: String = "\"\\\n"
        for (index, line) in lines.enumerated() {
            // A space at the beginning would be taken for indentation.
            text += indent + (line.first == " " ? "\\" : " ") + JSON.quoted(String(line)).dropFirst().dropLast()
            text += index < lines.count - 1 || endsLine ? "\\n\\\n" : "\\\n"
        }
        return text + indent + "\""
    }

    /// Bare where nobody can mistake it.
    private static func key(_ key: String) -> String {
        let isPlain: Bool =
            key.utf8.first.map { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") } == true
            && key.utf8.allSatisfy { byte in
                (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || (byte >= 0x30 && byte <= 0x39)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/")
            }
        let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"]
        return isPlain && !words.contains(key.lowercased()) ? key : JSON.quoted(key)
    }
}
