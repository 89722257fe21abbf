/// One entry of an `Accept` header: `application/json;as=Table;v=v1;g=meta.k8s.io;q=0.8`.
struct AcceptClause: Sendable {
    let type: Substring
    let subtype: Substring
    private(set) var quality: Double = 1
    /// Names and values beside `q`.
    private(set) var parameters: [(name: Substring, value: Substring)] = []

    /// nil for what is no media type.
    init?(_ text: Substring) {
        var parts: ArraySlice<Substring> = text.split(separator: ";", omittingEmptySubsequences: false)[...]
        let names: [Substring] = (parts.popFirst() ?? "").trimmingSpaces().split(separator: "/", omittingEmptySubsequences: false)
        switch names.count {
        case 1 where names[0] == "*": (type, subtype) = ("*", "*")
        case 2: (type, subtype) = (names[0].trimmingSpaces(), names[1].trimmingSpaces())
        default: return nil
        }
        for part in parts {
            let pair: [Substring] = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            let (name, value): (Substring, Substring) = (pair[0].trimmingSpaces(), pair[1].trimmingSpaces())
            if name == "q" { quality = Double(value) ?? 1 } else { parameters.append((name, value)) }
        }
    }

    /// What a client wants, the best first: by quality, what is named before what is not, then in its own order.
    ///
    /// Source: goautoneg, which the API server reads the header with.
    static func clauses(_ header: String) -> [AcceptClause] {
        let clauses: [AcceptClause] = header.split(separator: ",").compactMap { AcceptClause($0) }
        guard clauses.count > 1 else { return clauses }
        return clauses.enumerated().sorted { one, other in
            if one.element.quality != other.element.quality { return one.element.quality > other.element.quality }
            if one.element.wildness != other.element.wildness { return one.element.wildness < other.element.wildness }
            return one.offset < other.offset
        }.map(\.element)
    }

    /// Whether a type is meant; wildcards mean all.
    func means(_ type: String, _ subtype: String) -> Bool {
        (self.type == "*" || self.type == type) && (self.subtype == "*" || self.subtype == subtype)
    }

    private var wildness: Int { (type == "*" ? 2 : 0) + (subtype == "*" ? 1 : 0) }
}

extension Substring {
    func trimmingSpaces() -> Substring {
        var text: Substring = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
