package import Machinery

/// The names of signers: a domain, a slash, a path. Source: `ValidateSignerName` of pkg/apis/core/validation.
package enum SignerName {
    package static func validate(_ name: String, _ path: Path, _ problems: inout Problems) {
        guard !name.isEmpty else { return problems.required(path) }
        let segments: [String] = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.count == 2 else {
            return problems.invalid(
                path, .string(name), "must be a fully qualified domain and path of the form 'example.com/signer-name'")
        }
        if segments[0].utf8.count > 253 { problems.tooLong(path, "may not be more than 253 bytes") }
        let domain: [Substring] = segments[0].split(separator: ".", omittingEmptySubsequences: false)
        for label in domain {
            for detail in Names.dns1123Label(String(label)) {
                problems.invalid(path, .string(segments[0]), "validating label \(JSON.quoted(String(label))): \(detail)")
            }
        }
        if domain.count < 2 {
            problems.invalid(path, .string(segments[0]), "should be a domain with at least two segments separated by dots")
        }
        for label in segments[1].split(separator: ".", omittingEmptySubsequences: false) {
            for detail in Names.dns1123Subdomain(String(label)) {
                problems.invalid(path, .string(segments[1]), "validating label \(JSON.quoted(String(label))): \(detail)")
            }
        }
        if segments[1].utf8.count > 189 { problems.tooLong(path, "may not be more than 189 bytes") }
    }
}
