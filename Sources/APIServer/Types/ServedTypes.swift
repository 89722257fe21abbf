package import API
import Synchronization

/// The types that the server serves: the built-in ones, which stay, and those of custom resources, which come and go with their definitions.
///
/// A built-in type is found without any lock.
package final class ServedTypes: Sendable {
    /// What is served at one moment. Immutable; its documents are made when they are first asked for.
    package struct Snapshot: Sendable {
        /// In the order of group, version and name.
        let custom: [ResourceType]
        let customByResource: [GroupVersionResource: ResourceType]
        package let discovery: DiscoveryDocuments
        package let openAPI: OpenAPIDocuments
    }

    private let builtIn: [ResourceType]
    private let builtInByResource: [GroupVersionResource: ResourceType]
    private let builtInGroups: Set<String>
    private let state: Mutex<Snapshot>

    package init(builtIn: [ResourceType]) {
        self.builtIn = builtIn
        builtInByResource = [GroupVersionResource: ResourceType](uniqueKeysWithValues: builtIn.map { ($0.names.resource, $0) })
        builtInGroups = Set(builtIn.map(\.names.group))
        state = Mutex(
            Snapshot(
                custom: [], customByResource: [:], discovery: DiscoveryDocuments(types: builtIn), openAPI: OpenAPIDocuments(types: builtIn))
        )
    }

    package subscript(resource: GroupVersionResource) -> ResourceType? {
        builtInByResource[resource] ?? state.withLock { $0.customByResource[resource] }
    }

    /// Whether a group is one of the built-in types, whatever its custom resources.
    func hasBuiltIn(group: String) -> Bool { builtInGroups.contains(group) }

    package var now: Snapshot { state.withLock { $0 } }

    /// Serves these custom resources from now on, and no others. Documents of groups whose types stay the same are kept.
    func serve(_ custom: [ResourceType]) {
        let sorted: [ResourceType] = custom.filter { builtInByResource[$0.names.resource] == nil }.sorted { one, two in
            (one.names.group, one.names.version, one.names.plural) < (two.names.group, two.names.version, two.names.plural)
        }
        state.withLock { snapshot in
            snapshot = Snapshot(
                custom: sorted,
                customByResource: [GroupVersionResource: ResourceType](uniqueKeysWithValues: sorted.map { ($0.names.resource, $0) }),
                discovery: DiscoveryDocuments(types: builtIn + sorted), openAPI: snapshot.openAPI.serving(sorted))
        }
    }

    /// The other versions of a kind under which the same objects can be read.
    func equivalents(of type: ResourceType) -> [ResourceType] {
        all.filter { other in
            other.names.resource != type.names.resource && other.storedNames.resource == type.storedNames.resource
        }
    }

    /// All types, built-in ones first.
    package var all: [ResourceType] { builtIn + now.custom }
}
