import Glibc

/// IP addresses as certificates hold them: 4 or 16 bytes in network order. Source: RFC 5280, 4.2.1.6.
enum IPAddressBytes {
    /// Throws ``CertificateProblem/notAnAddress(_:)``.
    static func parse(_ text: String) throws -> [UInt8] {
        if let bytes = parse(text, family: AF_INET, length: 4) ?? parse(text, family: AF_INET6, length: 16) { return bytes }
        throw CertificateProblem.notAnAddress(text)
    }

    private static func parse(_ text: String, family: CInt, length: Int) -> [UInt8]? {
        var bytes: [UInt8] = [UInt8](repeating: 0, count: length)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
