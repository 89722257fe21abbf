import API
import Machinery
import TestSupport
import Testing

/// Every kind of core, networking, storage, node, autoscaling and events against the real server. Outside source: kube-apiserver v1.36.
@Suite struct ServerResourceTests {
    private static let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    private static let scaler = #""scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":3"#

    /// Where a kind stands, the least that makes an object of it, and what a table shows of that behind the name.
    private static let kinds: [(place: String, body: String, cells: [JSON])] = [
        ("/api/v1/namespaces/default/limitranges", #""spec":{"limits":[{"type":"Pod"}]}"#, ["2026-06-01T12:00:00Z"]),
        ("/api/v1/namespaces/default/resourcequotas", #""spec":{"hard":{"pods":"2"}}"#, ["", "", "0s"]),
        (
            "/api/v1/persistentvolumes",
            #""spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/d"}}"#,
            ["1Gi", "RWO", "Retain", "Pending", "", "", "<unset>", "", "0s", "Filesystem"]
        ),
        (
            "/api/v1/namespaces/default/persistentvolumeclaims",
            #""spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}"#,
            ["Pending", "", "", "", "", "<unset>", "0s", "Filesystem"]
        ),
        (
            "/api/v1/namespaces/default/podtemplates",
            #""template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}"#, ["c", "i", "a=b"]
        ),
        (
            "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", #""spec":{\#(scaler)}"#,
            ["Deployment/web", "cpu: <unknown>/80%", "1", 3, 0, "0s"]
        ),
        (
            "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers",
            #""spec":{\#(scaler),"targetCPUUtilizationPercentage":60}"#, ["Deployment/web", "cpu: <unknown>/60%", "1", 3, 0, "0s"]
        ),
        (
            "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
            #""spec":{"defaultBackend":{"service":{"name":"web","port":{"number":80}}}}"#, ["<none>", "*", "", "80", "0s"]
        ),
        ("/apis/networking.k8s.io/v1/ingressclasses", #""spec":{"controller":"a.io/b"}"#, ["a.io/b", "<none>", "0s"]),
        ("/apis/networking.k8s.io/v1/namespaces/default/networkpolicies", #""spec":{}"#, ["<none>", "0s"]),
        ("/apis/networking.k8s.io/v1/servicecidrs", #""spec":{"cidrs":["10.97.0.0/16"]}"#, ["10.97.0.0/16", "0s"]),
        ("/apis/storage.k8s.io/v1/storageclasses", #""provisioner":"p""#, ["p", "Delete", "Immediate", false, "0s"]),
        (
            "/apis/storage.k8s.io/v1/csidrivers", #""spec":{}"#, [true, false, false, "<unset>", false, "Persistent", "0s"]
        ),
        ("/apis/storage.k8s.io/v1/csinodes", #""spec":{"drivers":[]}"#, [0, "0s"]),
        (
            "/apis/storage.k8s.io/v1/namespaces/default/csistoragecapacities", #""storageClassName":"fast","capacity":"1Gi""#,
            ["fast", "1Gi"]
        ),
        (
            "/apis/storage.k8s.io/v1/volumeattachments",
            #""spec":{"attacher":"d.io","nodeName":"n","source":{"persistentVolumeName":"pv"}}"#, ["d.io", "pv", "n", false, "0s"]
        ),
        (
            "/apis/storage.k8s.io/v1/volumeattributesclasses", #""driverName":"d.io","parameters":{"iops":"1"}"#, ["d.io", "0s"]
        ),
        ("/apis/node.k8s.io/v1/runtimeclasses", #""handler":"run""#, ["run", "0s"]),
    ]

    private func body(_ text: String, name: String = "one") throws -> JSON {
        try JSON(parsing: #"{"metadata":{"name":"\#(name)"},\#(text)}"#)
    }

    @Test func `each kind is made, read back and shown in a table`() async throws {
        for kind in Self.kinds {
            let server = try await TestServer()
            let made: TestServer.Reply = try await server.ask("POST", kind.place, try body(kind.body))
            #expect(made.code == 201, "\(kind.place): \(made)")
            let read: TestServer.Reply = try await server.ask("GET", kind.place + "/one")
            #expect(read.json == made.json, "\(kind.place)")
            let list: TestServer.Reply = try await server.ask("GET", kind.place, accept: Self.table)
            let row: JSON? = list["rows"]?.array?.first
            #expect(row?["cells"] == .array(["one"] + kind.cells), "\(kind.place): \(row?["cells"]?.text() ?? "no row")")
            let same: TestServer.Reply = try await server.ask("PUT", kind.place + "/one", made.json)
            #expect(same.code == 200 && same.revision == made.revision, "\(kind.place): \(same)")
            #expect(try await server.ask("DELETE", kind.place + "/one").code == 200, "\(kind.place)")
        }
    }

    @Test func `an address is an object under its own name`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask(
            "POST", "/apis/networking.k8s.io/v1/ipaddresses",
            try body(#""spec":{"parentRef":{"resource":"services","namespace":"default","name":"web"}}"#, name: "10.96.0.9"))
        #expect(made.code == 201, "\(made)")
        let list: TestServer.Reply = try await server.ask("GET", "/apis/networking.k8s.io/v1/ipaddresses", accept: Self.table)
        #expect(list["rows"]?.array?.first?["cells"] == ["10.96.0.9", "services/default/web"])
    }

    @Test func `an autoscaler is one object in both versions`() async throws {
        let server = try await TestServer()
        let old = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
        let new = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
        try await server.ask("POST", old, try body(#""spec":{\#(Self.scaler)}"#))
        let read: TestServer.Reply = try await server.ask("GET", new + "/one")
        #expect(read["apiVersion"] == "autoscaling/v2")
        #expect(read["spec", "metrics"]?.array?.first?[["resource", "target", "averageUtilization"]] == 80)
        let patched: TestServer.Reply = try await server.ask(
            "PATCH", new + "/one", ["spec": ["behavior": ["scaleDown": ["selectPolicy": "Disabled"]]]], type: .mergePatch)
        #expect(patched.code == 200, "\(patched)")
        let back: TestServer.Reply = try await server.ask("GET", old + "/one")
        #expect(back["spec", "targetCPUUtilizationPercentage"] == 80)
        #expect(back["metadata", "annotations"]?.object?.keys == ["autoscaling.alpha.kubernetes.io/behavior"])
        let resized: TestServer.Reply = try await server.ask("PATCH", old + "/one", ["spec": ["maxReplicas": 9]], type: .mergePatch)
        #expect(resized.code == 200, "\(resized)")
        let after: TestServer.Reply = try await server.ask("GET", new + "/one")
        #expect(after["spec", "maxReplicas"] == 9 && after["spec", "behavior"] == patched["spec", "behavior"])
    }

    @Test func `an event is one object in both groups, and selected by the words of each`() async throws {
        let server = try await TestServer()
        let core = "/api/v1/namespaces/default/events"
        let new = "/apis/events.k8s.io/v1/namespaces/default/events"
        let object = #"{"kind":"Pod","namespace":"default","name":"p"}"#
        let made: TestServer.Reply = try await server.ask(
            "POST", core, try body(#""involvedObject":\#(object),"reason":"Pulled","message":"done","type":"Normal""#))
        #expect(made.code == 201, "\(made)")
        let read: TestServer.Reply = try await server.ask("GET", new + "/one")
        #expect(read["note"] == "done" && read["regarding", "name"] == "p" && read["apiVersion"] == "events.k8s.io/v1")
        #expect(try await server.ask("GET", new + "?fieldSelector=regarding.name%3Dp").names == ["one"])
        #expect(try await server.ask("GET", core + "?fieldSelector=involvedObject.name%3Dq").names == [])
    }

    @Test func `an update makes what is not there, of the kinds that allow it`() async throws {
        let server = try await TestServer()
        let endpoints = "/api/v1/namespaces/default/endpoints/web"
        let made: TestServer.Reply = try await server.ask("PUT", endpoints, try body(#""subsets":[]"#, name: "web"))
        #expect(made.code == 201, "\(made)")
        #expect(try await server.ask("PUT", endpoints, try body(#""subsets":[]"#, name: "web")).code == 200)
        #expect(try await server.ask("PUT", Place.configMaps + "/a", Sample.configMap("a")).code == 404)
    }

    @Test func `a lease is updated by those only who know which one they update`() async throws {
        let server = try await TestServer()
        let lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l"
        let made: TestServer.Reply = try await server.ask("PUT", lease, try body(#""spec":{"holderIdentity":"a"}"#, name: "l"))
        #expect(made.code == 201, "\(made)")
        let blind: TestServer.Reply = try await server.ask("PUT", lease, try body(#""spec":{"holderIdentity":"b"}"#, name: "l"))
        #expect(blind.code == 422)
        #expect(blind["message"]?.string?.hasSuffix("metadata.resourceVersion: Invalid value: 0: must be specified for an update") == true)
        var next: JSON = made.json
        next[["spec", "holderIdentity"]] = "b"
        #expect(try await server.ask("PUT", lease, next)["spec", "holderIdentity"] == "b")
    }

    @Test func `a node keeps the status that it is made with`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask(
            "POST", "/api/v1/nodes", try body(#""status":{"capacity":{"cpu":"4"}}"#, name: "n"))
        #expect(made.code == 201 && made["status", "capacity", "cpu"] == "4", "\(made)")
    }

    @Test func `parts of the control plane are asked, not stored`() async throws {
        let server = try await TestServer()
        let list: TestServer.Reply = try await server.ask("GET", "/api/v1/componentstatuses")
        #expect(list.names == ["etcd-0"])
        #expect(list.warnings == ["v1 ComponentStatus is deprecated in v1.19+"], "told on each use of a kind that goes")
        let one: TestServer.Reply = try await server.ask("GET", "/api/v1/componentstatuses/etcd-0")
        #expect(one["conditions"] == [["type": "Healthy", "status": "True", "message": "ok"]])
        #expect(try await server.ask("GET", "/api/v1/componentstatuses/none").code == 404)
        #expect(try await server.ask("POST", "/api/v1/componentstatuses", try body(#""conditions":[]"#)).code == 405)
    }
}
