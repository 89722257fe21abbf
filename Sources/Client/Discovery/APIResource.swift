package import API

/// A resource as a client knows it: from the list of built-in kinds, or from the server's discovery.
package struct APIResource: Sendable, Hashable {
    package let resource: GroupVersionResource
    package let kind: String
    /// `deployment`; empty when the server does not say.
    package let singular: String
    package let short: [String]
    /// Such as `all`.
    package let categories: [String]
    package let isNamespaced: Bool
    package let verbs: [String]

    package init(
        resource: GroupVersionResource, kind: String, singular: String, short: [String], categories: [String], isNamespaced: Bool,
        verbs: [String]
    ) {
        self.resource = resource
        self.kind = kind
        self.singular = singular
        self.short = short
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.verbs = verbs
    }

    package init(_ names: KindNames) {
        self.init(
            resource: names.resource, kind: names.kind, singular: names.singular, short: names.short, categories: names.categories,
            isNamespaced: names.isNamespaced, verbs: names.verbs.map(\.rawValue))
    }

    /// `v1`, `apps/v1`
    package var apiVersion: String { resource.group.isEmpty ? resource.version : resource.group + "/" + resource.version }

    /// `pod`, `deployment.apps`: as kubectl names an object's kind in its output.
    package var shown: String {
        let word: String = singular.isEmpty ? kind.lowercased() : singular
        return resource.group.isEmpty ? word : word + "." + resource.group
    }

    /// `pods`, `deployments.apps`
    package var qualified: String { resource.group.isEmpty ? resource.resource : resource.resource + "." + resource.group }

    package func can(_ verb: String) -> Bool { verbs.contains(verb) }

    /// True when the word means this resource: plural, singular, short name or kind, in any case.
    func isNamed(_ word: String) -> Bool {
        resource.resource == word || singular == word || kind.lowercased() == word || short.contains(word)
    }
}
