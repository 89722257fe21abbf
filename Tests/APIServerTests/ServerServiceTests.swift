import API
import Machinery
import TestSupport
import Testing

/// Addresses and ports that the server gives to services.
@Suite struct ServerServiceTests {
    @Test func `each service gets an address of its own and keeps it`() async throws {
        let server = try await TestServer()
        var seen: Set<String> = []
        for i in 0..<20 {
            let made: TestServer.Reply = try await server.ask("POST", Place.services, Sample.service("s\(i)"))
            let address: String = try #require(made["spec", "clusterIP"]?.string)
            #expect(address.hasPrefix("10.96."), "\(address)")
            #expect(made["spec", "clusterIPs"] == [.string(address)] && made["spec", "ipFamilies"] == ["IPv4"])
            #expect(made["spec", "type"] == "ClusterIP" && made["spec", "sessionAffinity"] == "None")
            #expect(made["spec", "ports"] == [["port": 80, "protocol": "TCP", "targetPort": 80]])
            seen.insert(address)
        }
        #expect(seen.count == 20)
        let before: JSON? = try await server.ask("GET", Place.services + "/s0")["spec", "clusterIP"]
        let after: TestServer.Reply = try await server.ask("PATCH", Place.services + "/s0", ["spec": ["selector": ["app": "other"]]])
        #expect(after["spec", "clusterIP"] == before)
    }

    @Test func `an address can be chosen once, and is free again when its service is gone`() async throws {
        let server = try await TestServer()
        let wanted: JSON = ["clusterIP": "10.96.7.7"]
        #expect(try await server.ask("POST", Place.services, Sample.service("a", wanted))["spec", "clusterIP"] == "10.96.7.7")
        let refused: TestServer.Reply = try await server.ask("POST", Place.services, Sample.service("b", wanted))
        #expect(refused.code == 422, "\(refused)")
        #expect(
            refused["message"]
                == .string(
                    #"Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.7.7"]: "#
                        + "failed to allocate IP 10.96.7.7: provided IP is already allocated"))
        try await server.ask("DELETE", Place.services + "/a")
        #expect(try await server.ask("POST", Place.services, Sample.service("b", wanted)).code == 201)
    }

    @Test(
        arguments: [
            (["ipFamilyPolicy": "RequireDualStack"], "spec.ipFamilyPolicy", "this cluster is not configured for dual-stack services"),
            (["ipFamilies": ["IPv6"]], "spec.ipFamilies[0]", "not configured on this cluster"),
            (["ipFamilyPolicy": "PreferDualStack"], "", ""),
        ] as [(JSON, String, String)])
    func `a family that the cluster has not is refused`(spec: JSON, field: String, text: String) async throws {
        let answer: TestServer.Reply = try await TestServer().ask("POST", Place.services, Sample.service("a", spec))
        #expect(answer.code == (field.isEmpty ? 201 : 422), "\(answer)")
        if !field.isEmpty {
            #expect(answer["details", "causes"]?.array?.first?["field"]?.string == field)
            #expect(answer["message"]?.string?.contains(text) == true, "\(answer)")
        }
    }

    private static let both: JSON = ["ipFamilyPolicy": "RequireDualStack"]

    /// A server whose Services may have two families.
    private func dualServer() async throws -> TestServer {
        let server = try await TestServer()
        let range: JSON = [
            "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": ["name": "kubernetes"],
            "spec": ["cidrs": ["10.96.0.0/16", "fd00:10:96::/112"]],
        ]
        #expect(try await server.ask("POST", "/apis/networking.k8s.io/v1/servicecidrs", range).code == 201)
        return server
    }

    /// What is asked for, and the families that come of it or what is wrong. Source: pkg/registry/core/service/storage/storage_test.go.
    @Test(
        arguments: [
            ([:], "SingleStack IPv4"), (["ipFamilyPolicy": "PreferDualStack"], "PreferDualStack IPv4,IPv6"),
            (["ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv6"]], "RequireDualStack IPv6,IPv4"),
            (["ipFamilies": ["IPv6"]], "SingleStack IPv6"), (["clusterIP": "fd00:10:96::7"], "SingleStack IPv6"),
            (["clusterIP": "None", "ipFamilyPolicy": "PreferDualStack", "selector": ["a": "b"]], "PreferDualStack IPv4,IPv6"),
            (["clusterIP": "None", "selector": [:]], "RequireDualStack IPv4,IPv6"),
            (
                ["clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7", "fd00:10:96::7"]],
                "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"
            ),
            (["ipFamilies": ["IPv4", "IPv6"]], "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"),
            (["ipFamilies": ["IPv4", "IPv4"]], #"spec.ipFamilies[1]: Duplicate value: "IPv4""#),
            (
                ["clusterIP": "fd00:10:96::7", "ipFamilies": ["IPv4"]],
                #"Invalid value: "fd00:10:96::7": expected an IPv4 value as indicated by `ipFamilies[0]`"#
            ),
            (
                ["clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7", "10.96.0.8"], "ipFamilyPolicy": "RequireDualStack"],
                "may specify no more than one IP for each IP family"
            ),
            (["clusterIPs": ["10.96.0.7"]], "must be empty when `clusterIP` is not specified"),
            (
                ["clusterIP": "fd00:11::7"],
                #"spec.clusterIPs: Invalid value: ["fd00:11::7"]: failed to allocate IP fd00:11::7: the provided network does not match the current range"#
            ),
        ] as [(JSON, String)])
    func `families come of the policy, the families and the addresses together`(spec: JSON, outcome: String) async throws {
        let answer: TestServer.Reply = try await dualServer().ask("POST", Place.services, Sample.service("a", spec))
        guard answer.code == 201 else {
            #expect(answer["message"]?.string?.contains(outcome) == true, "\(answer)")
            return
        }
        func texts(_ field: String) -> [String] { answer["spec", field]?.array?.compactMap(\.string) ?? [] }
        #expect("\(answer["spec", "ipFamilyPolicy"]?.string ?? "") \(texts("ipFamilies").joined(separator: ","))" == outcome)
        #expect(texts("clusterIPs").first == answer["spec", "clusterIP"]?.string)
        guard answer["spec", "clusterIP"] != "None" else { return }
        #expect(texts("clusterIPs").map { IPFamily(of: $0).rawValue } == texts("ipFamilies"))
    }

    @Test func `a second address comes and goes with the policy, and its record with it`() async throws {
        let server: TestServer = try await dualServer()
        let place: String = Place.services + "/a"
        let made: TestServer.Reply = try await server.ask("POST", Place.services, Sample.service("a"))
        let main: JSON = try #require(made["spec", "clusterIP"])
        let grown: TestServer.Reply = try await server.ask("PATCH", place, ["spec": Self.both])
        let addresses: [JSON] = try #require(grown["spec", "clusterIPs"]?.array)
        #expect(addresses.count == 2 && addresses[0] == main && addresses[1].string?.hasPrefix("fd00:10:96::") == true)
        let record = "/apis/networking.k8s.io/v1/ipaddresses/\(addresses[1].string ?? "")"
        try await eventually("the address is written down") {
            try await server.ask("GET", record)["metadata", "labels"]?["ipaddress.kubernetes.io/ip-family"] == "IPv6"
        }
        let other: TestServer.Reply = try await server.ask(
            "PATCH", place, ["spec": ["clusterIPs": .array([addresses[0], "fd00:10:96::77"])]])
        #expect(other["message"]?.string?.contains("spec.clusterIPs[1]: Invalid value") == true, "\(other)")
        #expect(other["message"]?.string?.contains("may not change once set") == true, "\(other)")
        let less: TestServer.Reply = try await server.ask("PATCH", place, ["spec": ["clusterIPs": .array([main])]])
        #expect(less["message"]?.string?.contains("must be 'SingleStack' to release the secondary cluster IP") == true, "\(less)")
        let shrunk: TestServer.Reply = try await server.ask("PATCH", place, ["spec": ["ipFamilyPolicy": "SingleStack"]])
        #expect(shrunk["spec", "clusterIPs"] == .array([main]) && shrunk["spec", "ipFamilies"] == ["IPv4"], "\(shrunk)")
        try await eventually("the address is free") { try await server.ask("GET", record).code == 404 }
    }

    @Test func `an address that was given stays, and another service's is not taken for it`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.services, Sample.service("a", ["clusterIP": "10.96.7.7"]))
        try await server.ask("POST", Place.services, Sample.service("b", ["clusterIP": "10.96.7.8"]))
        for address in ["10.96.7.8", "10.0.0.1"] {
            let refused: TestServer.Reply = try await server.ask(
                "PATCH", Place.services + "/a", ["spec": ["clusterIP": .string(address)]], type: .mergePatch)
            #expect(
                refused["message"]
                    == .string(
                        "Service \"a\" is invalid: spec.clusterIPs[0]: Invalid value: [\"\(address)\"]: may not change once set"))
        }
        #expect(try await server.ask("POST", Place.services, Sample.service("c", ["clusterIP": "10.96.7.8"])).code == 422)
    }

    /// Source: test/integration/service of Kubernetes.
    @Test func `what a service has no use for any longer goes with its cause`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.services, Sample.service("a", ["externalIPs": ["1.1.1.1"], "externalTrafficPolicy": "Local"]))
        let inner: TestServer.Reply = try await server.ask(
            "PATCH", Place.services + "/a", ["spec": ["externalIPs": nil]], type: .mergePatch)
        #expect(inner.code == 200 && inner["spec", "externalTrafficPolicy"] == nil, "\(inner)")
        let named: JSON = ["spec": ["type": "ExternalName", "externalName": "a.b", "clusterIP": "", "clusterIPs": nil]]
        let outer: TestServer.Reply = try await server.ask("PATCH", Place.services + "/a", named, type: .mergePatch)
        #expect(outer.code == 200 && outer["spec", "ipFamilies"] == nil && outer["spec", "ipFamilyPolicy"] == nil, "\(outer)")
    }

    @Test func `who has which address can be read as an object`() async throws {
        let server = try await TestServer()
        let place = "/apis/networking.k8s.io/v1/ipaddresses/10.96.7.7"
        try await server.ask("POST", Place.services, Sample.service("a", ["clusterIP": "10.96.7.7"]))
        try await eventually("the address is written down") { try await server.ask("GET", place).code == 200 }
        let record: TestServer.Reply = try await server.ask("GET", place)
        #expect(record["spec", "parentRef"] == ["resource": "services", "namespace": "default", "name": "a"])
        #expect(
            record["metadata", "labels"]
                == ["ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"])
        try await server.ask("DELETE", Place.services + "/a")
        try await eventually("the address is free") { try await server.ask("GET", place).code == 404 }

        let mine: JSON = [
            "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress", "metadata": ["name": "10.96.7.7"],
            "spec": ["parentRef": ["resource": "configmaps", "namespace": "default", "name": "mine"]],
        ]
        #expect(try await server.ask("POST", "/apis/networking.k8s.io/v1/ipaddresses", mine).code == 201)
        #expect(try await server.ask("POST", Place.services, Sample.service("a", ["clusterIP": "10.96.7.7"])).code == 422)
    }

    @Test func `addresses come from the ranges that are ready`() async throws {
        let server = try await TestServer()
        let ranges = "/apis/networking.k8s.io/v1/servicecidrs"
        let wanted: JSON = ["clusterIP": "10.200.0.9"]
        let refused: TestServer.Reply = try await server.ask("POST", Place.services, Sample.service("a", wanted))
        #expect(
            refused["message"]
                == .string(
                    #"Service "a" is invalid: spec.clusterIPs: Invalid value: ["10.200.0.9"]: failed to allocate IP 10.200.0.9: "#
                        + "the provided network does not match the current range"))
        let range: JSON = [
            "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": ["name": "more"], "spec": ["cidrs": ["10.200.0.0/28"]],
        ]
        #expect(try await server.ask("POST", ranges, range).code == 201)
        #expect(try await server.ask("POST", Place.services, Sample.service("a", wanted)).code == 201)
        // The first and the last address of a range are nobody's; one is taken.
        for i in 0..<13 {
            let made: TestServer.Reply = try await server.ask("POST", Place.services, Sample.service("s\(i)"))
            #expect(made["spec", "clusterIP"]?.string?.hasPrefix("10.200.0.") == true, "\(made)")
        }
        let full: TestServer.Reply = try await server.ask("POST", Place.services, Sample.service("one-too-many"))
        #expect(full.code == 500 && full["message"]?.string?.hasSuffix("failed to allocate a serviceIP: range is full") == true)
    }

    @Test func `a headless service has no address and a named service no more than a name`() async throws {
        let server = try await TestServer()
        let headless: TestServer.Reply = try await server.ask("POST", Place.services, Sample.service("a", ["clusterIP": "None"]))
        #expect(headless["spec", "clusterIP"] == "None" && headless["spec", "clusterIPs"] == ["None"])
        let named: TestServer.Reply = try await server.ask(
            "POST", Place.services, Sample.service("b", ["type": "ExternalName", "externalName": "example.com"]))
        #expect(named.code == 201 && named["spec", "clusterIP"] == nil, "\(named)")
    }

    @Test func `node ports come from their range, each once`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.services, Sample.service("a", ["type": "NodePort"]))
        let port: Int64 = try #require(made["spec", "ports"]?.array?.first?["nodePort"]?.int)
        #expect((30_000...32_767).contains(port))
        func take(_ name: String, _ port: Int64) async throws -> TestServer.Reply {
            try await server.ask(
                "POST", Place.services, Sample.service(name, ["type": "NodePort", "ports": [["port": 80, "nodePort": .int(port)]]]))
        }
        #expect(
            try await take("b", port)["message"]
                == .string("Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: \(port): provided port is already allocated"))
        #expect(
            try await take("b", 80)["message"]
                == .string(
                    #"Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. "#
                        + "The range of valid ports is 30000-32767"))
        let direct: JSON = ["type": "LoadBalancer", "allocateLoadBalancerNodePorts": false, "ports": [["port": 80]]]
        let balancer: TestServer.Reply = try await server.ask("POST", Place.services, Sample.service("c", direct))
        #expect(balancer.code == 201 && balancer["spec", "ports"]?.array?.first?["nodePort"] == nil, "\(balancer)")
    }

    @Test func `a refused or dry create keeps no address`() async throws {
        let server = try await TestServer()
        let wanted: JSON = ["clusterIP": "10.96.7.8"]
        var broken: JSON = Sample.service("a", wanted)
        broken[["spec", "ports"]] = [["port": 0]]
        #expect(try await server.ask("POST", Place.services, broken).code == 422)
        #expect(try await server.ask("POST", Place.services + "?dryRun=All", Sample.service("a", wanted)).code == 201)
        try await server.ask("POST", Place.services, Sample.service("taken"))
        #expect(try await server.ask("POST", Place.services, Sample.service("taken", wanted)).code == 409)
        #expect(try await server.ask("POST", Place.services, Sample.service("b", wanted)).code == 201)
    }
}
