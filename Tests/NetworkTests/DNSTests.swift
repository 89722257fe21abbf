import API
import Glibc
import Machinery
import Testing

@testable import Network

/// What the name server says, without sockets.
@Suite struct DNSTests {
    private func zone() -> DNSZone {
        var zone = DNSZone()
        func set(_ name: String, _ spec: JSON, _ slices: JSON = []) {
            let service = View<Service>(["metadata": ["name": .string(name), "namespace": "default"], "spec": spec])
            let slices: [View<EndpointSlice>] = (slices.array ?? []).map { View<EndpointSlice>($0) }
            zone.set(DNSZone.Names(service, slices: slices), of: service.key)
        }
        set(
            "web",
            [
                "type": "ClusterIP", "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"],
                "ports": [["name": "http", "port": 80, "protocol": "TCP"]],
            ])
        set(
            "db", ["type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"], "ports": [["name": "sql", "port": 5432]]],
            [
                [
                    "metadata": ["name": "db-1", "namespace": "default"], "addressType": "IPv4",
                    "ports": [["name": "sql", "port": 5432, "protocol": "TCP"]],
                    "endpoints": [
                        ["addresses": ["10.244.0.5"], "hostname": "db-0", "conditions": ["ready": true]],
                        ["addresses": ["10.244.0.6"], "conditions": ["ready": true]],
                        ["addresses": ["10.244.0.7"], "conditions": ["ready": false]],
                    ],
                ]
            ])
        set(
            "both",
            [
                "type": "ClusterIP", "clusterIP": "10.96.0.11", "clusterIPs": ["10.96.0.11", "fd00:10:96::b"],
                "ports": [["name": "http", "port": 80, "protocol": "TCP"]],
            ])
        set("outside", ["type": "ExternalName", "externalName": "www.Example.org"])
        return zone
    }

    private static func text(_ bytes: [UInt8]) -> String {
        let value: UInt128 = bytes.reduce(0) { $0 << 8 | UInt128($1) }
        return (bytes.count == 4 ? IPAddress(ipv4: UInt32(value)) : IPAddress(ipv6: value)).description
    }

    /// The records as a person would write them; a code where there are none.
    private func ask(_ name: String, _ kind: UInt16 = DNSQuery.Kind.a) -> [String]? {
        zone().answer(name.split(separator: ".").map(String.init), kind).map { answer in
            guard answer.code == .success else { return ["\(answer.code)"] }
            return answer.records.map { record in
                switch record.content {
                case .address(let bytes): Self.text(bytes)
                case .alias(let name), .pointer(let name): name.joined(separator: ".")
                case .text(let text): text
                case .service(let priority, let weight, let port, let target):
                    "\(priority) \(weight) \(port) \(target.joined(separator: "."))"
                }
            }
        }
    }

    @Test(arguments: [
        ("web.default.svc.cluster.local", DNSQuery.Kind.a, ["10.96.0.9"]),
        ("web.default.svc.cluster.local", DNSQuery.Kind.aaaa, []),
        ("both.default.svc.cluster.local", DNSQuery.Kind.a, ["10.96.0.11"]),
        ("both.default.svc.cluster.local", DNSQuery.Kind.aaaa, ["fd00:10:96::b"]),
        ("_http._tcp.both.default.svc.cluster.local", DNSQuery.Kind.srv, ["0 100 80 both.default.svc.cluster.local"]),
        ("fd00-10-244--5.default.pod.cluster.local", DNSQuery.Kind.aaaa, ["fd00:10:244::5"]),
        (
            "b.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa", DNSQuery.Kind.ptr,
            ["both.default.svc.cluster.local"]
        ),
        ("_http._tcp.web.default.svc.cluster.local", DNSQuery.Kind.srv, ["0 100 80 web.default.svc.cluster.local"]),
        ("db.default.svc.cluster.local", DNSQuery.Kind.a, ["10.244.0.5", "10.244.0.6"]),
        ("db-0.db.default.svc.cluster.local", DNSQuery.Kind.a, ["10.244.0.5"]),
        ("10-244-0-6.db.default.svc.cluster.local", DNSQuery.Kind.a, ["10.244.0.6"]),
        (
            "_sql._tcp.db.default.svc.cluster.local", DNSQuery.Kind.srv,
            ["0 50 5432 db-0.db.default.svc.cluster.local", "0 50 5432 10-244-0-6.db.default.svc.cluster.local"]
        ),
        ("outside.default.svc.cluster.local", DNSQuery.Kind.a, ["www.example.org"]),
        ("10-244-0-77.default.pod.cluster.local", DNSQuery.Kind.a, ["10.244.0.77"]),
        ("9.0.96.10.in-addr.arpa", DNSQuery.Kind.ptr, ["web.default.svc.cluster.local"]),
        ("5.0.244.10.in-addr.arpa", DNSQuery.Kind.ptr, ["db-0.db.default.svc.cluster.local"]),
        ("dns-version.cluster.local", DNSQuery.Kind.txt, ["1.1.0"]),
        ("nope.default.svc.cluster.local", DNSQuery.Kind.a, ["noSuchName"]),
        ("web.other.svc.cluster.local", DNSQuery.Kind.a, ["noSuchName"]),
        ("default.svc.cluster.local", DNSQuery.Kind.a, []),
    ])
    func `a name has the records of the specification`(name: String, kind: UInt16, records: [String]) {
        #expect(ask(name, kind) == records)
    }

    @Test func `names of others are not the cluster's to answer`() {
        #expect(ask("www.example.org") == nil)
        #expect(ask("9.9.9.9.in-addr.arpa", DNSQuery.Kind.ptr) == nil)
    }

    @Test func `what is gone has no name`() {
        var zone: DNSZone = zone()
        zone.set(nil, of: ObjectKey(namespace: "default", name: "web"))
        #expect(zone.answer(["web", "default", "svc", "cluster", "local"], DNSQuery.Kind.a)?.code == .noSuchName)
        #expect(zone.answer(["9", "0", "96", "10", "in-addr", "arpa"], DNSQuery.Kind.ptr) == nil)
    }

    private func question(_ name: String, _ kind: UInt16) -> [UInt8] {
        var bytes: [UInt8] = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
        return bytes + [0, UInt8(kind >> 8), UInt8(kind & 0xFF), 0, 1]
    }

    @Test func `an answer repeats the question as it was asked and points back to its name`() throws {
        let query = try #require(DNSQuery(question("Web.default.svc.cluster.local", DNSQuery.Kind.a)))
        #expect(query.name == ["web", "default", "svc", "cluster", "local"])
        let answer = try #require(zone().answer(query.name, query.kind))
        let bytes: [UInt8] = answer.bytes(for: query, zone: DNSZone.domain, limit: 512)
        #expect(bytes[..<12] == [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
        #expect(bytes.suffix(16) == [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 96, 0, 9])
        #expect(bytes[13..<16] == Array("Web".utf8)[...])
    }

    @Test func `an answer that is too long for a datagram says so`() throws {
        let query = try #require(DNSQuery(question("many.default.svc.cluster.local", DNSQuery.Kind.a)))
        let many = DNSAnswer(records: (0..<100).map { DNSRecord(name: query.name, content: .address([10, 244, 1, UInt8($0)])) })
        let bytes: [UInt8] = many.bytes(for: query, zone: DNSZone.domain, limit: 512)
        #expect(bytes.count <= 512 && bytes[2] & 2 == 2 && bytes[7] == 0)
        #expect(many.bytes(for: query, zone: DNSZone.domain, limit: 65_535)[7] == 100)
    }

    @Test func `a version of EDNS that is not known is refused, and a zone has its own record`() throws {
        let record: [UInt8] = [0, 0, UInt8(DNSQuery.Kind.opt), 0x10, 0, 0, 5, 0, 0, 0, 0]
        var asked: [UInt8] = question("web.default.svc.cluster.local", DNSQuery.Kind.a) + record
        asked[11] = 1
        let query = try #require(DNSQuery(asked))
        #expect(!query.isVersionKnown && query.size == 4096)
        let bytes: [UInt8] = DNSAnswer(code: .badVersion).bytes(for: query, zone: DNSZone.domain, limit: 512)
        #expect(bytes[3] & 0xF == 0 && bytes.suffix(6) == [1, 0, 0, 0, 0, 0])
        let own = try #require(DNSQuery(question("cluster.local", DNSQuery.Kind.soa)))
        let answer = try #require(zone().answer(own.name, own.kind))
        #expect(answer.bytes(for: own, zone: DNSZone.domain, limit: 512)[6..<10] == [0, 1, 0, 0])
    }

    @Test func `of too many connections the one that has asked nothing for longest makes room`() {
        let connections = DNSConnections(most: 2)
        let pairs: [[Int32]] = (0..<3).map { _ in
            var ends: [Int32] = [-1, -1]
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
            return ends
        }
        for pair in pairs.prefix(2) { connections.add(pair[0]) }
        connections.heard(pairs[0][0])
        connections.add(pairs[2][0])
        let isOver: [Bool] = pairs.map { pair in
            var byte: UInt8 = 0
            return recv(pair[1], &byte, 1, Int32(MSG_DONTWAIT)) == 0
        }
        #expect(isOver == [false, true, false])
        for pair in pairs {
            connections.end(pair[0])
            close(pair[1])
        }
    }

    @Test func `bytes that are no question make no harm`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            var bytes: [UInt8] = question("web.default.svc.cluster.local", DNSQuery.Kind.a)
            for _ in 0..<Int.random(in: 1...8, using: &generator) { bytes[Int.random(in: 0..<bytes.count)] = .random(in: 0...255) }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count)))
            guard let query = DNSQuery(bytes), let answer = zone().answer(query.name, query.kind) else { continue }
            #expect(answer.bytes(for: query, zone: DNSZone.domain, limit: 512).count <= 512 + bytes.count)
        }
    }
}
