import API
import Client
import Synchronization

/// The resources whose objects the garbage collector follows: the built-in ones, and custom ones while they are served.
final class CollectedResources: Sendable {
    private struct State {
        /// By apiVersion and kind.
        var custom: [String: APIResource] = [:]
        /// Of the followed ones: rises when one goes and comes again, so that its old feed ends.
        var turns: [GroupVersionResource: Int] = [:]
        var lastTurn = 0
    }

    private let state = Mutex(State())

    /// Events are too many and end by themselves; what another version stores is collected there.
    static let builtIn: [APIResource] = Registry.types.filter { type in
        Set(type.names.verbs).isSuperset(of: [.delete, .list, .watch]) && type.conversion == nil && type.names.kind != Event.names.kind
    }.map { APIResource($0.names) }

    private static let builtInByKind: [String: APIResource] = [String: APIResource](
        uniqueKeysWithValues: Registry.types.map { (name($0.names.apiVersion, $0.names.kind), APIResource($0.names)) })

    private static func name(_ apiVersion: String, _ kind: String) -> String { apiVersion + "/" + kind }

    /// The resource of a kind; nil for one that is not served.
    subscript(apiVersion: String, kind: String) -> APIResource? {
        let name: String = Self.name(apiVersion, kind)
        return Self.builtInByKind[name] ?? state.withLock { $0.custom[name] }
    }

    func isCustom(_ resource: APIResource) -> Bool { Self.builtInByKind[Self.name(resource.apiVersion, resource.kind)] == nil }

    /// Takes what the server offers now. Returns the resources that are to be followed from now on, with their turn.
    ///
    /// Of several versions the first one is followed: they have the same objects.
    func update(_ served: [APIResource]) -> [(APIResource, Int)] {
        let custom: [APIResource] = served.filter { isCustom($0) }
        var seen: Set<String> = []
        let followed: [APIResource] = custom.filter { resource in
            Set(["delete", "list", "watch"]).isSubset(of: resource.verbs) && seen.insert(resource.qualified).inserted
        }
        return state.withLock { state in
            state.custom = [String: APIResource](
                custom.map { (Self.name($0.apiVersion, $0.kind), $0) }, uniquingKeysWith: { one, _ in one })
            var turns: [GroupVersionResource: Int] = [:]
            var new: [(APIResource, Int)] = []
            for resource in followed {
                if let turn = state.turns[resource.resource] {
                    turns[resource.resource] = turn
                } else {
                    state.lastTurn += 1
                    turns[resource.resource] = state.lastTurn
                    new.append((resource, state.lastTurn))
                }
            }
            state.turns = turns
            return new
        }
    }

    /// Whether a feed that began in this turn is still wanted.
    func isCurrent(_ resource: APIResource, _ turn: Int) -> Bool { state.withLock { $0.turns[resource.resource] == turn } }
}
