/// A choice of objects by a few of their fields: `metadata.name=web,status.phase!=Running`.
///
/// A backslash before `,`, `=` or a backslash makes it part of the value. A field that an object does not have reads as "".
/// Source: field selectors in the Kubernetes documentation; the error texts are those of `fields.ParseSelector`.
public struct FieldMatch: Sendable, Hashable {
    public struct Requirement: Sendable, Hashable {
        public let field: String
        public let isEqual: Bool
        public let value: String
    }

    /// In the order they were written; all must be met.
    public let requirements: [Requirement]

    public static let everything = FieldMatch(requirements: [])

    public init(requirements: [Requirement]) { self.requirements = requirements }

    public init(_ field: String, _ value: String) {
        requirements = [Requirement(field: field, isEqual: true, value: value)]
    }

    public init(parsing text: String) throws(SelectorError) {
        var requirements: [Requirement] = []
        for term in Self.terms(text) where !term.isEmpty {
            guard let (field, isEqual, raw) = Self.split(term) else {
                throw SelectorError(description: "invalid selector: '\(text)'; can't understand '\(term)'")
            }
            requirements.append(Requirement(field: field, isEqual: isEqual, value: try Self.unescaped(raw)))
        }
        self.requirements = requirements
    }

    /// `field` reads a field by its path; "" when there is none.
    public func matches(_ field: (String) -> String) -> Bool {
        requirements.allSatisfy { (field($0.field) == $0.value) == $0.isEqual }
    }

    /// The value that a field must have; nil when any will do.
    public func exactValue(of field: String) -> String? {
        requirements.first { $0.field == field && $0.isEqual }?.value
    }

    public var isEverything: Bool { requirements.isEmpty }

    /// Parts at commas that no backslash precedes.
    private static func terms(_ text: String) -> [String] {
        var terms: [String] = []
        var term: String = ""
        var isEscaped: Bool = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "," {
                terms.append(term)
                term = ""
                continue
            }
            term.unicodeScalars.append(scalar)
        }
        return terms + [term]
    }

    private static func split(_ term: String) -> (field: String, isEqual: Bool, value: String)? {
        for index in term.indices {
            let rest: Substring = term[index...]
            for mark in ["!=", "==", "="] where rest.hasPrefix(mark) {
                return (String(term[..<index]), mark != "!=", String(rest.dropFirst(mark.count)))
            }
        }
        return nil
    }

    private static func unescaped(_ raw: String) throws(SelectorError) -> String {
        var value: String = ""
        var isEscaped: Bool = false
        for scalar in raw.unicodeScalars {
            if isEscaped {
                guard scalar == "\\" || scalar == "," || scalar == "=" else {
                    throw SelectorError(description: "invalid field selector: invalid escape sequence: \\\(scalar)")
                }
                value.unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "," || scalar == "=" {
                throw SelectorError(description: "invalid field selector: unescaped character in value: \(scalar)")
            } else {
                value.unicodeScalars.append(scalar)
            }
        }
        guard !isEscaped else { throw SelectorError(description: "invalid field selector: invalid escape sequence: \\") }
        return value
    }
}

extension FieldMatch: CustomStringConvertible {
    /// The form that ``init(parsing:)`` reads.
    public var description: String {
        requirements.map { $0.field + ($0.isEqual ? "=" : "!=") + Self.escaped($0.value) }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        value.unicodeScalars.reduce(into: "") { text, scalar in
            if scalar == "\\" || scalar == "," || scalar == "=" { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
    }
}
