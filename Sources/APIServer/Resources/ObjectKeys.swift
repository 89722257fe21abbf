import API

/// Where objects stand in the store: `apps/deployments/default/web`, `core/nodes/local`.
enum ObjectKeys {
    static func prefix(_ names: KindNames, namespace: String? = nil) -> String {
        let root: String = (names.group.isEmpty ? "core" : names.group) + "/" + names.plural + "/"
        guard let namespace, names.isNamespaced else { return root }
        return root + namespace + "/"
    }

    static func key(_ names: KindNames, namespace: String?, name: String) -> String {
        prefix(names, namespace: namespace) + name
    }

    /// Namespace, empty for objects without one, and name of a key.
    static func place(of key: String) -> (namespace: Substring, name: Substring) {
        let parts: [Substring] = key.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 3 ? (parts[2], parts[3]) : ("", parts.last ?? "")
    }

    /// Group and resource of a key.
    static func resource(of key: String) -> Substring {
        guard let first = key.firstIndex(of: "/"), let second = key[key.index(after: first)...].firstIndex(of: "/") else { return "" }
        return key[..<second]
    }
}
