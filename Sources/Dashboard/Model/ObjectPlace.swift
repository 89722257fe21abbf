package import Client

/// Where one object is: its resource, namespace and name.
package struct ObjectPlace: Sendable, Hashable {
    package let resource: APIResource
    /// nil for kinds without namespace.
    package let namespace: String?
    package let name: String

    package init(_ resource: APIResource, namespace: String?, name: String) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
    }

    /// Words of a command line that name it: `deployments.apps web -n shop`.
    package var words: [String] { [resource.qualified, name] + flags }
    /// The same as one word: `deployments.apps/web -n shop`.
    package var slashed: [String] { ["\(resource.qualified)/\(name)"] + flags }
    /// Words that name several of one kind, one command line for each namespace.
    package static func words(_ places: [ObjectPlace]) -> [[String]] {
        var namespaces: [String?] = []
        for place in places where !namespaces.contains(place.namespace) { namespaces.append(place.namespace) }
        return namespaces.map { namespace in
            let here: [ObjectPlace] = places.filter { $0.namespace == namespace }
            return [here[0].resource.qualified] + here.map(\.name) + here[0].flags
        }
    }

    /// `-n shop`
    package var flags: [String] { namespace.map { ["-n", $0] } ?? [] }
}
