import Synchronization

/// The making of a verb, whose flags are its properties: made once, it tells what it declares; made again with what was given, it has the values.
///
/// Each property's wrapper asks this while the verb is made. So there is no table of flags beside the properties, and nothing is found by
/// reflection, which costs more than the rest of a short command.
final class Declaration: Sendable {
    /// What stood behind a verb.
    struct Given: Sendable {
        /// Values of flags by their first long names, in their order; a switch has `true` or `false`.
        var flags: [String: [String]] = [:]
        /// The words of each property that takes words, in the order of declaration.
        var words: [[String]] = []
    }

    private struct State {
        var parameters: [Parameter] = []
        var section: String = ""
        /// How many properties that take words have been made.
        var places: Int = 0
    }

    /// The one that is going on; nil where a verb is made for itself.
    @TaskLocal private static var current: Declaration?

    private let given: Given
    private let state: Mutex<State> = Mutex(State())

    private init(_ given: Given) { self.given = given }

    /// All that a verb or a group declares, in its order.
    static func parameters<Group: FlagGroup>(of type: Group.Type) -> [Parameter] {
        let declaration = Declaration(Given())
        _ = $current.withValue(declaration) { Group() }
        return declaration.state.withLock { $0.parameters }
    }

    /// The verb or group with these values, which ``FlagDialect`` has checked.
    static func make<Group: FlagGroup>(_ type: Group.Type, _ given: Given) -> Group {
        $current.withValue(Declaration(given)) { Group() }
    }

    /// Declares a flag. Returns its values, none when it is not given.
    static func flag(_ parameter: Parameter) -> [String] {
        guard let current else { return [] }
        current.add(parameter)
        return current.given.flags[parameter.name] ?? []
    }

    /// Declares a property that takes words. Returns them.
    static func words(_ parameter: Parameter) -> [String] {
        guard let current else { return [] }
        current.add(parameter)
        let place: Int = current.state.withLock { state in
            defer { state.places += 1 }
            return state.places
        }
        return place < current.given.words.count ? current.given.words[place] : []
    }

    /// Makes what stands together under a title; an empty one leaves the title as it is.
    static func group<Content>(_ title: String, _ make: () -> Content) -> Content {
        guard let current, !title.isEmpty else { return make() }
        let outer: String = current.state.withLock { state in
            defer { state.section = title }
            return state.section
        }
        defer { current.state.withLock { $0.section = outer } }
        return make()
    }

    private func add(_ parameter: Parameter) {
        state.withLock { state in
            var parameter: Parameter = parameter
            parameter.section = state.section
            state.parameters.append(parameter)
        }
    }
}
