import API
import Machinery
import TestSupport
import Testing

/// ResourceQuota and LimitRange against the real server. Outside source: their pages in the Kubernetes documentation and the texts of
/// k8s.io/apiserver/pkg/admission/plugin/resourcequota and plugin/pkg/admission/limitranger.
@Suite struct QuotaTests {
    private static let quotas = "/api/v1/namespaces/default/resourcequotas"
    private static let limits = "/api/v1/namespaces/default/limitranges"

    /// A quota whose use is known, as the controller would make it.
    private func makeQuota(_ server: TestServer, _ hard: JSON, used: JSON, spec: JSON = [:]) async throws {
        var full: JSON = spec
        full["hard"] = hard
        let made: TestServer.Reply = try await server.ask(
            "POST", Self.quotas, ["apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q"], "spec": full])
        try #require(made.code == 201, "\(made)")
        var next: JSON = made.json
        next["status"] = ["hard": hard, "used": used]
        let written: TestServer.Reply = try await server.ask("PUT", Self.quotas + "/q/status", next)
        try #require(written.code == 200, "\(written)")
    }

    private func used(_ server: TestServer, _ name: String) async throws -> JSON? {
        try await server.ask("GET", Self.quotas + "/q")["status", "used", name]
    }

    @Test func `two hundred creates at once against a quota of fifty leave exactly fifty`() async throws {
        let server = try await TestServer()
        try await makeQuota(server, ["count/configmaps": "50"], used: ["count/configmaps": "0"])
        let codes: [Int] = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<200 {
                group.addTask { try await server.ask("POST", Place.configMaps, Sample.configMap("map-\(index)")).code }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == 201 } == 50 && codes.count { $0 == 403 } == 150)
        #expect(try await server.ask("GET", Place.configMaps).names.count == 50)
        #expect(try await used(server, "count/configmaps") == "50")
    }

    @Test func `what is not stored after all is given back, and dry runs take nothing`() async throws {
        let server = try await TestServer()
        try await makeQuota(server, ["count/configmaps": "2"], used: ["count/configmaps": "0"])
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("a")).code == 201)
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("a")).code == 409)
        try await eventually("the charge is given back") { try await used(server, "count/configmaps") == "1" }
        #expect(try await server.ask("POST", Place.configMaps + "?dryRun=All", Sample.configMap("b")).code == 201)
        #expect(try await used(server, "count/configmaps") == "1")
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("b")).code == 201)
        let refused: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("c"))
        #expect(
            refused["message"]?.string
                == "configmaps \"c\" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=2, "
                + "limited: count/configmaps=2")
    }

    @Test func `custom resources count like others, under the name of their definition`() async throws {
        let server = try await TestServer()
        try await server.define()
        let count: String = "count/" + CronTabs.name
        func quota(_ number: JSON) -> JSON {
            var json: JSON = [:]
            json[count] = number
            return json
        }
        try await makeQuota(server, quota("1"), used: quota("0"))
        #expect(try await server.ask("POST", CronTabs.objects, CronTabs.object("a")).code == 201)
        #expect(try await used(server, count) == "1")
        let refused: TestServer.Reply = try await server.ask("POST", CronTabs.objects, CronTabs.object("b"))
        #expect(
            refused["message"]?.string
                == "crontabs.stable.example.com \"b\" is forbidden: exceeded quota: q, requested: \(count)=1, used: \(count)=1, "
                + "limited: \(count)=1")
    }

    @Test func `a quota on processor time wants every container to say what it needs`() async throws {
        let server = try await TestServer()
        try await makeQuota(
            server, ["requests.cpu": "1", "limits.memory": "1Gi", "pods": "10"],
            used: ["requests.cpu": "0", "limits.memory": "0", "pods": "0"])
        let refused: TestServer.Reply = try await server.ask("POST", Place.pods, Sample.pod("p"))
        #expect(
            refused["message"]?.string
                == "pods \"p\" is forbidden: failed quota: q: must specify limits.memory for: main; requests.cpu for: main")
        var pod: JSON = Sample.pod("p")
        pod[["spec", "containers"]] = [
            ["name": "main", "image": "host/sh", "resources": ["requests": ["cpu": "600m"], "limits": ["memory": "100Mi"]]]
        ]
        #expect(try await server.ask("POST", Place.pods, pod).code == 201)
        #expect(try await used(server, "requests.cpu") == "600m")
        pod[["metadata", "name"]] = "p2"
        let exceeded: TestServer.Reply = try await server.ask("POST", Place.pods, pod)
        #expect(
            exceeded["message"]?.string
                == "pods \"p2\" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, "
                + "limited: requests.cpu=1")
    }

    @Test func `a claim counts for each class as many devices as it may get`() async throws {
        let server = try await TestServer()
        let (big, small) = ("big.deviceclass.resource.k8s.io/devices", "small.deviceclass.resource.k8s.io/devices")
        try await makeQuota(server, [big: "34", small: "5"], used: [big: "0", small: "0"])
        func claim(_ name: String, _ requests: JSON) -> JSON {
            [
                "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": ["name": .string(name)],
                "spec": ["devices": ["requests": requests]],
            ]
        }
        let path = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims"
        let all: JSON = ["name": "all", "exactly": ["deviceClassName": "big", "allocationMode": "All"]]
        let choice: JSON = [
            "name": "choice",
            "firstAvailable": [
                ["name": "a", "deviceClassName": "small", "count": 2], ["name": "b", "deviceClassName": "small", "count": 3],
                ["name": "c", "deviceClassName": "big"],
            ],
        ]
        #expect(try await server.ask("POST", path, claim("one", [all, choice])).code == 201)
        #expect(try await used(server, big) == "33")
        #expect(try await used(server, small) == "3")
        let refused: TestServer.Reply = try await server.ask("POST", path, claim("two", [choice]))
        #expect(
            refused["message"]?.string
                == "resourceclaims.resource.k8s.io \"two\" is forbidden: exceeded quota: q, requested: \(small)=3, used: \(small)=3, "
                + "limited: \(small)=5")
    }

    private static let claims = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims"

    private func deviceClaim(_ name: String, count: Int64) -> JSON {
        [
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": ["name": .string(name)],
            "spec": ["devices": ["requests": [["name": "r", "exactly": ["deviceClassName": "gpu", "count": .int(count)]]]]],
        ]
    }

    @Test func `devices of a claim count as the resources that their class serves`() async throws {
        let server = try await TestServer()
        let (named, own) = ("requests.example.com/gpu", "requests.deviceclass.resource.kubernetes.io/gpu")
        let device: JSON = [
            "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": ["name": "gpu"],
            "spec": ["extendedResourceName": "example.com/gpu"],
        ]
        #expect(try await server.ask("POST", "/apis/resource.k8s.io/v1/deviceclasses", device).code == 201)
        try await makeQuota(server, [named: "4", own: "4"], used: [named: "0", own: "0"])
        #expect(try await server.ask("POST", Self.claims, deviceClaim("one", count: 2)).code == 201)
        #expect(try await [used(server, named), used(server, own)] == ["2", "2"])

        // What a pod asks for by name is not counted again for the claim that is made for it.
        var pod: JSON = Sample.pod("p")
        let amounts: JSON = ["example.com/gpu": "1"]
        pod[["spec", "containers"]] = [
            ["name": "main", "image": "host/sh", "resources": ["requests": amounts, "limits": amounts]]
        ]
        let made: TestServer.Reply = try await server.ask("POST", Place.pods, pod)
        #expect(made.code == 201)
        #expect(try await [used(server, named), used(server, own)] == ["3", "2"])
        var claim: JSON = deviceClaim("p-extended-resources", count: 1)
        claim[["metadata", "annotations"]] = ["resource.kubernetes.io/extended-resource-claim": "true"]
        claim[["metadata", "ownerReferences"]] = [
            ["apiVersion": "v1", "kind": "Pod", "name": "p", "uid": made["metadata", "uid"] ?? "", "controller": true]
        ]
        #expect(try await server.ask("POST", Self.claims, claim).code == 201)
        #expect(try await [used(server, named), used(server, own)] == ["3", "3"])

        // A second one only says that it is made for the pod.
        claim[["metadata", "name"]] = "q"
        #expect(try await server.ask("POST", Self.claims, claim).code == 201)
        #expect(try await [used(server, named), used(server, own)] == ["4", "4"])
        let refused: TestServer.Reply = try await server.ask("POST", Self.claims, deviceClaim("two", count: 1))
        #expect(
            refused["message"]?.string
                == "resourceclaims.resource.k8s.io \"two\" is forbidden: exceeded quota: q, requested: \(own)=1,\(named)=1, "
                + "used: \(own)=4,\(named)=4, limited: \(own)=4,\(named)=4")
    }

    @Test func `a pod that asks for devices by their class is counted`() async throws {
        let server = try await TestServer()
        let name = "deviceclass.resource.kubernetes.io/gpu"
        try await makeQuota(server, ["requests." + name: "1"], used: ["requests." + name: "0"])
        var pod: JSON = Sample.pod("p")
        pod[["spec", "containers"]] = [
            ["name": "main", "image": "host/sh", "resources": ["requests": [name: "1"], "limits": [name: "1"]]]
        ]
        #expect(try await server.ask("POST", Place.pods, pod).code == 201)
        #expect(try await used(server, "requests." + name) == "1")
    }

    @Test func `a quota whose use nobody counted yet lets nothing in`() async throws {
        let server = try await TestServer()
        try await makeQuota(server, ["pods": "10"], used: [:])
        let refused: TestServer.Reply = try await server.ask("POST", Place.pods, Sample.pod("p"))
        #expect(refused["message"]?.string == "pods \"p\" is forbidden: status unknown for quota: q, resources: pods")
    }

    @Test func `a limit range gives defaults and holds containers to its bounds`() async throws {
        let server = try await TestServer()
        let range: JSON = [
            "apiVersion": "v1", "kind": "LimitRange", "metadata": ["name": "l"],
            "spec": [
                "limits": [
                    [
                        "type": "Container", "default": ["cpu": "500m"], "defaultRequest": ["cpu": "100m"], "max": ["cpu": "1"],
                        "min": ["cpu": "50m"],
                    ]
                ]
            ],
        ]
        #expect(try await server.ask("POST", Self.limits, range).code == 201)
        let made: TestServer.Reply = try await server.ask("POST", Place.pods, Sample.pod("p"))
        #expect(made.json[["spec", "containers"]]?.array?.first?["resources"] == ["requests": ["cpu": "100m"], "limits": ["cpu": "500m"]])
        #expect(
            made["metadata", "annotations", "kubernetes.io/limit-ranger"]
                == "LimitRanger plugin set: cpu request for container main; cpu limit for container main")
        var pod: JSON = Sample.pod("big")
        pod[["spec", "containers"]] = [["name": "main", "image": "host/sh", "resources": ["limits": ["cpu": "2"]]]]
        let refused: TestServer.Reply = try await server.ask("POST", Place.pods, pod)
        #expect(refused["message"]?.string == "pods \"big\" is forbidden: maximum cpu usage per Container is 1, but limit is 2")
    }
}
