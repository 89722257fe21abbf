package import Machinery

/// Configuration as keys and values.
package struct ConfigMap: Kind {
    package static let definition = Definition(ConfigMap(), "core.v1.ConfigMap", "Configuration as keys and values, text or bytes.")
    package static let names = KindNames("ConfigMap", group: "", plural: "configmaps", short: ["cm"])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let data = Field<[String: String]>("data", 2, "Text by key. Keys have letters, digits, '-', '_' and '.'.")
    package let binaryData = Field<[String: Base64]>("binaryData", 3, "Bytes by key; no key may also be in data.")
    package let immutable = Field<Bool?>("immutable", 4, "True: only metadata may change from now on.")

    package static let columns: [Column<ConfigMap>] = [
        .name,
        Column("Data", .string, "Number of keys.") { map, _ in
            .int(Int64((map.json["data"]?.object?.count ?? 0) + (map.json["binaryData"]?.object?.count ?? 0)))
        },
        .age,
    ]

    /// Source: `ValidateConfigMap` of pkg/apis/core/validation.
    package static func validate(_ map: View<ConfigMap>, _ path: Path, _ problems: inout Problems) {
        let bytes: Set<String> = Set(map.json["binaryData"]?.object?.keys ?? [])
        var size: Int = 0
        for member in map.json["data"]?.object ?? JSONObject() {
            DataKeys.validate(member.key, path.child("data"), &problems)
            if bytes.contains(member.key) {
                problems.invalid(path.child("data").key(member.key), .string(member.key), "duplicate of key present in binaryData")
            }
            size += member.value.string?.utf8.count ?? 0
        }
        for member in map.json["binaryData"]?.object ?? JSONObject() {
            DataKeys.validate(member.key, path.child("binaryData"), &problems)
            size += DataKeys.decodedCount(member.value.string ?? "")
        }
        // Upstream's path is an empty name, which it writes so.
        if size > DataKeys.sizeLimit { problems.tooLong(Path("[]"), "may not be more than \(DataKeys.sizeLimit) bytes") }
    }

    package static func validateUpdate(_ map: View<ConfigMap>, from old: View<ConfigMap>, _ path: Path, _ problems: inout Problems) {
        DataKeys.validateUpdate(map.json, from: old.json, ["data", "binaryData"], path, &problems)
    }
}

/// The rules that ConfigMaps and Secrets share.
enum DataKeys {
    /// Bytes of all values together.
    static let sizeLimit: Int = 1024 * 1024

    static func validate(_ key: String, _ path: Path, _ problems: inout Problems) {
        for detail in Names.configMapKey(key) { problems.invalid(path.key(key), .string(key), detail) }
    }

    /// Once `immutable` is true it stays so, and the data with it.
    static func validateUpdate(_ new: JSON, from old: JSON, _ fields: [String], _ path: Path, _ problems: inout Problems) {
        guard old["immutable"]?.bool == true else { return }
        if new["immutable"]?.bool != true {
            problems.forbidden(path.child("immutable"), "field is immutable when `immutable` is set")
        }
        for field in fields where (new[field] ?? [:]) != (old[field] ?? [:]) {
            problems.forbidden(path.child(field), "field is immutable when `immutable` is set")
        }
    }

    /// Number of bytes that base64 text stands for.
    static func decodedCount(_ text: String) -> Int {
        let digits: Int = text.utf8.reduce(0) { count, byte in
            byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") ? count : count + 1
        }
        return digits * 3 / 4
    }
}
