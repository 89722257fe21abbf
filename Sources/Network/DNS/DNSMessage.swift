import Machinery

/// A question to a name server, and how its answer is written. Source: RFC 1035, RFC 6891 for the size of datagrams.
struct DNSQuery: Sendable {
    enum Kind {
        static let a: UInt16 = 1
        static let cname: UInt16 = 5
        static let soa: UInt16 = 6
        static let ptr: UInt16 = 12
        static let txt: UInt16 = 16
        static let aaaa: UInt16 = 28
        static let srv: UInt16 = 33
        static let opt: UInt16 = 41
        static let any: UInt16 = 255
    }

    let id: UInt16
    let opcode: UInt8
    let wantsRecursion: Bool
    /// Labels in lower case, the top one last.
    let name: [String]
    let kind: UInt16
    let isInternet: Bool
    /// The question's bytes as they came, whose letters' case an answer keeps.
    let question: ArraySlice<UInt8>
    /// Bytes that the asker takes in a datagram; nil when it did not say so by EDNS.
    let size: Int?
    /// Whether it speaks EDNS as it is spoken here, or none.
    let isVersionKnown: Bool

    /// nil for what is no single question; ``id(of:)`` serves to say so.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 12, bytes[2] & 0x80 == 0, bytes[4] == 0, bytes[5] == 1 else { return nil }
        id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        opcode = bytes[2] >> 3 & 0xF
        wantsRecursion = bytes[2] & 1 == 1
        var at = 12
        var labels: [String] = []
        var length = 0
        while at < bytes.count, bytes[at] != 0 {
            let count = Int(bytes[at])
            length += count + 1
            guard count < 64, length < 255, at + 1 + count < bytes.count else { return nil }
            labels.append(String(decoding: bytes[(at + 1)..<(at + 1 + count)].map { $0 &- 65 < 26 ? $0 + 32 : $0 }, as: UTF8.self))
            at += count + 1
        }
        guard at + 5 <= bytes.count else { return nil }
        name = labels
        kind = UInt16(bytes[at + 1]) << 8 | UInt16(bytes[at + 2])
        isInternet = bytes[at + 3] == 0 && (bytes[at + 4] == 1 || bytes[at + 4] == 255)
        question = bytes[12..<(at + 5)]
        size = Self.datagramSize(bytes, from: at + 5)
        isVersionKnown = size == nil || bytes[at + 11] == 0
    }

    /// Of the addresses that are asked for; nil for another question.
    var family: IPFamily? {
        switch kind {
        case Kind.a: .v4
        case Kind.aaaa: .v6
        default: nil
        }
    }

    static func id(of bytes: [UInt8]) -> UInt16? { bytes.count < 2 ? nil : UInt16(bytes[0]) << 8 | UInt16(bytes[1]) }

    /// The OPT record is looked for where askers put it: first after the question.
    private static func datagramSize(_ bytes: [UInt8], from at: Int) -> Int? {
        guard bytes[10] != 0 || bytes[11] != 0, at + 11 <= bytes.count, bytes[at] == 0, bytes[at + 1] == 0, bytes[at + 2] == UInt8(Kind.opt)
        else { return nil }
        return max(512, Int(bytes[at + 3]) << 8 | Int(bytes[at + 4]))
    }
}

/// One answer of a name server.
struct DNSRecord: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        /// Four or sixteen bytes.
        case address([UInt8])
        case alias(to: [String])
        case pointer(to: [String])
        case text(String)
        case service(priority: UInt16, weight: UInt16, port: UInt16, target: [String])
    }

    var name: [String]
    var content: Content

    var kind: UInt16 {
        switch content {
        case .address(let bytes): bytes.count == 4 ? DNSQuery.Kind.a : DNSQuery.Kind.aaaa
        case .alias: DNSQuery.Kind.cname
        case .pointer: DNSQuery.Kind.ptr
        case .text: DNSQuery.Kind.txt
        case .service: DNSQuery.Kind.srv
        }
    }
}

/// What is known of a name.
struct DNSAnswer: Sendable, Equatable {
    enum Code: UInt8, Sendable {
        case success = 0, malformed = 1, failure = 2, noSuchName = 3, notImplemented = 4, refused = 5, badVersion = 16
    }

    var code: Code = .success
    var records: [DNSRecord] = []
    /// Addresses of names that the records lead to.
    var extra: [DNSRecord] = []

    /// Seconds for which it may be kept.
    static let lifetime: UInt32 = 5

    /// The answer's bytes. What is longer than the asker takes goes without records and says so; then it asks again over TCP.
    func bytes(for query: DNSQuery, zone: [String], limit: Int) -> [UInt8] {
        let whole: [UInt8] = bytes(for: query, zone: zone, records: records, extra: extra, isCut: false)
        if whole.count <= limit { return whole }
        let without: [UInt8] = bytes(for: query, zone: zone, records: records, extra: [], isCut: false)
        return without.count <= limit ? without : bytes(for: query, zone: zone, records: [], extra: [], isCut: true)
    }

    private func bytes(for query: DNSQuery, zone: [String], records: [DNSRecord], extra: [DNSRecord], isCut: Bool) -> [UInt8] {
        var out = DNSWriter()
        let isNegative: Bool = records.isEmpty && !isCut && (code == .success || code == .noSuchName)
        out.number(query.id)
        out.bytes += [0x84 | query.opcode << 3 | (isCut ? 2 : 0) | (query.wantsRecursion ? 1 : 0), 0x80 | code.rawValue & 0xF]
        out.number(1)
        // Who asks for the zone's own record gets it as the answer.
        let isOwn: Bool = isNegative && query.kind == DNSQuery.Kind.soa && query.name == zone
        out.number(isOwn ? 1 : UInt16(clamping: records.count))
        out.number(isNegative && !isOwn ? 1 : 0)
        out.number(UInt16(clamping: extra.count + (query.size == nil ? 0 : 1)))
        out.bytes += query.question
        out.names[query.name] = 12
        for record in records { out.record(record) }
        if isNegative { out.authority(zone) }
        for record in extra { out.record(record) }
        // The asker may send 4096 bytes.
        if query.size != nil { out.bytes += [0, 0, UInt8(DNSQuery.Kind.opt), 0x10, 0, code.rawValue >> 4, 0, 0, 0, 0, 0] }
        return out.bytes
    }

    /// For bytes that hold no question.
    static func refusal(id: UInt16, _ code: Code) -> [UInt8] {
        [UInt8(id >> 8), UInt8(id & 0xFF), 0x80, code.rawValue] + [UInt8](repeating: 0, count: 8)
    }
}

/// Writes names short: the second time as a reference to the first.
private struct DNSWriter {
    var bytes: [UInt8] = []
    var names: [[String]: Int] = [:]

    mutating func number(_ value: UInt16) { bytes += [UInt8(value >> 8), UInt8(value & 0xFF)] }
    mutating func long(_ value: UInt32) { for shift in [24, 16, 8, 0] { bytes.append(UInt8(value >> UInt32(shift) & 0xFF)) } }

    mutating func name(_ labels: [String]) {
        var rest: ArraySlice<String> = labels[...]
        while let label = rest.first {
            if let place = names[Array(rest)] { return number(0xC000 | UInt16(place)) }
            if bytes.count < 0x4000 { names[Array(rest)] = bytes.count }
            let text: [UInt8] = Array(label.utf8.prefix(63))
            bytes.append(UInt8(text.count))
            bytes += text
            rest = rest.dropFirst()
        }
        bytes.append(0)
    }

    private mutating func head(_ name: [String], _ kind: UInt16) {
        self.name(name)
        number(kind)
        number(1)
        long(DNSAnswer.lifetime)
    }

    /// Writes content with its length before it.
    private mutating func sized(_ write: (inout DNSWriter) -> Void) {
        let place: Int = bytes.count
        number(0)
        write(&self)
        let length: Int = bytes.count - place - 2
        bytes[place] = UInt8(length >> 8)
        bytes[place + 1] = UInt8(length & 0xFF)
    }

    mutating func record(_ record: DNSRecord) {
        head(record.name, record.kind)
        sized { out in
            switch record.content {
            case .address(let address): out.bytes += address
            case .alias(let target), .pointer(let target): out.name(target)
            case .text(let text): out.bytes += [UInt8(clamping: text.utf8.count)] + Array(text.utf8.prefix(255))
            case .service(let priority, let weight, let port, let target):
                for value in [priority, weight, port] { out.number(value) }
                // Not shortened: RFC 2782.
                for label in target { out.bytes += [UInt8(clamping: label.utf8.count)] + Array(label.utf8.prefix(63)) }
                out.bytes.append(0)
            }
        }
    }

    /// The zone's beginning, by which an asker knows how long "no" holds.
    mutating func authority(_ zone: [String]) {
        head(zone, DNSQuery.Kind.soa)
        sized { out in
            out.name(["ns", "dns"] + zone)
            out.name(["hostmaster"] + zone)
            for value: UInt32 in [1, 7200, 1800, 86400, DNSAnswer.lifetime] { out.long(value) }
        }
    }
}
