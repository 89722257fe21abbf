package import Machinery

/// A level of priority: how many requests of it may run at once, and what happens to more.
package struct PriorityLevelConfiguration: Kind {
    package static let definition = Definition(
        PriorityLevelConfiguration(), "flowcontrol.v1.PriorityLevelConfiguration",
        "A level of priority: how many requests of it may run at once, and what happens to more.")
    package static let names = KindNames(
        "PriorityLevelConfiguration", group: "flowcontrol.apiserver.k8s.io", plural: "prioritylevelconfigurations",
        isNamespaced: false, subresources: [.status("PriorityLevelConfiguration", metadata: .kept)], tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<PriorityLevelConfigurationSpec>("spec", 2, "The limits.")
    package let status = Field<PriorityLevelConfigurationStatus>("status", 3, "What was last seen.")

    package static let columns: [Column<PriorityLevelConfiguration>] = [
        .name,
        Column("Type", .string, "Limited, or Exempt from limits.") { level, _ in .string(level.spec.type) },
        .limit("NominalConcurrencyShares", "The level's share of the requests that may run at once.") { level in
            level.spec.limited.map { $0.nominalConcurrencyShares }
        },
        .limit("Queues", "Number of queues.") { $0.spec.limited?.limitResponse.queuing?.queues },
        .limit("HandSize", "Queues among which each flow has its choice.") { $0.spec.limited?.limitResponse.queuing?.handSize },
        .limit("QueueLengthLimit", "Requests that one queue holds.") { $0.spec.limited?.limitResponse.queuing?.queueLengthLimit },
        .age,
    ]

    /// Source: `ValidatePriorityLevelConfiguration` of pkg/apis/flowcontrol/validation.
    package static func validate(_ level: View<PriorityLevelConfiguration>, _ path: Path, _ problems: inout Problems) {
        let name: String = level.metadata.name
        if (name == "exempt") != (level.spec.type == "Exempt") {
            problems.invalid(
                path.child("spec").child("type"), .string(level.spec.type), "type must be 'Exempt' if and only if name is 'exempt'")
        }
        guard let fixed = FlowControlPresets.mandatoryLevels.first(where: { $0.metadata.name == name }) else { return }
        var spec: View<PriorityLevelConfigurationSpec> = level.spec
        if name == "exempt" { spec.exempt = fixed.spec.exempt }
        if spec != fixed.spec {
            let exception: String = name == "exempt" ? " except the 'spec.exempt' field" : ""
            problems.invalid(path.child("spec"), level.spec.json, "spec of '\(name)'\(exception) must equal the fixed value")
        }
    }
}

extension Column<PriorityLevelConfiguration> {
    /// A number that only limited levels have. The type of the column is a number's, as upstream's.
    fileprivate static func limit(
        _ name: String, _ doc: String, _ number: @escaping @Sendable (View<PriorityLevelConfiguration>) -> Int?
    ) -> Column<PriorityLevelConfiguration> {
        Column(name, .integer, doc) { level, _ in number(level).map { .int(Int64($0)) } ?? "<none>" }
    }
}

/// The limits of a level.
package struct PriorityLevelConfigurationSpec: Schema {
    package static let definition = Definition(
        PriorityLevelConfigurationSpec(), "flowcontrol.v1.PriorityLevelConfigurationSpec", "The limits of a level.")

    package let type = Field<String>("type", 1, "Limited, or Exempt for the one level without limits.", .always)
    package let limited = Field<LimitedPriorityLevelConfiguration?>("limited", 2, "For Limited: how many, and what happens to more.")
    package let exempt = Field<ExemptPriorityLevelConfiguration?>("exempt", 3, "For Exempt: what it lends to other levels.")

    /// Source: `ValidatePriorityLevelConfigurationSpec` of pkg/apis/flowcontrol/validation.
    package static func validate(_ spec: View<PriorityLevelConfigurationSpec>, _ path: Path, _ problems: inout Problems) {
        switch spec.type {
        case "Exempt":
            if spec.limited != nil { problems.forbidden(path.child("limited"), "must be nil if the type is not Limited") }
        case "Limited":
            if spec.exempt != nil { problems.forbidden(path.child("exempt"), "must be nil if the type is Limited") }
            if spec.limited == nil { problems.required(path.child("limited"), "must not be empty when type is Limited") }
        default: problems.notSupported(path.child("type"), .string(spec.type), supported: ["Exempt", "Limited"])
        }
    }
}

/// How many requests of a level may run at once, and what happens to more.
package struct LimitedPriorityLevelConfiguration: Schema {
    package static let definition = Definition(
        LimitedPriorityLevelConfiguration(), "flowcontrol.v1.LimitedPriorityLevelConfiguration",
        "How many requests of a level may run at once, and what happens to more.")

    package let nominalConcurrencyShares = Field<Int32>(
        "nominalConcurrencyShares", 1, "The level's share of the requests that may run at once; 30 if absent.", default: 30,
        .check(FlowLimits.nonNegative))
    package let limitResponse = Field<LimitResponse>("limitResponse", 2, "What happens to requests beyond the limit.")
    package let lendablePercent = Field<Int32>(
        "lendablePercent", 3, "Percentage of the share that other levels may borrow; 0 if absent.", default: 0,
        .check(FlowLimits.percentage))
    package let borrowingLimitPercent = Field<Int32?>(
        "borrowingLimitPercent", 4, "How much the level may borrow, as a percentage of its own share; anything if absent.",
        .check(FlowLimits.nonNegativeIfGiven))
}

/// What the level without limits lends to others.
package struct ExemptPriorityLevelConfiguration: Schema {
    package static let definition = Definition(
        ExemptPriorityLevelConfiguration(), "flowcontrol.v1.ExemptPriorityLevelConfiguration",
        "What the level without limits lends to others.")

    package let nominalConcurrencyShares = Field<Int32>(
        "nominalConcurrencyShares", 1, "The level's share of the requests that may run at once; 0 if absent.", default: 0,
        .check(FlowLimits.nonNegative))
    package let lendablePercent = Field<Int32>(
        "lendablePercent", 2, "Percentage of the share that other levels may borrow; 0 if absent.", default: 0,
        .check(FlowLimits.percentage))
}

/// What happens to requests beyond the limit.
package struct LimitResponse: Schema {
    package static let definition = Definition(
        LimitResponse(), "flowcontrol.v1.LimitResponse", "What happens to requests beyond the limit.")

    package let type = Field<String>("type", 1, "Queue lets them wait, Reject answers 429.", .always)
    package let queuing = Field<QueuingConfiguration?>("queuing", 2, "For Queue: the queues.")

    /// Source: `ValidateLimitResponse` of pkg/apis/flowcontrol/validation.
    package static func validate(_ response: View<LimitResponse>, _ path: Path, _ problems: inout Problems) {
        switch response.type {
        case "Reject":
            if response.queuing != nil {
                problems.forbidden(path.child("queuing"), "must be nil if limited.limitResponse.type is not Limited")
            }
        case "Queue":
            if response.queuing == nil {
                problems.required(path.child("queuing"), "must not be empty if limited.limitResponse.type is Limited")
            }
        default: problems.notSupported(path.child("type"), .string(response.type), supported: ["Queue", "Reject"])
        }
    }
}

/// The queues of a level.
package struct QueuingConfiguration: Schema {
    package static let definition = Definition(QueuingConfiguration(), "flowcontrol.v1.QueuingConfiguration", "The queues of a level.")

    package let queues = Field<Int32>("queues", 1, "Number of queues; 64 if absent.")
    package let handSize = Field<Int32>("handSize", 2, "Queues among which each flow has its choice; 8 if absent.")
    package let queueLengthLimit = Field<Int32>("queueLengthLimit", 3, "Requests that one queue holds; 50 if absent.")

    package static func setDefaults(_ queuing: inout View<QueuingConfiguration>) {
        if queuing.queues == 0 { queuing.queues = 64 }
        if queuing.handSize == 0 { queuing.handSize = 8 }
        if queuing.queueLengthLimit == 0 { queuing.queueLengthLimit = 50 }
    }

    /// Source: `ValidatePriorityLevelQueuingConfiguration` of pkg/apis/flowcontrol/validation.
    package static func validate(_ queuing: View<QueuingConfiguration>, _ path: Path, _ problems: inout Problems) {
        func invalid(_ field: String, _ number: Int, _ detail: String) {
            problems.invalid(path.child(field), .int(Int64(number)), detail)
        }
        let (queues, hand): (Int, Int) = (queuing.queues, queuing.handSize)
        if queuing.queueLengthLimit <= 0 { invalid("queueLengthLimit", queuing.queueLengthLimit, "must be positive") }
        if queues <= 0 {
            invalid("queues", queues, "must be positive")
        } else if queues > 10_000_000 {
            invalid("queues", queues, "must not be greater than 10000000")
        }
        if hand <= 0 {
            invalid("handSize", hand, "must be positive")
        } else if hand > queues {
            invalid("handSize", hand, "should not be greater than queues (\(queues))")
        } else if hasTooManyHands(queues, hand) {
            invalid("handSize", hand, "required entropy bits of deckSize \(queues) and handSize \(hand) should not be greater than 60")
        }
    }

    /// True when a hand of the deck takes more than the 60 bits of a flow's hash.
    private static func hasTooManyHands(_ deck: Int, _ hand: Int) -> Bool {
        var hands = 1
        for _ in 0..<hand {
            let (product, isOver): (Int, Bool) = hands.multipliedReportingOverflow(by: deck)
            if isOver || product > 1 << 60 { return true }
            // A deck of one card has one hand, however large.
            if product == hands { return false }
            hands = product
        }
        return false
    }
}

/// What was last seen of a level.
package struct PriorityLevelConfigurationStatus: Schema {
    package static let definition = Definition(
        PriorityLevelConfigurationStatus(), "flowcontrol.v1.PriorityLevelConfigurationStatus", "What was last seen of a level.")

    package let conditions = Field<[PriorityLevelConfigurationCondition]>("conditions", 1, "Aspects of the state.", .merge(key: "type"))
}

/// One aspect of a PriorityLevelConfiguration's state.
package struct PriorityLevelConfigurationCondition: Schema {
    package static let definition = Definition(
        PriorityLevelConfigurationCondition(), "flowcontrol.v1.PriorityLevelConfigurationCondition",
        "One aspect of a PriorityLevelConfiguration's state.")

    package let type = Field<String>("type", 1, "Name of the condition.")
    package let status = Field<String>("status", 2, "True, False or Unknown.")
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 3, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")

    package static func validate(
        _ condition: View<PriorityLevelConfigurationCondition>, _ path: Path, _ problems: inout Problems
    ) {
        if condition.type.isEmpty { problems.required(path.child("type"), "must not be empty") }
    }
}

/// Rules for the numbers of a level.
private enum FlowLimits {
    @Sendable static func nonNegative(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        if let number: Int64 = value.int, number < 0 { problems.invalid(path, value, "must be a non-negative integer") }
    }

    @Sendable static func nonNegativeIfGiven(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        if let number: Int64 = value.int, number < 0 { problems.invalid(path, value, "if specified, must be a non-negative integer") }
    }

    @Sendable static func percentage(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        if let number: Int64 = value.int, !(0...100).contains(number) {
            problems.invalid(path, value, "must be between 0 and 100, inclusive")
        }
    }
}
