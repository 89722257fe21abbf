/// A choice of objects by their labels: requirements that must all be met.
///
/// Source: labels and selectors in the Kubernetes documentation. A requirement that a label is not in some values is met by an
/// object without that label.
package struct LabelMatch: Sendable, Hashable {
    package enum Operation: String, Sendable {
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

    package struct Requirement: Sendable, Hashable {
        package let key: String
        package let operation: Operation
        /// Sorted and unique; empty for ``Operation/exists`` and ``Operation/doesNotExist``.
        package let values: [String]
    }

    /// Sorted by key.
    package let requirements: [Requirement]
    /// True for the selector that chooses no object at all, as a missing one does.
    package let isNothing: Bool

    package static let everything = LabelMatch(requirements: [])
    package static let nothing = LabelMatch(requirements: [], isNothing: true)

    package init(requirements: [Requirement], isNothing: Bool = false) {
        // A stable order for requirements on one key: as they were written.
        self.requirements = requirements.enumerated().sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }
            .map(\.element)
        self.isNothing = isNothing
    }

    package var isEverything: Bool { requirements.isEmpty && !isNothing }

    /// The same requirements and those of another selector.
    package func and(_ other: LabelMatch) -> LabelMatch {
        LabelMatch(requirements: requirements + other.requirements, isNothing: isNothing || other.isNothing)
    }

    /// `label` finds the value of a label; nil when there is none.
    package func matches(_ label: (String) -> String?) -> Bool {
        !isNothing && requirements.allSatisfy { $0.matches(label($0.key)) }
    }

    package func matches(_ labels: [String: String]) -> Bool { matches { labels[$0] } }

    /// `labels` is the member `metadata.labels`; nil when the object has none.
    package func matches(_ labels: JSON?) -> Bool { matches { labels?[$0]?.string } }
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
    package var description: String { requirements.map(\.description).joined(separator: ",") }
}

extension LabelMatch.Requirement: CustomStringConvertible {
    package var description: String {
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
