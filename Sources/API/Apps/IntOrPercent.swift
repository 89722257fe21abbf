package import Machinery

/// The rules for counts that may be percentages. Source: `ValidatePositiveIntOrPercent` and `IsNotMoreThan100Percent` of
/// pkg/apis/apps/validation.
package enum IntOrPercent {
    /// Zero or more, or a percentage.
    package static func validate(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        switch value {
        case .string(let text):
            for detail in Names.percent(text) { problems.invalid(path, value, detail) }
        case .int(let number) where number < 0: problems.invalid(path, value, "must be greater than or equal to 0")
        default: break
        }
    }

    /// Beside ``validate(_:_:_:)``: a percentage is 100 at most.
    package static func validateNotMoreThan100Percent(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        if let percent: Int = IntOrString(value)?.percent, percent > 100 {
            problems.invalid(path, value, "must not be greater than 100%")
        }
    }

    /// True for 0 and for 0%; also for text that is no percentage, which is a problem of its own.
    package static func isZero(_ value: IntOrString?) -> Bool {
        switch value {
        case .int(let number)?: number == 0
        case .string?: (value?.percent ?? 0) == 0
        case nil: true
        }
    }
}
