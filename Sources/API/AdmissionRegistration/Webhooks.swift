import Machinery

/// What mutating and validating webhooks have in common. Source: pkg/apis/admissionregistration/validation.
enum Webhooks {
    private static let reviewVersions: [String] = ["v1", "v1beta1"]
    private static let sideEffects: [String] = ["None", "NoneOnDryRun"]

    static func validateNames(_ names: [String], _ path: Path, _ problems: inout Problems) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !name.isEmpty && !seen.insert(name).inserted {
            problems.duplicate(path.index(index).child("name"), .string(name))
        }
    }

    static func validateSideEffects(_ found: String?, _ path: Path, _ problems: inout Problems) {
        guard let found else {
            return problems.required(path, "must specify one of " + sideEffects.joined(separator: ", "))
        }
        if !sideEffects.contains(found) { problems.notSupported(path, .string(found), supported: sideEffects) }
    }

    static func validateTimeout(_ seconds: JSON, _ path: Path, _ problems: inout Problems) {
        if let number: Int64 = seconds.int, !(1...30).contains(number) {
            problems.invalid(path, seconds, "the timeout value must be between 1 and 30 seconds")
        }
    }

    static func validateReviewVersions(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        let versions: [String] = (value.array ?? []).compactMap { $0.string }
        guard !versions.isEmpty else { return }
        var seen: Set<String> = []
        for (index, version) in versions.enumerated() {
            let here: Path = path.index(index)
            guard seen.insert(version).inserted else {
                problems.invalid(here, .string(version), "duplicate version")
                continue
            }
            for detail in Names.dns1035Label(version) { problems.invalid(here, .string(version), detail) }
        }
        if seen.isDisjoint(with: reviewVersions) {
            problems.invalid(path, value, "must include at least one of " + reviewVersions.joined(separator: ", "))
        }
    }

    static func requireReviewVersions(_ path: Path, _ problems: inout Problems) {
        problems.required(path, "must specify one of " + reviewVersions.joined(separator: ", "))
    }
}
