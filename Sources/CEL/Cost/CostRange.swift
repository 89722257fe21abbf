/// The least and the most that something costs or holds. Sums and products stay at the largest number.
struct CostRange: Sendable, Equatable {
    var least: UInt64
    var most: UInt64

    init(_ least: UInt64, _ most: UInt64) {
        self.least = least
        self.most = most
    }

    init(_ exact: UInt64) { self.init(exact, exact) }

    static let zero = CostRange(0)
    static let one = CostRange(1)
    static let unknown = CostRange(0, .max)

    static func + (one: CostRange, other: CostRange) -> CostRange {
        CostRange(one.least.capped(adding: other.least), one.most.capped(adding: other.most))
    }

    static func * (one: CostRange, other: CostRange) -> CostRange {
        CostRange(one.least.capped(times: other.least), one.most.capped(times: other.most))
    }

    static func * (one: CostRange, factor: Double) -> CostRange {
        CostRange(one.least.scaled(by: factor), one.most.scaled(by: factor))
    }

    static func += (one: inout CostRange, other: CostRange) { one = one + other }

    func union(_ other: CostRange) -> CostRange { CostRange(min(least, other.least), max(most, other.most)) }
}

extension UInt64 {
    package func capped(adding other: UInt64) -> UInt64 {
        let (sum, overflows): (UInt64, Bool) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }

    package func capped(times other: UInt64) -> UInt64 {
        let (product, overflows): (UInt64, Bool) = multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }

    /// Rounded up.
    func scaled(by factor: Double) -> UInt64 { UInt64(exactly: (Double(self) * factor).rounded(.up)) ?? .max }
}
