/// A number or a string: a port or its name, a count or a percentage.
public enum IntOrString: Sendable, Hashable {
    case int(Int)
    case string(String)
}

/// Why a value can't be scaled, in the words of Kubernetes.
public struct PercentError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}

extension IntOrString {
    /// nil when the JSON is neither a number without fraction nor a string.
    public init?(_ json: JSON) {
        switch json {
        case .int(let value): self = .int(Int(value))
        case .string(let text): self = .string(text)
        default: return nil
        }
    }

    public var json: JSON {
        switch self {
        case .int(let value): .int(Int64(value))
        case .string(let text): .string(text)
        }
    }

    /// The number; nil for a string, even one that holds digits.
    public var int: Int? { if case .int(let value) = self { value } else { nil } }

    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The number before `%`; nil for anything that is no percentage.
    public var percent: Int? {
        guard case .string(let text) = self, text.utf8.last == UInt8(ascii: "%") else { return nil }
        return Int(text.dropLast())
    }

    /// The count, or the percentage of a total as a count.
    public func scaled(of total: Int, roundUp: Bool) throws(PercentError) -> Int {
        switch self {
        case .int(let value): return value
        case .string(let text):
            guard text.utf8.last == UInt8(ascii: "%") else {
                throw PercentError(description: "invalid value for IntOrString: invalid type: string is not a percentage")
            }
            guard let percent = Int(text.dropLast()) else {
                throw PercentError(
                    description: "invalid value for IntOrString: invalid value \"\(text)\": strconv.Atoi: parsing "
                        + "\"\(text.dropLast())\": invalid syntax")
            }
            let (product, overflow): (Int, Bool) = percent.multipliedReportingOverflow(by: total)
            guard !overflow else {
                throw PercentError(description: "invalid value for IntOrString: \(text) of \(total) does not fit 64 bits")
            }
            let (quotient, remainder): (Int, Int) = product.quotientAndRemainder(dividingBy: 100)
            if roundUp { return remainder > 0 ? quotient + 1 : quotient }
            return remainder < 0 ? quotient - 1 : quotient
        }
    }
}

extension IntOrString: CustomStringConvertible {
    public var description: String {
        switch self {
        case .int(let value): String(value)
        case .string(let text): text
        }
    }
}

extension IntOrString: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(stringLiteral value: String) { self = .string(value) }
}
