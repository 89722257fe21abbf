import API
import Client
import Machinery

/// What may follow a path into objects that somebody is typing: `{.status.co`, `NAME:.metadata.na`, `.spec.`.
struct FieldPaths {
    /// What stands before the field that is typed, with the dot before it.
    private let before: String
    private let steps: [String]

    /// nil where no path has begun.
    init?(_ typed: String) {
        guard let dot = typed.lastIndex(of: ".") else { return nil }
        before = String(typed[...dot])
        let start: String.Index = typed[..<dot].lastIndex { "{:= ,'\"".contains($0) }.map { typed.index(after: $0) } ?? typed.startIndex
        steps = typed[start..<dot].split(separator: ".").map { String($0.prefix { $0 != "[" }) }.filter { !$0.isEmpty }
    }

    /// The fields of a kind that we know, below lists and maps too.
    func candidates(_ schema: ObjectSchema) -> [Candidate] {
        var at: ObjectSchema = schema
        for step in steps where step != "items" {
            guard let next = at.fields.first(where: { $0.name == step })?.type.innermostObject else { return [] }
            at = next
        }
        return at.fields.map { Candidate(word: before + $0.name) }
    }

    /// The members of an object, for kinds that only the cluster knows.
    func candidates(_ object: JSON) -> [Candidate] {
        var at: JSON = object
        for step in steps where step != "items" {
            guard let next = at[step] else { return [] }
            at = next.array?.first ?? next
        }
        return (at.object?.keys ?? []).map { Candidate(word: before + $0) }
    }
}
