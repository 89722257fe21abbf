package import Machinery

/// How much of a capacity a claim may take.
package struct CapacityRequestPolicy: Schema {
    package static let definition = Definition(
        CapacityRequestPolicy(), "resource.v1.CapacityRequestPolicy", "How much of a capacity a claim may take.")

    package let `default` = Field<Quantity?>("default", 1, "How much, when the claim does not say.")
    package let validValues = Field<[Quantity]>("validValues", 3, "The amounts that may be asked for, ascending; 10 at most.", .atomic)
    package let validRange = Field<CapacityRequestPolicyRange?>("validRange", 4, "The range of amounts that may be asked for.")
}

/// A range of amounts.
package struct CapacityRequestPolicyRange: Schema {
    package static let definition = Definition(
        CapacityRequestPolicyRange(), "resource.v1.CapacityRequestPolicyRange", "A range of amounts.")

    package let min = Field<Quantity?>("min", 1, "The least amount.", .always)
    package let max = Field<Quantity?>("max", 2, "The greatest amount; all that there is if absent.")
    package let step = Field<Quantity?>("step", 3, "What amounts above the least are multiples of; any amount if absent.")
}

extension View<CapacityRequestPolicy> {
    /// Source: `validateRequestPolicy` of pkg/apis/resource/validation.
    func validate(within capacity: Quantity, _ path: Path, _ problems: inout Problems) {
        let (values, range): ([Quantity], View<CapacityRequestPolicyRange>?) = (self.validValues, self.validRange)
        if !values.isEmpty, range != nil {
            return problems.forbidden(
                path, "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the same time")
        }
        guard !values.isEmpty || range != nil else { return }
        guard let value: Quantity = self.default else {
            return problems.required(
                path.child("default"), "required when \(range == nil ? "validValues" : "validRange") is defined")
        }
        if let range {
            range.validate(default: value, within: capacity, path.child("validRange"), &problems)
        } else {
            Self.validate(values, default: value, within: capacity, path.child("validValues"), &problems)
        }
    }

    private static func validate(
        _ values: [Quantity], default value: Quantity, within capacity: Quantity, _ path: Path, _ problems: inout Problems
    ) {
        for (index, pair) in zip(values, values.dropFirst()).enumerated() where pair.0 > pair.1 {
            problems.invalid(path.index(index + 1), pair.1.shown, "values must be sorted in ascending order")
        }
        for (index, option) in values.enumerated() where option > capacity {
            problems.invalid(path.index(index), option.shown, "option is larger than capacity value: \(capacity)")
        }
        DeviceNames.set(values.map(\.description), atMost: 10, path, &problems)
        if !values.contains(value) {
            problems.invalid(path, value.shown, "default value is not valid according to the requestPolicy")
        }
    }
}

extension View<CapacityRequestPolicyRange> {
    fileprivate func validate(default value: Quantity, within capacity: Quantity, _ path: Path, _ problems: inout Problems) {
        guard let least: Quantity = self.min else {
            return problems.required(path.child("min"), "required when validRange is defined")
        }
        if least > capacity { problems.invalid(path.child("min"), least.shown, "min is larger than capacity value: \(capacity)") }
        if value < least { problems.invalid(path.child("default"), value.shown, "default is less than min: \(least)") }
        if let most: Quantity = self.max {
            if least > most { problems.invalid(path.child("max"), least.shown, "min is larger than max: \(most)") }
            if most > capacity { problems.invalid(path.child("max"), most.shown, "max is larger than capacity value: \(capacity)") }
            if value > most { problems.invalid(path.child("default"), value.shown, "default is more than max: \(most)") }
        }
        guard let step: Quantity = self.step else { return }
        let here: Path = path.child("step")
        guard step > Quantity(0) else { return problems.invalid(here, step.shown, "must be greater than zero") }
        let added: Quantity = least + step
        if added > capacity {
            problems.invalid(here, step.shown, "one step \(added) is larger than capacity value: \(capacity)")
        }
        for amount in [value, self.max].compactMap({ $0 }) where !amount.isReached(from: least, by: step) {
            problems.invalid(here, amount.shown, "value is not a multiple of a given step (\(step)) from (\(least))")
        }
    }
}

extension Quantity {
    fileprivate var shown: JSON { .string(description) }

    /// True when some number of steps leads there, in whole units as upstream counts.
    fileprivate func isReached(from least: Quantity, by step: Quantity) -> Bool {
        let unit: Int64 = step.value
        let (distance, isOver): (Int64, Bool) = value.subtractingReportingOverflow(least.value)
        return unit > 0 && !isOver && distance % unit == 0
    }
}
