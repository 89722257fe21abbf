import Machinery

/// A semantic version. Source: semver.org, version 2.0.0.
struct Semver: OpaqueValue {
    let major: UInt64
    let minor: UInt64
    let patch: UInt64
    /// Parts of what stands behind the hyphen.
    let prerelease: [Substring]

    static let name = "kubernetes.Semver"
    var typeName: String { Self.name }

    func isEqual(to other: any OpaqueValue) -> Bool { (other as? Semver).map { compare($0) == 0 } ?? false }

    init(_ text: String) throws(EvaluationError) {
        guard !text.isEmpty else { throw EvaluationError("Version string empty") }
        let parts: [Substring] = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw EvaluationError("No Major.Minor.Patch elements found") }
        major = try Self.number(parts[0], "Major")
        minor = try Self.number(parts[1], "Minor")
        var rest: Substring = parts[2]
        if let plus = rest.firstIndex(of: "+") {
            for piece in rest[rest.index(after: plus)...].split(separator: ".", omittingEmptySubsequences: false) {
                guard !piece.isEmpty else { throw EvaluationError("Build meta data is empty") }
                guard Self.isPlain(piece) else { throw EvaluationError("Invalid character(s) found in build meta data \"\(piece)\"") }
            }
            rest = rest[..<plus]
        }
        var pieces: [Substring] = []
        if let dash = rest.firstIndex(of: "-") {
            pieces = rest[rest.index(after: dash)...].split(separator: ".", omittingEmptySubsequences: false)
            rest = rest[..<dash]
            for piece in pieces {
                guard !piece.isEmpty else { throw EvaluationError("Prerelease is empty") }
                guard Self.isPlain(piece) else { throw EvaluationError("Invalid character(s) found in prerelease \"\(piece)\"") }
                if Self.isNumber(piece), piece.utf8.count > 1, piece.hasPrefix("0") {
                    throw EvaluationError("Numeric PreRelease version must not contain leading zeroes \"\(piece)\"")
                }
            }
        }
        prerelease = pieces
        patch = try Self.number(rest, "Patch")
    }

    private static func isNumber(_ text: Substring) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    private static func isPlain(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
    }

    private static func number(_ text: Substring, _ name: String) throws(EvaluationError) -> UInt64 {
        guard !text.isEmpty, isNumber(text) else {
            throw EvaluationError("Invalid character(s) found in \(name.lowercased()) number \"\(text)\"")
        }
        if text.utf8.count > 1, text.hasPrefix("0") {
            throw EvaluationError("\(name) number must not contain leading zeroes \"\(text)\"")
        }
        guard let number = UInt64(text) else { throw EvaluationError("strconv.ParseUint: parsing \"\(text)\": value out of range") }
        return number
    }

    /// -1, 0 or 1.
    func compare(_ other: Semver) -> Int {
        for (one, two) in [(major, other.major), (minor, other.minor), (patch, other.patch)] where one != two { return one < two ? -1 : 1 }
        if prerelease.isEmpty || other.prerelease.isEmpty {
            return prerelease.isEmpty == other.prerelease.isEmpty ? 0 : prerelease.isEmpty ? 1 : -1
        }
        for (one, two) in zip(prerelease, other.prerelease) where one != two {
            switch (Self.isNumber(one), Self.isNumber(two)) {
            case (true, false): return -1
            case (false, true): return 1
            case (true, true) where one.utf8.count != two.utf8.count: return one.utf8.count < two.utf8.count ? -1 : 1
            default: return one.utf8.lexicographicallyPrecedes(two.utf8) ? -1 : 1
            }
        }
        return prerelease.count == other.prerelease.count ? 0 : prerelease.count < other.prerelease.count ? -1 : 1
    }

    /// As people write versions: `v1.2`. Source: `normalizeAndParse` of k8s.io/apiserver/pkg/cel/library/semverlib.go.
    init(normalizing text: String) throws(EvaluationError) {
        let plain: Substring = text.hasPrefix("v") ? text.dropFirst() : text[...]
        var parts: [String] = plain.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map { part in
            guard part.utf8.count > 1 else { return String(part) }
            let trimmed: Substring = part.drop { $0 == "0" }
            return trimmed.first?.isASCII == true && trimmed.first?.isWholeNumber == true ? String(trimmed) : "0" + trimmed
        }
        if parts.count < 3 {
            if parts.last?.contains(where: { $0 == "+" || $0 == "-" }) == true {
                throw EvaluationError("short version cannot contain PreRelease/Build meta data")
            }
            while parts.count < 3 { parts.append("0") }
        }
        try self.init(parts.joined(separator: "."))
    }
}

/// Source: k8s.io/apiserver/pkg/cel/library/semverlib.go.
enum SemverFunctions {
    static let all: [Overload] = [
        .one("semver(string) -> kubernetes.Semver", .text(1)) { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            return .object(try Semver(text))
        },
        .two("semver(string, bool) -> kubernetes.Semver", .text(1)) { value, flag throws(EvaluationError) in
            guard case .string(let text) = value, case .bool(let normalizes) = flag else { return nil }
            return .object(try normalizes ? Semver(normalizing: text) : Semver(text))
        },
        .one("isSemver(string) -> bool", .text(1)) { value in
            guard case .string(let text) = value else { return nil }
            return .bool((try? Semver(text)) != nil)
        },
        .two("isSemver(string, bool) -> bool", .text(1)) { value, flag in
            guard case .string(let text) = value, case .bool(let normalizes) = flag else { return nil }
            return .bool((try? normalizes ? Semver(normalizing: text) : Semver(text)) != nil)
        },
        .one("<kubernetes.Semver>major() -> int") { of($0).map { .int(Int64(clamping: $0.major)) } },
        .one("<kubernetes.Semver>minor() -> int") { of($0).map { .int(Int64(clamping: $0.minor)) } },
        .one("<kubernetes.Semver>patch() -> int") { of($0).map { .int(Int64(clamping: $0.patch)) } },
        .two("<kubernetes.Semver>isGreaterThan(kubernetes.Semver) -> bool") { compare($0, $1).map { .bool($0 > 0) } },
        .two("<kubernetes.Semver>isLessThan(kubernetes.Semver) -> bool") { compare($0, $1).map { .bool($0 < 0) } },
        .two("<kubernetes.Semver>compareTo(kubernetes.Semver) -> int") { compare($0, $1).map { .int(Int64($0)) } },
    ]

    private static func of(_ value: Value) -> Semver? { if case .object(let object) = value { object as? Semver } else { nil } }

    private static func compare(_ one: Value, _ other: Value) -> Int? {
        guard let one = of(one), let other = of(other) else { return nil }
        return one.compare(other)
    }
}
