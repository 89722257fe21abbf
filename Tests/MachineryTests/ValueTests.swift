import Machinery
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        ("1000m", "1"), ("0.5", "500m"), ("1024Ki", "1Mi"), ("1.5Gi", "1536Mi"), ("0.0000000001", "1n"), ("-0.0000000001", "-1n"),
        ("100E", "100E"), ("1e3", "1e3"), ("2E6", "2e6"), ("12e-3", "12e-3"), ("1Ki", "1Ki"), ("0.5Ki", "512"), ("-1.5", "-1500m"),
        ("0", "0"), ("0Mi", "0"), ("1000000", "1M"), ("1500k", "1500k"), ("9999999999999999999999", "9223372036854775807"),
        ("1.1Ki", "1126400m"), (".5", "500m"), ("5.", "5"), ("+3", "3"), ("1.0001Gi", "1073849198182400u"), ("8Ei", "9223372036854775807"),
        ("0.1m", "100u"), ("1n", "1n"), ("0.1n", "1n"), ("00012", "12"), ("1.50", "1500m"), ("9223372036854775807", "9223372036854775807"),
        ("1234567890123.123456789", "1234567890123123456789n"), ("1.0000000000000000000000000000000001Ki", "1024000000001n"),
    ])
    func `a quantity is written in canonical form`(text: String, expected: String) throws {
        #expect(try Quantity(text).description == expected)
        #expect(try Quantity(expected).description == expected)
    }

    @Test(arguments: [
        ("", QuantityError.format), ("1.1.M", .format), ("1+1.0M", .format), (" 1", .format), ("1 ", .format), ("aoeu", .format),
        ("1i", .suffix), ("0.1mi", .suffix), ("1e", .suffix), ("-3.01e-", .suffix), ("1K", .suffix), (".", .number),
    ])
    func `what is no quantity is refused`(text: String, expected: QuantityError) {
        #expect(throws: expected) { try Quantity(text) }
    }

    @Test func `values round away from zero`() throws {
        #expect(try Quantity("1.1").value == 2 && Quantity("-1.1").value == -2)
        #expect(try Quantity("0.1m").milliValue == 1 && Quantity("1500u").milliValue == 2 && Quantity("2").milliValue == 2000)
        #expect(try Quantity("100E").value == .max)
    }

    @Test func `sums are exact and keep the format`() throws {
        #expect(try (Quantity("1Gi") + Quantity("512Mi")).description == "1536Mi")
        #expect(try (Quantity("100m") + Quantity("0.9")).description == "1")
        #expect(try (Quantity.zero + Quantity("1Gi")).description == "1Gi")
        #expect(try (Quantity("1") - Quantity("1100m")).description == "-100m")
        #expect(try Quantity("1000m") == Quantity("1") && Quantity("1Ki") == Quantity("1024") && Quantity("1Gi") < Quantity("1.1G"))
        #expect(try Quantity("1").sign == 1 && Quantity("-1").sign == -1 && Quantity("0").isZero)
    }
}

@Suite struct IntOrStringTests {
    @Test(arguments: [
        (IntOrString.int(3), true, 3), ("25%", true, 3), ("25%", false, 2), ("0%", true, 0), ("100%", false, 10), ("1%", false, 0),
        ("1%", true, 1),
    ])
    func `percentages scale`(value: IntOrString, roundUp: Bool, expected: Int) throws {
        #expect(try value.scaled(of: 10, roundUp: roundUp) == expected)
    }

    @Test func `what is no percentage is refused`() {
        #expect(
            performing: { try IntOrString.string("x").scaled(of: 1, roundUp: true) },
            throws: { "\($0)" == "invalid value for IntOrString: invalid type: string is not a percentage" })
        #expect(throws: PercentError.self) { try IntOrString.string("x%").scaled(of: 1, roundUp: true) }
    }
}

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("10.9.8.7", "10.9.8.7"), ("::1", "::1"), ("::", "::"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("fe80::1", "fe80::1"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("1::", "1::"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
    ])
    func `addresses are read and written in canonical form`(text: String, expected: String) {
        #expect(IPAddress(text)?.description == expected)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", ":1", "1:", "1::2::3", "1:2:3:4:5:6:7:8:9", "g::", "1:2", "fe80::1%eth0",
        "12345::",
    ])
    func `what is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
        #expect(Names.ipAddress(text) == ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"])
    }

    @Test func `blocks contain their addresses`() throws {
        let block = try #require(CIDR("10.96.0.0/12"))
        #expect(block.isCanonical && block.first.description == "10.96.0.0" && block.last.description == "10.111.255.255")
        let inside = try #require(IPAddress("10.100.1.2"))
        let outside = try #require(IPAddress("10.112.0.0"))
        #expect(block.contains(inside) && !block.contains(outside))
        #expect(CIDR("10.96.0.1/12")?.isCanonical == false)
        #expect(CIDR("::/0")?.last.description == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
        #expect(CIDR("10.0.0.0/33") == nil && CIDR("10.0.0.0/08") == nil && CIDR("10.0.0.0") == nil)
        #expect(
            inside.advanced(by: 1).description == "10.100.1.3" && IPAddress("255.255.255.255")?.advanced(by: 1).description == "0.0.0.0")
    }
}

@Suite struct NamesTests {
    static let subdomain: String =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    static let label: String =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

    @Test func `names are held against their rules in Kubernetes' words`() {
        #expect(Names.dns1123Subdomain("a.b-c.1").isEmpty && Names.dns1123Label("1a-b").isEmpty && Names.dns1035Label("a1").isEmpty)
        #expect(Names.dns1123Subdomain("Web_1") == [Self.subdomain] && Names.dns1123Subdomain("a..b") == [Self.subdomain])
        #expect(Names.dns1123Label("-a") == [Self.label] && Names.dns1123Label("") == [Self.label])
        #expect(Names.dns1123Label(String(repeating: "a", count: 64)) == ["must be no more than 63 bytes"])
        #expect(Names.dns1035Label("1a").count == 1)
        #expect(Names.wildcardDNS1123Subdomain("*.a.b").isEmpty && Names.wildcardDNS1123Subdomain("a.b").count == 1)
        #expect(Names.qualifiedName("example.com/My.name_1").isEmpty && Names.qualifiedName("app").isEmpty)
        #expect(Names.qualifiedName("/a") == ["prefix part must be non-empty"])
        #expect(Names.qualifiedName("A/a") == ["prefix part " + Self.subdomain])
        #expect(
            Names.qualifiedName("a/b/c").first?.hasSuffix("with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")
                == true)
        #expect(Names.qualifiedName("").first == "name part must be non-empty")
        #expect(Names.labelValue("").isEmpty && Names.labelValue("a_b.C-1").isEmpty && Names.labelValue("a b").count == 1)
        #expect(
            Names.configMapKey("a.b").isEmpty && Names.configMapKey("..").contains("must not be '..'")
                && Names.configMapKey("a/b").count == 1)
        #expect(Names.configMapKey("..a") == ["must not start with '..'"])
        #expect(Names.portName("http-2").isEmpty && Names.portName("80") == ["must contain at least one letter (a-z)"])
        #expect(Names.portName("-a--b") == ["must not contain consecutive hyphens", "must not begin or end with a hyphen"])
        #expect(Names.envVarName("a b.c").isEmpty && Names.envVarName("a=b").count == 1 && Names.envVarName("").count == 1)
        #expect(Names.cIdentifier("_a1").isEmpty && Names.cIdentifier("1a").count == 1 && Names.cIdentifier("").count == 1)
        #expect(Names.percent("10%").isEmpty && Names.percent("%").count == 1 && Names.httpHeaderName("X-A").isEmpty)
        #expect(Names.portNumber(0) == ["must be between 1 and 65535, inclusive"] && Names.portNumber(65535).isEmpty)
    }
}

@Suite struct Base64Tests {
    @Test(arguments: ["", "a", "ab", "abc", "abcd", "\u{0}\u{1}é"])
    func `bytes survive base64`(text: String) {
        let bytes: [UInt8] = Array(text.utf8)
        #expect(Base64Text.decode(Base64Text.encode(bytes)) == bytes)
    }

    @Test func `known texts`() {
        #expect(Base64Text.encode(Array("hello".utf8)) == "aGVsbG8=" && Base64Text.decode("aGVs\nbG8=") == Array("hello".utf8))
        #expect(Base64Text.decode("aGVsbG8") == nil && Base64Text.decode("a=b=") == nil && Base64Text.decode("é") == nil)
    }
}
