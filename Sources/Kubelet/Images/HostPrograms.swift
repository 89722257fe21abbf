import Machinery

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Programs of the node, as a container on the node's file system finds them.
enum HostPrograms {
    /// The path of a program: a name is looked for on the PATH, in a path `*` stands for any part of a name. nil when it is not there.
    static func find(_ program: String) -> String? {
        if !program.contains("/") {
            return EnvironmentMaker.path.split(separator: ":").map { "\($0)/\(program)" }.first(where: isProgram)
        }
        guard program.contains("*") else { return isProgram(program) ? program : nil }
        var found: [String] = [""]
        for part in program.split(separator: "/") {
            guard part.contains("*") else {
                found = found.map { "\($0)/\(part)" }
                continue
            }
            found = found.flatMap { folder in
                Files.names(in: folder).filter { matches($0, String(part)) }.map { "\(folder)/\($0)" }
            }
        }
        // Of several versions the newest: numbers count as numbers.
        return found.filter(isProgram).max { isOlder($0, $1) }
    }

    /// Whether a text fits a pattern in which `*` stands for anything.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let parts: [Substring] = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return text == pattern }
        guard text.hasPrefix(first), text.hasSuffix(last), text.utf8.count >= first.utf8.count + last.utf8.count else { return false }
        var rest: Substring = text.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }

    private static func isProgram(_ path: String) -> Bool { Files.kind(path) == .file && access(path, X_OK) == 0 }

    private static func isOlder(_ one: String, _ other: String) -> Bool {
        func pieces(_ text: String) -> [String] {
            text.reduce(into: []) { pieces, character in
                if let last = pieces.last, last.last?.isNumber == character.isNumber {
                    pieces[pieces.count - 1].append(character)
                } else {
                    pieces.append(String(character))
                }
            }
        }
        for (mine, others) in zip(pieces(one), pieces(other)) where mine != others {
            if let left = Int(mine), let right = Int(others) { return left < right }
            return mine < others
        }
        return one.utf8.count < other.utf8.count
    }
}
