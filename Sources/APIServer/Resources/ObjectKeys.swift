import API

/// Where objects stand in the store: `apps/deployments/default/web`, `core/nodes/local`.
enum ObjectKeys {
    static func prefix(_ names: KindNames, namespace: String? = nil) -> String {
        namespace == nil ? names.folder : key(names, namespace: namespace, name: "")
    }

    static func key(_ names: KindNames, namespace: String?, name: String) -> String {
        guard let namespace, names.isNamespaced else { return names.folder + name }
        var key = ""
        key.reserveCapacity(names.folder.utf8.count + namespace.utf8.count + 1 + name.utf8.count)
        key += names.folder
        key += namespace
        key += "/"
        key += name
        return key
    }

    /// Namespace, empty for objects without one, and name of a key.
    static func place(of key: String) -> (namespace: Substring, name: Substring) {
        let resource: Substring = resource(of: key)
        guard !resource.isEmpty else { return ("", key[...]) }
        let rest: Substring.UTF8View = key[key.utf8.index(after: resource.endIndex)...].utf8
        guard let end = rest.firstIndex(of: slash) else { return ("", Substring(rest)) }
        return (Substring(rest[..<end]), Substring(rest[rest.index(after: end)...]))
    }

    /// Group and resource of a key.
    static func resource(of key: String) -> Substring {
        let bytes: String.UTF8View = key.utf8
        guard let first = bytes.firstIndex(of: slash), let second = bytes[bytes.index(after: first)...].firstIndex(of: slash) else {
            return ""
        }
        return key[..<second]
    }

    private static let slash = UInt8(ascii: "/")
}
