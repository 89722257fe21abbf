extension RegularExpression {
    /// The matches of a text, from its start on, none overlapping another: of two that begin at the same place the one that the
    /// pattern prefers, as in Perl.
    ///
    /// - Parameters:
    ///   - most: no more than so many.
    ///   - budget: steps of the machine, lest many searches of a long text take long.
    /// - Returns: nil when the budget was used up.
    package func findAll(in text: String, atMost most: Int, budget: Int = 20_000_000) -> [String]? {
        let scalars = Array(text.unicodeScalars)
        var found: [String] = []
        var left: Int = budget
        var position: Int = 0
        var lastEnd: Int = -1
        while found.count < most, position <= scalars.count {
            guard let match = firstMatch(in: scalars, from: position, &left) else { break }
            // No empty match right behind another.
            if !(match.isEmpty && match.lowerBound == lastEnd) {
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars[match])
                found.append(String(view))
            }
            position = match.upperBound == position ? position + 1 : match.upperBound
            if match.isEmpty, match.lowerBound >= position { position = match.lowerBound + 1 }
            lastEnd = match.upperBound
        }
        return left > 0 ? found : nil
    }

    /// Where the first match is.
    private func firstMatch(in scalars: [Unicode.Scalar], from start: Int, _ budget: inout Int) -> Range<Int>? {
        var current = OrderedThreads(count: steps.count)
        var next = OrderedThreads(count: steps.count)
        var found: Range<Int>?
        var position: Int = start
        while true {
            // One that begins later is worth less than all that run already.
            if found == nil { follow(0, from: position, at: position, scalars, &current, &budget) }
            guard !current.list.isEmpty, budget > 0 else { return found }
            search: for thread in current.list {
                switch steps[thread.step] {
                case .match:
                    found = thread.start..<position
                    break search
                case .scalar(let set) where position < scalars.count && set.contains(scalars[position]):
                    follow(thread.step + 1, from: thread.start, at: position + 1, scalars, &next, &budget)
                default: break
                }
            }
            guard position < scalars.count else { return found }
            (current, next) = (next, current)
            next.clear()
            position += 1
        }
    }

    private func follow(
        _ first: Int, from start: Int, at position: Int, _ scalars: [Unicode.Scalar], _ threads: inout OrderedThreads, _ budget: inout Int
    ) {
        var open: [Int] = [first]
        while let step: Int = open.popLast() {
            budget -= 1
            guard threads.insert(step, start) else { continue }
            switch steps[step] {
            case .match, .scalar: break
            case .jump(let target): open.append(target)
            case .split(let one, let other):
                open.append(other)
                open.append(one)
            case .assertion(let assertion): if Self.holds(assertion, at: position, scalars) { open.append(step + 1) }
            }
        }
    }

    /// Steps at which the machine stands, each once, the preferred ones first, and where in the text each began.
    private struct OrderedThreads {
        var list: [(step: Int, start: Int)] = []
        private var marks: [Bool]

        init(count: Int) { marks = [Bool](repeating: false, count: count) }

        mutating func insert(_ step: Int, _ start: Int) -> Bool {
            guard !marks[step] else { return false }
            marks[step] = true
            list.append((step, start))
            return true
        }

        mutating func clear() {
            for thread in list { marks[thread.step] = false }
            list.removeAll(keepingCapacity: true)
        }
    }
}
