import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Controllers

struct MirroringTests {
    @Test func `addresses of each kind become slices of their own`() {
        var source: View<Endpoints> = Endpoints.new("db", namespace: "default")
        source.json["subsets"] = [
            [
                "addresses": [["ip": "192.0.2.1"], ["ip": "2001:db8::1"]], "notReadyAddresses": [["ip": "192.0.2.2", "hostname": "two"]],
                "ports": [["port": 5432]],
            ]
        ]
        let contents = EndpointSliceMirroringController.contents(source)
        #expect(contents.map(\.addressType) == ["IPv4", "IPv6"])
        #expect(
            contents.first?.endpoints == [
                ["addresses": ["192.0.2.1"], "conditions": ["ready": true]],
                ["addresses": ["192.0.2.2"], "conditions": ["ready": false], "hostname": "two"],
            ])
        #expect(contents.first?.ports == [["port": 5432, "name": ""]])
    }

    @Test func `endpoints that were written by hand have a slice, which follows them and goes with them`() async throws {
        try await TestControlPlane.with { plane in
            try await plane.create(Service.self, "{metadata: {name: db}, spec: {ports: [{port: 5432}]}}")
            let source = try await plane.create(
                Endpoints.self, "{metadata: {name: db}, subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 5432}]}]}")
            func addresses() async throws -> [String] {
                try await plane.client.list(EndpointSlice.self, namespace: "default").items.flatMap { slice in
                    (slice.json["endpoints"]?.array ?? []).compactMap { $0["addresses"]?.array?.first?.string }
                }
            }
            try await eventually("mirrored") {
                try await addresses()
            } until: {
                $0 == ["192.0.2.1"]
            }
            try await plane.client.patch(
                Endpoints.self, source.key, ["subsets": [["addresses": [["ip": "192.0.2.9"]], "ports": [["port": 5432]]]]], as: .mergePatch)
            try await eventually("followed") {
                try await addresses()
            } until: {
                $0 == ["192.0.2.9"]
            }
            try await plane.client.delete(Endpoints.self, source.key)
            try await eventually("gone") {
                try await addresses()
            } until: {
                $0.isEmpty
            }
        }
    }
}
