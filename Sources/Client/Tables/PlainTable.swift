package import Machinery

/// The table that the client makes where the server sends none: names and ages, which every object has.
package enum PlainTable {
    /// The answer itself when it is a Table; otherwise a row for each of its objects.
    package static func table(_ answer: JSON, _ now: Time) -> JSON {
        guard answer["kind"] != "Table" else { return answer }
        let rows: [JSON] = items(of: answer).map { object in
            let created: Time? = object[["metadata", "creationTimestamp"]]?.string.flatMap { Time($0) }
            let age: String = created.map { (now - $0).human } ?? "<unknown>"
            return ["cells": [object[["metadata", "name"]] ?? "", .string(age)], "object": object]
        }
        return [
            "kind": "Table", "metadata": answer["metadata"] ?? [:],
            "columnDefinitions": [
                ["name": "Name", "type": "string", "format": "name", "priority": 0],
                ["name": "Age", "type": "string", "format": "", "priority": 0],
            ],
            "rows": .array(rows),
        ]
    }

    /// The objects of a list; of one object, itself.
    package static func items(of object: JSON) -> [JSON] {
        guard object["kind"]?.string?.hasSuffix("List") == true, let items = object["items"]?.array else { return [object] }
        return items
    }
}

/// Cells of the server's Tables as text.
package enum TableCell {
    /// Cut at the first line break. May hold characters that mean something to a terminal.
    package static func text(_ cell: JSON) -> String {
        switch cell {
        case .null: return ""
        case .string(let text):
            guard text.utf8.contains(where: { $0 < 0x20 }) else { return text }
            let isBreak: (Unicode.Scalar) -> Bool = { $0 == "\n" || $0 == "\r" || $0 == "\u{0C}" }
            guard let end = text.unicodeScalars.firstIndex(where: isBreak) else { return text }
            return String(text[..<end]) + "..."
        default: return GoText.of(cell)
        }
    }
}
