/// Why a text is no address or no block of addresses, in the words that Kubernetes passes on from Go.
public struct AddressError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}

/// Reads addresses and tells what is wrong with them. Source: ParseAddr and ParsePrefix of Go's net/netip, without zones.
enum AddressReader {
    static func address(_ text: String) throws(AddressError) -> IPAddress {
        do throws(Problem) {
            let bytes: Substring = text[...]
            for character in bytes.utf8 {
                if character == UInt8(ascii: ".") { return IPAddress(ipv4: try ipv4(bytes)) }
                if character == UInt8(ascii: ":") { return IPAddress(ipv6: try ipv6(bytes)) }
                if character == UInt8(ascii: "%") { throw Problem("missing IPv6 address") }
            }
            throw Problem("unable to parse IP")
        } catch {
            let place: String = error.rest.map { " (at \(JSON.quoted(String($0))))" } ?? ""
            throw AddressError(description: "ParseAddr(\(JSON.quoted(text))): \(error.message)\(place)")
        }
    }

    static func block(_ text: String) throws(AddressError) -> CIDR {
        func failure(_ message: String) -> AddressError {
            AddressError(description: "netip.ParsePrefix(\(JSON.quoted(text))): \(message)")
        }
        guard let slash = text.lastIndex(of: "/") else { throw failure("no '/'") }
        let address: IPAddress
        do throws(AddressError) { address = try self.address(String(text[..<slash])) } catch { throw failure(error.description) }
        let bits = String(text[text.index(after: slash)...])
        guard let length = Int(bits), String(length) == bits else { throw failure("bad bits after slash: \(JSON.quoted(bits))") }
        guard (0...address.width).contains(length) else { throw failure("prefix length out of range") }
        return CIDR(address, prefixLength: length)
    }

    private struct Problem: Error {
        let message: String
        /// From what is wrong on.
        let rest: Substring?

        init(_ message: String, at rest: Substring? = nil) {
            self.message = message
            self.rest = rest
        }
    }

    private static func ipv4(_ text: Substring) throws(Problem) -> UInt32 {
        var address: UInt32 = 0
        var field: UInt32 = 0
        var (fields, digits): (Int, Int) = (0, 0)
        for at in text.utf8.indices {
            let byte: UInt8 = text.utf8[at]
            if byte >= 0x30, byte <= 0x39 {
                if digits == 1, field == 0 { throw Problem("IPv4 field has octet with leading zero") }
                field = field * 10 + UInt32(byte - 0x30)
                digits += 1
                if field > 255 { throw Problem("IPv4 field has value >255") }
            } else if byte == UInt8(ascii: ".") {
                guard digits > 0, text.utf8.index(after: at) < text.endIndex else {
                    throw Problem("IPv4 field must have at least one digit", at: text[at...])
                }
                if fields == 3 { throw Problem("IPv4 address too long") }
                address = address << 8 | field
                fields += 1
                (field, digits) = (0, 0)
            } else {
                throw Problem("unexpected character", at: text[at...])
            }
        }
        guard fields == 3 else { throw Problem("IPv4 address too short") }
        return address << 8 | field
    }

    private static func ipv6(_ text: Substring) throws(Problem) -> UInt128 {
        if let zone = text.firstIndex(of: "%") {
            throw Problem(text[zone...].utf8.count > 1 ? "unable to parse IP" : "zone must be a non-empty string")
        }
        var groups: [UInt16] = []
        var gap: Int?
        var rest: Substring = text
        if rest.hasPrefix("::") {
            gap = 0
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty, groups.count < 8 {
            let digits: Substring = rest.prefix { $0.isHexDigit && $0.isASCII }
            guard digits.count <= 4 else { throw Problem("each group must have 4 or less digits", at: rest) }
            guard let group = UInt16(digits, radix: 16) else {
                throw Problem("each colon-separated field must have at least one digit", at: rest)
            }
            let next: Substring = rest[digits.endIndex...]
            if next.hasPrefix(".") {
                if gap == nil, groups.count != 6 {
                    throw Problem("embedded IPv4 address must replace the final 2 fields of the address", at: rest)
                }
                if groups.count > 6 { throw Problem("too many hex fields to fit an embedded IPv4 at the end of the address", at: rest) }
                let last: UInt32 = try ipv4(rest)
                groups += [UInt16(last >> 16), UInt16(truncatingIfNeeded: last)]
                rest = ""
                break
            }
            groups.append(group)
            rest = next
            guard !rest.isEmpty else { break }
            guard rest.hasPrefix(":") else { throw Problem("unexpected character, want colon", at: rest) }
            guard rest.utf8.count > 1 else { throw Problem("colon must be followed by more characters", at: rest) }
            rest = rest.dropFirst()
            if rest.hasPrefix(":") {
                if gap != nil { throw Problem("multiple :: in address", at: rest) }
                gap = groups.count
                rest = rest.dropFirst()
            }
        }
        guard rest.isEmpty else { throw Problem("trailing garbage after address", at: rest) }
        guard (groups.count < 8) == (gap != nil) else {
            throw Problem(gap == nil ? "address string too short" : "the :: must expand to at least one field of zeros")
        }
        if let gap { groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap) }
        return groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
    }
}
