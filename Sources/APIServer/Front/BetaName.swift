import Machinery

/// Tables and partial objects as meta.k8s.io/v1beta1, for clients that are older than version 1.15: the forms are the same, their name is not.
enum BetaName {
    private static let name: JSON = "meta.k8s.io/v1"
    private static let betaName: JSON = "meta.k8s.io/v1beta1"

    static func document(_ bytes: [UInt8]) -> [UInt8] {
        guard var json = try? JSON(parsing: bytes) else { return bytes }
        rename(&json)
        return json.serialized()
    }

    /// - Parameter pieces: whole lines together, each an event.
    static func events(_ pieces: [[UInt8]]) -> [[UInt8]] {
        Array(pieces.joined()).split(separator: newline).map { line in
            guard var event = try? JSON(parsing: Array(line)), var object: JSON = event["object"] else { return line + [newline] }
            rename(&object)
            event["object"] = object
            return event.serialized() + [newline]
        }
    }

    private static let newline = UInt8(ascii: "\n")

    private static func rename(_ form: inout JSON) {
        guard form["apiVersion"] == name else { return }
        form["apiVersion"] = betaName
        if let rows = form["rows"]?.array {
            form["rows"] = .array(
                rows.map { row in
                    var row: JSON = row
                    if var object: JSON = row["object"] {
                        rename(&object)
                        row["object"] = object
                    }
                    return row
                })
        }
        if let items = form["items"]?.array {
            form["items"] = .array(
                items.map { item in
                    var item: JSON = item
                    rename(&item)
                    return item
                })
        }
    }
}
