import Machinery

/// How operations of a group and version are called: `AppsV1` in ids, `apps_v1` as a tag.
struct OpenAPINames {
    /// `CoreV1`, `RbacAuthorizationV1`
    let type: String
    /// `core_v1`, `rbacAuthorization_v1`
    let tag: String
    /// `Core`, `RbacAuthorization`
    let group: String
    /// `core`, `rbacAuthorization`
    let groupTag: String

    init(group: String, version: String) {
        let short: String = group.isEmpty ? "core" : group.hasSuffix(".k8s.io") ? String(group.dropLast(7)) : group
        let words: [String] = short.split(whereSeparator: { $0 == "." || $0 == "-" }).map(String.init)
        self.group = words.map(Self.capitalize).joined()
        groupTag = (words.first ?? "") + words.dropFirst().map(Self.capitalize).joined()
        type = self.group + Self.capitalize(version)
        tag = groupTag + "_" + version
    }

    func capitalized(_ word: String) -> String { Self.capitalize(word) }

    private static func capitalize(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }
}
