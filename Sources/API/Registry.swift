/// Every built-in kind, by group: the one list that the server, discovery and the command line read.
package enum Registry {
    package static let kinds: [any Kind.Type] = core + apps + batch + others

    private static let core: [any Kind.Type] = [
    ]

    private static let apps: [any Kind.Type] = [
    ]

    private static let batch: [any Kind.Type] = [
    ]

    private static let others: [any Kind.Type] = [
    ]

    /// In the order of ``kinds``.
    package static let types: [ResourceType] = kinds.map { erased($0) }

    private static func erased<K: Kind>(_ kind: K.Type) -> ResourceType { ResourceType(kind) }
}
