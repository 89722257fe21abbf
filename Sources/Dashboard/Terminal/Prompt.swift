/// The line at the bottom into which something is typed.
struct Prompt: Sendable {
    enum Purpose: Sendable, Equatable {
        /// `:`
        case command
        /// `/`
        case filter
        case replicas(ObjectPlace)
        case ports(ObjectPlace)
        /// Yes or no before an action.
        case confirm(String, [DashboardAction])
    }

    enum Outcome: Equatable { case typing, cancelled, entered }

    let purpose: Purpose
    var text: String = ""

    /// What stands before the text.
    var label: String {
        switch purpose {
        case .command: ":"
        case .filter: "/"
        case .replicas(let place): "replicas of \(place.name): "
        case .ports(let place): "ports of \(place.name) (such as 8080:80): "
        case .confirm(let question, _): question + " (y/n) "
        }
    }

    /// What follows the text when it is completed by the first of these words that begins so.
    func ending(_ words: [String]) -> String {
        guard case .command = purpose, !text.isEmpty, !text.contains(" ") else { return "" }
        guard let word = words.first(where: { $0.hasPrefix(text) }) else { return "" }
        return String(word.dropFirst(text.count))
    }

    mutating func press(_ key: Key, _ words: [String]) -> Outcome {
        if case .confirm = purpose {
            switch key {
            case .character("y"), .character("Y"): return .entered
            default: return .cancelled
            }
        }
        switch key {
        case .escape, .control("c"), .control("g"): return .cancelled
        case .enter: return .entered
        case .tab, .right: text += ending(words)
        case .backspace:
            if text.isEmpty { return .cancelled }
            text.removeLast()
        case .control("u"): text = ""
        case .control("w"):
            while text.last == " " { text.removeLast() }
            while let last = text.last, last != " " { text.removeLast() }
        case .character(let character): text.append(character)
        default: break
        }
        return .typing
    }
}

/// A line of what just happened; it stands until a key is pressed.
struct Flash: Sendable, Equatable {
    let text: String
    let isError: Bool
}
