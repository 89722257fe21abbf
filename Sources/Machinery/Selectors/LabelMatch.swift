/// A choice of objects by their labels: requirements that must all be met.
///
/// Source: labels and selectors in the Kubernetes documentation. A requirement that a label is not in some values is met by an
/// object without that label.
public struct LabelMatch: Sendable, Hashable {
    public enum Operation: String, Sendable {
        case equals = "="
        case doubleEquals = "=="
        case notEquals = "!="
        case isIn = "in"
        case isNotIn = "notin"
        case exists
        case doesNotExist = "!"
        case greaterThan = "gt"
        case lessThan = "lt"
    }

    public struct Requirement: Sendable, Hashable {
        public let key: String
        public let operation: Operation
        /// Sorted and unique; empty for ``Operation/exists`` and ``Operation/doesNotExist``.
        public let values: [String]
    }

    /// Sorted by key.
    public let requirements: [Requirement]
    /// True for the selector that chooses no object at all, as a missing one does.
    public let isNothing: Bool

    public static let everything = LabelMatch(requirements: [])
    public static let nothing = LabelMatch(requirements: [], isNothing: true)

    public init(requirements: [Requirement], isNothing: Bool = false) {
        // A stable order for requirements on one key: as they were written.
        self.requirements = requirements.enumerated().sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }
            .map(\.element)
        self.isNothing = isNothing
    }

    public var isEverything: Bool { requirements.isEmpty && !isNothing }

    /// The same requirements and those of another selector.
    public func and(_ other: LabelMatch) -> LabelMatch {
        LabelMatch(requirements: requirements + other.requirements, isNothing: isNothing || other.isNothing)
    }

    /// `label` finds the value of a label; nil when there is none.
    public func matches(_ label: (String) -> String?) -> Bool {
        !isNothing && requirements.allSatisfy { $0.matches(label($0.key)) }
    }

    public func matches(_ labels: [String: String]) -> Bool { matches { labels[$0] } }

    /// `labels` is the member `metadata.labels`; nil when the object has none.
    public func matches(_ labels: JSON?) -> Bool { matches { labels?[$0]?.string } }
}

extension LabelMatch.Requirement {
    func matches(_ value: String?) -> Bool {
        switch operation {
        case .equals, .doubleEquals, .isIn: value.map(values.contains) ?? false
        case .notEquals, .isNotIn: value.map { !values.contains($0) } ?? true
        case .exists: value != nil
        case .doesNotExist: value == nil
        case .greaterThan, .lessThan: compares(value)
        }
    }

    private func compares(_ value: String?) -> Bool {
        guard let value, let number = Int64(value), let bound = values.first.flatMap({ Int64($0) }) else { return false }
        return operation == .greaterThan ? number > bound : number < bound
    }
}

extension LabelMatch: CustomStringConvertible {
    /// The form that ``init(parsing:)`` reads; empty for everything and for nothing.
    public var description: String { requirements.map(\.description).joined(separator: ",") }
}

extension LabelMatch.Requirement: CustomStringConvertible {
    public var description: String {
        let list: String = values.joined(separator: ",")
        return switch operation {
        case .equals, .doubleEquals, .notEquals: "\(key)\(operation.rawValue)\(list)"
        case .isIn, .isNotIn: "\(key) \(operation.rawValue) (\(list))"
        case .exists: key
        case .doesNotExist: "!\(key)"
        case .greaterThan: "\(key)>\(list)"
        case .lessThan: "\(key)<\(list)"
        }
    }
}
