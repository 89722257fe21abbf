import Machinery

/// An address in expressions.
struct IPValue: OpaqueValue, SizedValue {
    let address: IPAddress

    static let name = "net.IP"
    var typeName: String { Self.name }
    var costSize: UInt64 { address.isIPv4 ? 4 : 16 }

    func isEqual(to other: any OpaqueValue) -> Bool { (other as? IPValue)?.address == address }

    init(_ address: IPAddress) { self.address = address }

    init(_ text: String) throws(EvaluationError) {
        if text.contains("%") { throw EvaluationError("IP address \(JSON.quoted(text)) with zone value is not allowed") }
        let address: IPAddress
        do throws(AddressError) { address = try IPAddress(reading: text) } catch {
            throw EvaluationError("IP Address \(JSON.quoted(text)) parse error during conversion from string: \(error)")
        }
        if !address.isIPv4, address.value >> 32 == 0xFFFF {
            throw EvaluationError("IPv4-mapped IPv6 address \(JSON.quoted(text)) is not allowed")
        }
        self.address = address
    }
}

/// A block of addresses in expressions.
struct CIDRValue: OpaqueValue, SizedValue {
    let block: CIDR

    static let name = "net.CIDR"
    var typeName: String { Self.name }
    var costSize: UInt64 { UInt64((block.prefixLength + 7) / 8) }

    func isEqual(to other: any OpaqueValue) -> Bool { (other as? CIDRValue)?.block == block }

    init(_ block: CIDR) { self.block = block }

    init(_ text: String) throws(EvaluationError) {
        let block: CIDR
        do throws(AddressError) { block = try CIDR(reading: text) } catch {
            let complaint = "network address parse error during conversion from string: "
            throw EvaluationError(complaint + complaint + error.description)
        }
        if !block.address.isIPv4, block.address.value >> 32 == 0xFFFF {
            throw EvaluationError("IPv4-mapped IPv6 address \(JSON.quoted(text)) is not allowed")
        }
        self.block = block
    }
}

/// Source: k8s.io/apiserver/pkg/cel/library/ip.go and cidr.go.
enum AddressFunctions {
    static let all: [Overload] = addresses + kinds + blocks

    private static let addresses: [Overload] = [
        .one("ip(string) -> net.IP", .text(1)) { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            return .object(try IPValue(text))
        },
        .one("isIP(string) -> bool", .text(1)) { value in
            guard case .string(let text) = value else { return nil }
            return .bool((try? IPValue(text)) != nil)
        },
        .one("ip.isCanonical(string) -> bool", .text(2)) { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            return .bool(try IPValue(text).address.description == text)
        },
        .one("string(net.IP) -> string", .one) { ip($0).map { .string($0.description) } },
        .one("<net.IP>family() -> int") { ip($0).map { .int($0.isIPv4 ? 4 : 6) } },
    ]

    private static let kinds: [Overload] = [
        .one("<net.IP>isUnspecified() -> bool") { ip($0).map { .bool($0.value == 0) } },
        .one("<net.IP>isLoopback() -> bool") { ip($0).map { .bool($0.isLoopback) } },
        .one("<net.IP>isLinkLocalMulticast() -> bool") { ip($0).map { .bool(isLinkLocalMulticast($0)) } },
        .one("<net.IP>isLinkLocalUnicast() -> bool") { ip($0).map { .bool(isLinkLocalUnicast($0)) } },
        .one("<net.IP>isGlobalUnicast() -> bool") { value in
            ip(value).map { address in
                let isMulticast: Bool = address.isIPv4 ? address.value >> 28 == 0xE : address.value >> 120 == 0xFF
                let isBroadcast: Bool = address.isIPv4 && address.value == 0xFFFF_FFFF
                return .bool(
                    address.value != 0 && !address.isLoopback && !isMulticast && !isBroadcast && !isLinkLocalUnicast(address))
            }
        },
    ]

    private static func isLinkLocalUnicast(_ address: IPAddress) -> Bool {
        address.isIPv4 ? address.value >> 16 == 0xA9FE : address.value >> 118 == 0x3FA
    }

    private static func isLinkLocalMulticast(_ address: IPAddress) -> Bool {
        address.isIPv4 ? address.value >> 8 == 0xE00000 : address.value >> 112 & 0xFF0F == 0xFF02
    }

    private static let blocks: [Overload] = [
        .one("cidr(string) -> net.CIDR", .text(1)) { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            return .object(try CIDRValue(text))
        },
        .one("isCIDR(string) -> bool", .text(1)) { value in
            guard case .string(let text) = value else { return nil }
            return .bool((try? CIDRValue(text)) != nil)
        },
        .one("string(net.CIDR) -> string", .one) { cidr($0).map { .string($0.description) } },
        .two("<net.CIDR>containsIP(net.IP) -> bool", .containsIP(false)) { block, address in
            guard let block = cidr(block), let address = ip(address) else { return nil }
            return .bool(block.contains(address))
        },
        .two("<net.CIDR>containsIP(string) -> bool", .containsIP(true)) { block, address throws(EvaluationError) in
            guard let block = cidr(block), case .string(let text) = address else { return nil }
            return .bool(block.contains(try IPValue(text).address))
        },
        .two("<net.CIDR>containsCIDR(net.CIDR) -> bool", .containsCIDR(false)) { block, other in
            guard let block = cidr(block), let other = cidr(other) else { return nil }
            return .bool(contains(block, other))
        },
        .two("<net.CIDR>containsCIDR(string) -> bool", .containsCIDR(true)) { block, other throws(EvaluationError) in
            guard let block = cidr(block), case .string(let text) = other else { return nil }
            return .bool(contains(block, try CIDRValue(text).block))
        },
        .one("<net.CIDR>ip() -> net.IP") { cidr($0).map { .object(IPValue($0.address)) } },
        .one("<net.CIDR>masked() -> net.CIDR") { value in
            cidr(value).map { .object(CIDRValue(CIDR($0.first, prefixLength: $0.prefixLength))) }
        },
        .one("<net.CIDR>prefixLength() -> int") { cidr($0).map { .int(Int64($0.prefixLength)) } },
    ]

    private static func contains(_ block: CIDR, _ other: CIDR) -> Bool {
        block.contains(other.address) && block.prefixLength <= other.prefixLength
    }

    private static func ip(_ value: Value) -> IPAddress? {
        if case .object(let object) = value { (object as? IPValue)?.address } else { nil }
    }

    private static func cidr(_ value: Value) -> CIDR? {
        if case .object(let object) = value { (object as? CIDRValue)?.block } else { nil }
    }
}
