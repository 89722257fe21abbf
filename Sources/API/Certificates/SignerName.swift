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

/// Certificates and requests for them, as PEM in base64.
package enum CertificatePEM {
    /// True when the text holds a block of the type whose content is base64 of one DER sequence.
    package static func holds(_ type: String, _ base64: String) -> Bool {
        guard let bytes: [UInt8] = Base64Text.decode(base64) else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let begin = text.firstRange(of: "-----BEGIN \(type)-----"), let end = text.firstRange(of: "-----END \(type)-----"),
            begin.upperBound <= end.lowerBound,
            let der: [UInt8] = Base64Text.decode(text[begin.upperBound..<end.lowerBound].filter { !$0.isWhitespace })
        else { return false }
        return isSequence(der)
    }

    /// A DER sequence that fills the bytes exactly.
    private static func isSequence(_ der: [UInt8]) -> Bool {
        guard der.count > 2, der[0] == 0x30 else { return false }
        if der[1] < 0x80 { return Int(der[1]) + 2 == der.count }
        let digits = Int(der[1] & 0x7F)
        guard (1...4).contains(digits), der.count > 2 + digits else { return false }
        return der[2..<2 + digits].reduce(0) { $0 << 8 | Int($1) } + 2 + digits == der.count
    }
}
