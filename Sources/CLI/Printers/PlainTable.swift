import Machinery

/// The table that the client makes where the server sends none: names and ages, which every object has.
enum PlainTable {
    /// The answer itself when it is a Table; otherwise a row for each of its objects.
    static func table(_ answer: JSON, _ now: Time) -> JSON {
        guard answer["kind"] != "Table" else { return answer }
        let rows: [JSON] = ObjectPrinter.items(answer).map { object in
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
}
