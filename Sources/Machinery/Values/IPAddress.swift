/// A kind of internet addresses, by the name that Kubernetes gives it.
public enum IPFamily: String, Sendable, CaseIterable {
    case v4 = "IPv4"
    case v6 = "IPv6"

    /// Of an address as text.
    public init(of address: String) { self = address.utf8.contains(UInt8(ascii: ":")) ? .v6 : .v4 }

    public var other: IPFamily { self == .v4 ? .v6 : .v4 }
}

/// An IPv4 or IPv6 address. Source: RFC 4291 for reading, RFC 5952 for writing.
public struct IPAddress: Sendable, Hashable {
    /// The low 32 bits for IPv4.
    public let value: UInt128
    public let isIPv4: Bool

    public init(ipv4 value: UInt32) {
        self.value = UInt128(value)
        isIPv4 = true
    }

    public init(ipv6 value: UInt128) {
        self.value = value
        isIPv4 = false
    }

    /// nil for anything else, zeros in front (`010.1.1.1`) and zones (`fe80::1%eth0`) among it.
    public init?(_ text: String) {
        guard let address = try? IPAddress(reading: text) else { return nil }
        self = address
    }

    public init(reading text: String) throws(AddressError) { self = try AddressReader.address(text) }

    public var family: IPFamily { isIPv4 ? .v4 : .v6 }

    /// 32 or 128.
    public var width: Int { isIPv4 ? 32 : 128 }

    /// The address so many further on; wraps around.
    public func advanced(by distance: Int) -> IPAddress {
        let sum: UInt128 = value &+ UInt128(truncatingIfNeeded: distance)
        return isIPv4 ? IPAddress(ipv4: UInt32(truncatingIfNeeded: sum)) : IPAddress(ipv6: sum)
    }

    /// Network order, 4 or 16 of them.
    public var bytes: [UInt8] {
        stride(from: width - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt128($0)) }
    }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { isIPv4 ? value >> 24 == 127 : value == 1 }
}

extension IPAddress: Comparable {
    /// IPv4 before IPv6.
    public static func < (one: IPAddress, other: IPAddress) -> Bool {
        one.isIPv4 == other.isIPv4 ? one.value < other.value : one.isIPv4
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        if isIPv4 { return bytes.map(String.init).joined(separator: ".") }
        if value >> 32 == 0xFFFF { return "::ffff:\(IPAddress(ipv4: UInt32(truncatingIfNeeded: value)))" }
        let groups: [UInt16] = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: value >> UInt128($0)) }
        var longest: Range<Int> = 0..<0
        var start: Int = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > max(1, longest.count) { longest = start..<index }
            start = index + 1
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard !longest.isEmpty else { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}

/// A block of addresses: `10.9.8.0/24`.
public struct CIDR: Sendable, Hashable {
    /// As it was written: bits beyond the prefix may be set.
    public let address: IPAddress
    public let prefixLength: Int

    /// The length must fit the address.
    public init(_ address: IPAddress, prefixLength: Int) {
        precondition((0...address.width).contains(prefixLength), "prefix length \(prefixLength) of \(address.width) bits")
        self.address = address
        self.prefixLength = prefixLength
    }

    public init?(_ text: String) {
        guard let block = try? CIDR(reading: text) else { return nil }
        self = block
    }

    public init(reading text: String) throws(AddressError) { self = try AddressReader.block(text) }

    private var hostMask: UInt128 {
        let bits: Int = address.width - prefixLength
        return bits == 128 ? .max : (1 << UInt128(bits)) - 1
    }

    /// The lowest address.
    public var first: IPAddress { with(address.value & ~hostMask) }

    /// The highest address.
    public var last: IPAddress { with(address.value | hostMask) }

    /// Whether no bit beyond the prefix is set.
    public var isCanonical: Bool { address.value & hostMask == 0 }

    public func contains(_ other: IPAddress) -> Bool {
        other.isIPv4 == address.isIPv4 && (other.value ^ address.value) & ~hostMask == 0
    }

    private func with(_ value: UInt128) -> IPAddress {
        address.isIPv4 ? IPAddress(ipv4: UInt32(truncatingIfNeeded: value)) : IPAddress(ipv6: value)
    }
}

extension CIDR: CustomStringConvertible {
    public var description: String { "\(address)/\(prefixLength)" }
}
