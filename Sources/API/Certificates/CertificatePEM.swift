import Machinery

/// Certificates and requests for them, as PEM.
package enum CertificatePEM {
    /// One block of a PEM text.
    package struct Block: Sendable {
        /// `CERTIFICATE`
        package let type: String
        /// Whether lines with names and values stand before the content.
        package let hasHeaders: Bool
        /// nil for what is no base64.
        package let der: [UInt8]?
    }

    /// True when the text, in base64, holds a block of the type whose content is one DER sequence.
    package static func holds(_ type: String, _ base64: String) -> Bool {
        guard let bytes: [UInt8] = Base64Text.decode(base64) else { return false }
        return blocks(String(decoding: bytes, as: UTF8.self)).contains { $0.type == type && $0.der.map(isSequence) == true }
    }

    /// The blocks of a text in their order; what stands between them is passed over.
    package static func blocks(_ text: String) -> [Block] {
        var blocks: [Block] = []
        var rest: Substring = text[...]
        while let begin = rest.firstRange(of: "-----BEGIN "), let head = rest[begin.upperBound...].firstRange(of: "-----") {
            let type: Substring = rest[begin.upperBound..<head.lowerBound]
            guard let end = rest[head.upperBound...].firstRange(of: "-----END \(type)-----") else { break }
            let content: Substring = rest[head.upperBound..<end.lowerBound]
            blocks.append(
                Block(
                    type: String(type), hasHeaders: content.contains(":"), der: Base64Text.decode(content.filter { !$0.isWhitespace })))
            rest = rest[end.upperBound...]
        }
        return blocks
    }

    /// One block with lines of 64 characters.
    package static func text(_ type: String, _ der: [UInt8]) -> String {
        let digits: [Character] = Array(Base64Text.encode(der))
        let lines: [String] = stride(from: 0, to: digits.count, by: 64).map { String(digits[$0..<min($0 + 64, digits.count)]) }
        return (["-----BEGIN \(type)-----"] + lines + ["-----END \(type)-----", ""]).joined(separator: "\n")
    }

    /// What keeps a text from being a bundle of authorities. Source: `validateTrustBundle` of pkg/apis/certificates/validation.
    package static func anchorFaults(_ text: String) -> [String] {
        guard text.utf8.count <= 1 << 20 else { return ["may not be more than 1048576 bytes"] }
        let blocks: [Block] = blocks(text)
        let faults: [String] = blocks.enumerated().compactMap { index, block in
            if block.type != "CERTIFICATE" { return "entry \(index) has bad block type: \(block.type)" }
            if block.hasHeaders { return "entry \(index) has PEM block headers" }
            guard let der = block.der, isSequence(der) else { return "entry \(index) does not parse as X.509" }
            return isAuthority(der) ? nil : "entry \(index) does not have the CA bit set"
        }
        guard faults.isEmpty else { return faults }
        if blocks.isEmpty { return ["at least one trust anchor must be provided"] }
        let places: [[UInt8]: [Int]] = Dictionary(grouping: blocks.indices) { blocks[$0].der ?? [] }
        return places.values.filter { $0.count > 1 }.map { indices in
            "duplicate trust anchor (indices [\(indices.map(String.init).joined(separator: " "))])"
        }.sorted()
    }

    /// A DER sequence that fills the bytes exactly.
    package static func isSequence(_ der: [UInt8]) -> Bool {
        guard der.count > 2, der[0] == 0x30 else { return false }
        if der[1] < 0x80 { return Int(der[1]) + 2 == der.count }
        let digits = Int(der[1] & 0x7F)
        guard (1...4).contains(digits), der.count > 2 + digits else { return false }
        return der[2..<2 + digits].reduce(0) { $0 << 8 | Int($1) } + 2 + digits == der.count
    }

    /// Whether the extension `basicConstraints` (2.5.29.19) of a certificate says that it is an authority's. Source: RFC 5280.
    private static func isAuthority(_ der: [UInt8]) -> Bool {
        guard let name = der.firstRange(of: [0x06, 0x03, 0x55, 0x1D, 0x13] as [UInt8]) else { return false }
        var rest: ArraySlice<UInt8> = der[name.upperBound...]
        if rest.starts(with: [0x01, 0x01, 0xFF]) { rest = rest.dropFirst(3) }
        // An octet string with a sequence whose first member is true.
        return rest.count >= 7 && rest.first == 0x04 && Array(rest.dropFirst(2).prefix(1)) == [0x30]
            && rest.dropFirst(4).starts(with: [1, 1, 0xFF])
    }
}
