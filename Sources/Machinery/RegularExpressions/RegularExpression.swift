/// A regular expression as Go has them: no back-references, and a match takes time in proportion to the text, whatever the pattern.
///
/// Source: the syntax of RE2 as package `regexp/syntax` of Go documents it; the machine is Thompson's.
public struct RegularExpression: Sendable {
    /// One step of the machine.
    enum Step: Sendable {
        case scalar(ScalarSet)
        /// Goes on at both places.
        case split(Int, Int)
        case jump(Int)
        case assertion(Assertion)
        case match
    }

    enum Assertion: Sendable { case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary }

    public let pattern: String
    let steps: [Step]

    /// Throws ``RegularExpressionError`` for a pattern that Go does not take.
    public init(_ pattern: String) throws(RegularExpressionError) {
        self.pattern = pattern
        var parser = RegularExpressionParser(pattern)
        let tree: RegularExpressionTree = try parser.parse()
        var program = RegularExpressionProgram()
        try program.add(tree)
        steps = program.steps + [.match]
    }

    /// Whether the text has a match anywhere.
    public func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var current = Threads(count: steps.count)
        var next = Threads(count: steps.count)
        for position in 0...scalars.count {
            // A match may begin here.
            if add(0, at: position, scalars, to: &current) { return true }
            guard position < scalars.count else { return false }
            for thread in current.list {
                guard case .scalar(let set) = steps[thread], set.contains(scalars[position]) else { continue }
                if add(thread + 1, at: position + 1, scalars, to: &next) { return true }
            }
            (current, next) = (next, current)
            next.clear()
        }
        return false
    }

    /// Follows the steps that take no text. True when the match is reached.
    private func add(_ start: Int, at position: Int, _ scalars: [Unicode.Scalar], to threads: inout Threads) -> Bool {
        var open: [Int] = [start]
        while let step: Int = open.popLast() {
            guard threads.insert(step) else { continue }
            switch steps[step] {
            case .match: return true
            case .jump(let target): open.append(target)
            case .split(let one, let other):
                open.append(other)
                open.append(one)
            case .assertion(let assertion): if Self.holds(assertion, at: position, scalars) { open.append(step + 1) }
            case .scalar: break
            }
        }
        return false
    }

    static func holds(_ assertion: Assertion, at position: Int, _ scalars: [Unicode.Scalar]) -> Bool {
        func isWord(_ index: Int) -> Bool { scalars.indices.contains(index) && ScalarSet.word.contains(scalars[index]) }
        switch assertion {
        case .textStart: return position == 0
        case .textEnd: return position == scalars.count
        case .lineStart: return position == 0 || scalars[position - 1] == "\n"
        case .lineEnd: return position == scalars.count || scalars[position] == "\n"
        case .wordBoundary: return isWord(position - 1) != isWord(position)
        case .noWordBoundary: return isWord(position - 1) == isWord(position)
        }
    }

    /// Steps at which the machine stands, each once.
    private struct Threads {
        var list: [Int] = []
        private var marks: [Bool]

        init(count: Int) { marks = [Bool](repeating: false, count: count) }

        mutating func insert(_ step: Int) -> Bool {
            guard !marks[step] else { return false }
            marks[step] = true
            list.append(step)
            return true
        }

        mutating func clear() {
            for step in list { marks[step] = false }
            list.removeAll(keepingCapacity: true)
        }
    }
}

/// What is wrong with a pattern, in Go's words.
public struct RegularExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ what: String, _ part: String) { description = "error parsing regexp: \(what): `\(part)`" }
}

/// A pattern, read.
indirect enum RegularExpressionTree: Sendable {
    case empty
    case set(ScalarSet)
    case assertion(RegularExpression.Assertion)
    case sequence([RegularExpressionTree])
    case choice([RegularExpressionTree])
    /// `most` is nil without limit; a lazy one takes as little as it can.
    case repeated(RegularExpressionTree, least: Int, most: Int?, isLazy: Bool)
}

/// The steps of a tree.
struct RegularExpressionProgram {
    private(set) var steps: [RegularExpression.Step] = []

    private static let limit = 50_000

    mutating func add(_ tree: RegularExpressionTree) throws(RegularExpressionError) {
        guard steps.count < Self.limit else { throw RegularExpressionError("expression too large", "") }
        switch tree {
        case .empty: break
        // In a very long program the making of the tables would take longer than they save.
        case .set(let set): steps.append(.scalar(steps.count < 2_000 ? set.prepared() : set))
        case .assertion(let assertion): steps.append(.assertion(assertion))
        case .sequence(let parts): for part in parts { try add(part) }
        case .choice(let choices): try add(choices: choices[...])
        case .repeated(let inner, let least, let most, let isLazy):
            for _ in 0..<least { try add(inner) }
            guard let most else { return try addLoop(inner, isLazy) }
            var skips: [Int] = []
            for _ in least..<max(most, least) {
                skips.append(steps.count)
                steps.append(.jump(0))
                try add(inner)
            }
            for skip in skips { steps[skip] = isLazy ? .split(steps.count, skip + 1) : .split(skip + 1, steps.count) }
        }
    }

    private mutating func add(choices: ArraySlice<RegularExpressionTree>) throws(RegularExpressionError) {
        var ends: [Int] = []
        for (index, choice) in choices.enumerated() {
            let isLast: Bool = index == choices.count - 1
            let start: Int = steps.count
            if !isLast { steps.append(.jump(0)) }
            try add(choice)
            guard !isLast else { break }
            ends.append(steps.count)
            steps.append(.jump(0))
            steps[start] = .split(start + 1, steps.count)
        }
        for end in ends { steps[end] = .jump(steps.count) }
    }

    private mutating func addLoop(_ inner: RegularExpressionTree, _ isLazy: Bool) throws(RegularExpressionError) {
        let start: Int = steps.count
        steps.append(.jump(0))
        try add(inner)
        steps.append(.jump(start))
        steps[start] = isLazy ? .split(steps.count, start + 1) : .split(start + 1, steps.count)
    }
}
