package import Machinery

extension Names {
    /// A domain with at least three segments, such as `check.example.com`. Source: `IsFullyQualifiedName` of k8s.io/apimachinery.
    package static func validateFullyQualified(_ name: String, _ path: Path, _ problems: inout Problems) {
        guard !name.isEmpty else { return problems.required(path) }
        let wrong: [String] = dns1123Subdomain(name)
        if !wrong.isEmpty {
            problems.invalid(path, .string(name), wrong.joined(separator: ","))
        } else if name.split(separator: ".", omittingEmptySubsequences: false).count < 3 {
            problems.invalid(path, .string(name), "should be a domain with at least three segments separated by dots")
        }
    }
}
