package import Machinery

/// When an Indexed job has succeeded before all its numbers have. Any rule will do.
package struct SuccessPolicy: Schema {
    package static let definition = Definition(
        SuccessPolicy(), "batch.v1.SuccessPolicy", "When an Indexed job has succeeded before all its numbers have.")

    package let rules = Field<[SuccessPolicyRule]>(
        "rules", 1, "In order; the first that is met ends the job. 20 at most.", .always, .atomic)
}

/// Which numbers of an Indexed job must have succeeded.
package struct SuccessPolicyRule: Schema {
    package static let definition = Definition(
        SuccessPolicyRule(), "batch.v1.SuccessPolicyRule", "Which numbers of an Indexed job must have succeeded.")

    package let succeededIndexes = Field<String?>(
        "succeededIndexes", 1, "Numbers that must have succeeded, such as `1,3-5,7`; together with a count, numbers that count.")
    package let succeededCount = Field<Int32?>("succeededCount", 2, "How many must have succeeded.")
}

extension View<SuccessPolicy> {
    /// Rules between the policy and its job. Source: `validateSuccessPolicy` of pkg/apis/batch/validation.
    func validate(in spec: View<JobSpec>, _ path: Path, _ problems: inout Problems) {
        if spec.completionMode != "Indexed" {
            return problems.invalid(path, json, "requires indexed completion mode")
        }
        let here: Path = path.child("rules")
        if self.rules.isEmpty { problems.required(here, "at least one rules must be specified when the successPolicy is specified") }
        if self.rules.count > 20 { problems.tooMany(here, self.rules.count, atMost: 20) }
        for (index, rule) in self.rules.enumerated() {
            rule.validate(completions: spec.completions ?? 0, here.index(index), &problems)
        }
    }
}

extension View<SuccessPolicyRule> {
    fileprivate func validate(completions: Int, _ path: Path, _ problems: inout Problems) {
        if self.succeededCount == nil, self.succeededIndexes == nil {
            return problems.required(path, "at least one of succeededCount or succeededIndexes must be specified")
        }
        var total: Int = completions
        if let text: String = self.succeededIndexes {
            do {
                total = try IndexRanges.count(text, below: completions)
            } catch {
                problems.invalid(path.child("succeededIndexes"), .string(text), error.description)
            }
        }
        guard let count: Int = self.succeededCount else { return }
        let here: Path = path.child("succeededCount")
        if count <= 0 {
            problems.invalid(here, Cells.integer(count), "must be greater than 0")
        } else if count > completions {
            problems.invalid(
                here, Cells.integer(count), "must be less than or equal to \(completions) (the number of specified completions)")
        } else if count > total {
            problems.invalid(
                here, Cells.integer(count),
                "must be less than or equal to \(total) (the number of indexes in the specified succeededIndexes field)")
        }
    }
}

/// Numbers written as `1,3-5,7`. Source: `validateIndexesFormat` of pkg/apis/batch/validation.
enum IndexRanges {
    struct Malformed: Error { let description: String }

    /// How many numbers the text names. They rise and lie below the limit.
    static func count(_ text: String, below limit: Int) throws(Malformed) -> Int {
        var total: Int = 0
        var last: Int?
        guard !text.isEmpty else { return 0 }
        for interval in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends: [Substring] = interval.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2 else {
                throw Malformed(description: "error when parsing completion mode index interval. expected format: \"x-y\", got \(interval)")
            }
            var numbers: [Int] = []
            for end in ends {
                guard let number = Int(end) else {
                    throw Malformed(description: "cannot convert string to integer for index: \"\(end)\"")
                }
                guard number < limit else { throw Malformed(description: "too large index: \"\(end)\"") }
                numbers.append(number)
            }
            let (from, to): (Int, Int) = (numbers[0], numbers[numbers.count - 1])
            if let last, from <= last {
                throw Malformed(description: "non-increasing order, previous: \(last), current: \(from)")
            }
            if numbers.count == 2, to <= from {
                throw Malformed(description: "non-increasing order, previous: \(from), current: \(to)")
            }
            total += to - from + 1
            last = to
        }
        return total
    }
}
