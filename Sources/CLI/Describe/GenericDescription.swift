import Machinery

/// Any object, member by member.
enum GenericDescription {
    static func write(_ object: JSON, _ text: inout DescribeText) {
        text.field("Name", object.text(at: "metadata", "name"))
        text.field("Namespace", object.text(at: "metadata", "namespace"))
        text.labels(object[["metadata", "labels"]])
        text.annotations(object[["metadata", "annotations"]])
        content(object.object ?? [:], "", level: 0, &text)
    }

    private static let skipped: Set<String> = [
        ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations", ".metadata.managedFields",
    ]

    private static func content(_ object: JSONObject, _ prefix: String, level: Int, _ text: inout DescribeText) {
        for member in object.sorted() {
            let path: String = prefix + "." + member.key
            if skipped.contains(path) { continue }
            let label: String = label(of: member.key)
            switch member.value {
            case .object(let inner):
                text.line(level, label + ":")
                content(inner, path, level: level + 1, &text)
            case .array(let elements):
                text.line(level, label + ":")
                for element in elements {
                    if let inner = element.object {
                        content(inner, path, level: level + 1, &text)
                    } else {
                        text.line(level + 1, GoText.of(element))
                    }
                }
            default: text.line(level, "\(label):\t\(GoText.of(member.value))")
            }
        }
    }

    /// `creationTimestamp` -> `Creation Timestamp`
    static func label(of field: String) -> String {
        guard field.allSatisfy({ $0.isLetter || $0 == "-" }) else { return field }
        var words: [String] = []
        var previousIsUpper: Bool = true
        for character in field {
            // A dash is a word of its own, as Go's splitter has it.
            if words.isEmpty || character == "-" || words.last == "-" || character.isUppercase && !previousIsUpper { words.append("") }
            words[words.count - 1].append(character)
            previousIsUpper = character.isUppercase
        }
        return words.map { word in
            ["API", "URL", "UID", "OSB", "GUID"].contains(word.uppercased())
                ? word.uppercased() : word.prefix(1).uppercased() + word.dropFirst()
        }.joined(separator: " ")
    }
}
