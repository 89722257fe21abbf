package import Machinery

/// The rules for addresses in services and their endpoints. Source: `IsValidIP`, `ValidateEndpointIP` and the like of
/// k8s.io/apimachinery and pkg/apis/core/validation.
package enum Addresses {
    /// `10.0.0.1:80`, `[fd00::1]:80`
    package static func join(_ address: String, port: Int) -> String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    package static func validate(_ address: String, _ path: Path, _ problems: inout Problems) {
        for detail in Names.ipAddress(address) { problems.invalid(path, .string(address), detail) }
    }

    /// An address of an endpoint must not lead the node that uses it back to itself.
    ///
    /// - Parameters:
    ///   - family: nil takes both.
    ///   - mayBePod: whether it may be one that pods have where they share the host's network: each has its own in 127.0.0.0/8 then. Upstream
    ///     forbids all loopback addresses.
    package static func validateEndpoint(
        _ address: String, family: IPFamily?, mayBePod: Bool = true, _ path: Path, _ problems: inout Problems
    ) {
        guard let parsed = IPAddress(address) else { return validate(address, path, &problems) }
        if let family, family != parsed.family { problems.invalid(path, .string(address), "must be an \(family.rawValue) address") }
        if let flaw: String = flaw(of: parsed, mayBePod: mayBePod) { problems.invalid(path, .string(address), flaw) }
    }

    /// `10.0.0.0/8`
    package static func validateRange(_ range: String, _ path: Path, _ problems: inout Problems) {
        for detail in Names.cidr(range) { problems.invalid(path, .string(range), detail) }
    }

    private static func flaw(of address: IPAddress, mayBePod: Bool) -> String? {
        let bytes: [UInt8] = address.bytes
        if bytes.allSatisfy({ $0 == 0 }) { return "may not be unspecified (\(address))" }
        if address.isLoopback, !mayBePod || !address.isIPv4 { return "may not be in the loopback range (127.0.0.0/8, ::1/128)" }
        if !address.isIPv4 {
            if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return "may not be in the link-local range (169.254.0.0/16, fe80::/10)" }
            if bytes[0] == 0xFF, bytes[1] & 0x0F == 0x02 { return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)" }
        } else {
            if bytes[0] == 169, bytes[1] == 254 { return "may not be in the link-local range (169.254.0.0/16, fe80::/10)" }
            if bytes[0] == 224, bytes[1] == 0, bytes[2] == 0 {
                return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
            }
        }
        return nil
    }
}
