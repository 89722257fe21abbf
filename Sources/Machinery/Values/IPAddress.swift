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
        let bytes: Substring.UTF8View = Substring(text).utf8
        if bytes.contains(UInt8(ascii: ":")) {
            guard let value = Self.ipv6(bytes) else { return nil }
            self.init(ipv6: value)
        } else {
            guard let value = Self.ipv4(bytes) else { return nil }
            self.init(ipv4: value)
        }
    }

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

    private static func ipv4(_ bytes: Substring.UTF8View) -> UInt32? {
        let parts: [Substring.UTF8View] = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard !part.isEmpty, part.count <= 3, part.count == 1 || part.first != 0x30,
                part.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
            else { return nil }
            let number: UInt32 = part.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
            guard number < 256 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    private static func ipv6(_ bytes: Substring.UTF8View) -> UInt128? {
        let text: Substring = Substring(bytes)
        var groups: [UInt16] = []
        var gap: Int?
        var rest: Substring = text
        if rest.hasPrefix("::") {
            gap = 0
            rest = rest.dropFirst(2)
        } else if rest.hasPrefix(":") {
            return nil
        }
        while !rest.isEmpty {
            let group: Substring = rest.prefix { $0 != ":" }
            rest = rest[group.endIndex...]
            if group.utf8.contains(UInt8(ascii: ".")) {
                guard rest.isEmpty, let last = ipv4(group.utf8) else { return nil }
                groups += [UInt16(last >> 16), UInt16(truncatingIfNeeded: last)]
                break
            }
            guard (1...4).contains(group.utf8.count), group.utf8.allSatisfy({ $0 < 0x80 }), group.first != "+",
                let value = UInt16(group, radix: 16)
            else { return nil }
            groups.append(value)
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst()
            if rest.hasPrefix(":") {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: Array(repeating: 0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        return groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
    }
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
        let parts: [Substring] = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
            (0...address.width).contains(length), String(length) == parts[1]
        else { return nil }
        self.init(address, prefixLength: length)
    }

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
