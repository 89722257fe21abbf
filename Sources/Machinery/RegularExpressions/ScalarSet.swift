/// Characters that one step of a regular expression takes.
struct ScalarSet: Sendable {
    /// Sorted is not needed: there are few.
    private var ranges: [ClosedRange<UInt32>] = []
    /// Classes that are told by property.
    private var properties: [@Sendable (Unicode.Scalar) -> Bool] = []
    private var isNegated: Bool = false
    var ignoresCase: Bool = false
    /// A bit for each ASCII character that the set takes; nil until ``prepared()``.
    private var ascii: (low: UInt64, high: UInt64)?

    init() {}

    init(_ ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    static let digit = ScalarSet([0x30...0x39])
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = ScalarSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    static let any = ScalarSet([0...0x10FFFF])
    static let anyButNewline = ScalarSet([0...0x09, 0x0B...0x10FFFF])

    /// `alpha`, `digit` and the like, between `[:` and `:]`.
    static func posix(_ name: String) -> ScalarSet? {
        switch name {
        case "alnum": ScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
        case "alpha": ScalarSet([0x41...0x5A, 0x61...0x7A])
        case "ascii": ScalarSet([0...0x7F])
        case "blank": ScalarSet([0x09...0x09, 0x20...0x20])
        case "cntrl": ScalarSet([0...0x1F, 0x7F...0x7F])
        case "digit": digit
        case "graph": ScalarSet([0x21...0x7E])
        case "lower": ScalarSet([0x61...0x7A])
        case "print": ScalarSet([0x20...0x7E])
        case "punct": ScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
        case "space": ScalarSet([0x09...0x0D, 0x20...0x20])
        case "upper": ScalarSet([0x41...0x5A])
        case "word": word
        case "xdigit": ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
        default: nil
        }
    }

    /// General categories by their letters, as `\p{L}` has them.
    static func property(_ name: String) -> ScalarSet? {
        let wanted: [Unicode.GeneralCategory]
        switch name {
        case "L": wanted = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]
        case "Lu": wanted = [.uppercaseLetter]
        case "Ll": wanted = [.lowercaseLetter]
        case "Lt": wanted = [.titlecaseLetter]
        case "Lm": wanted = [.modifierLetter]
        case "Lo": wanted = [.otherLetter]
        case "M": wanted = [.nonspacingMark, .spacingMark, .enclosingMark]
        case "N": wanted = [.decimalNumber, .letterNumber, .otherNumber]
        case "Nd": wanted = [.decimalNumber]
        case "P":
            wanted = [
                .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
                .otherPunctuation,
            ]
        case "S": wanted = [.mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol]
        case "Z": wanted = [.spaceSeparator, .lineSeparator, .paragraphSeparator]
        case "Zs": wanted = [.spaceSeparator]
        case "C": wanted = [.control, .format, .surrogate, .privateUse, .unassigned]
        case "Cc": wanted = [.control]
        default: return nil
        }
        var set = ScalarSet()
        set.properties = [{ wanted.contains($0.properties.generalCategory) }]
        return set
    }

    /// Of a set of one character.
    var singleValue: UInt32? { ranges.count == 1 && ranges[0].count == 1 ? ranges[0].lowerBound : nil }

    mutating func add(_ range: ClosedRange<UInt32>) { ranges.append(range) }

    mutating func add(_ other: ScalarSet) {
        guard other.isNegated else {
            ranges += other.ranges
            properties += other.properties
            return
        }
        properties.append { other.contains($0) }
    }

    func negated() -> ScalarSet {
        var set: ScalarSet = self
        set.isNegated.toggle()
        return set
    }

    /// The same set, which says quickly whether it takes an ASCII character. Not to be changed any more.
    func prepared() -> ScalarSet {
        var set: ScalarSet = self
        var (low, high): (UInt64, UInt64) = (0, 0)
        for value in UInt8(0)..<64 {
            if includes(Unicode.Scalar(value)) { low |= 1 << UInt64(value) }
            if includes(Unicode.Scalar(value + 64)) { high |= 1 << UInt64(value) }
        }
        set.ascii = (low, high)
        return set
    }

    @inline(__always)
    func contains(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value < 128, let ascii else { return includes(scalar) }
        return (scalar.value < 64 ? ascii.low >> UInt64(scalar.value) : ascii.high >> UInt64(scalar.value - 64)) & 1 == 1
    }

    private func includes(_ scalar: Unicode.Scalar) -> Bool {
        if has(scalar) { return !isNegated }
        guard ignoresCase else { return isNegated }
        let others: [Unicode.Scalar] =
            Array(scalar.properties.lowercaseMapping.unicodeScalars) + Array(scalar.properties.uppercaseMapping.unicodeScalars)
        return others.contains(where: has) != isNegated
    }

    private func has(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } || properties.contains { $0(scalar) }
    }
}
