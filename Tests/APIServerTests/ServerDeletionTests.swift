import API
import Machinery
import TestSupport
import Testing

/// How objects go: at once, after a grace period, when finalizers are gone, with their namespace.
@Suite struct ServerDeletionTests {
    @Test func `a delete answers with a Status that names what is gone`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        let gone: TestServer.Reply = try await server.ask("DELETE", Place.configMaps + "/a")
        #expect(
            gone.json == [
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                "details": ["name": "a", "kind": "configmaps", "uid": made["metadata", "uid"] ?? ""],
            ])
        #expect(try await server.ask("GET", Place.configMaps + "/a").code == 404)
    }

    /// Source: `Test202StatusCode` of test/integration/apiserver.
    @Test(arguments: [("", 200), ("?orphanDependents=false", 202), ("?propagationPolicy=Background", 200)])
    func `what is held by a finalizer is accepted for who asks in the old way`(_ query: String, _ code: Int) async throws {
        let server = try await TestServer()
        var map: JSON = Sample.configMap("a")
        map[["metadata", "finalizers"]] = ["x.io/f"]
        try await server.ask("POST", Place.configMaps, map)
        let held: TestServer.Reply = try await server.ask("DELETE", Place.configMaps + "/a" + query)
        #expect(held.code == code && held["kind"] == "ConfigMap", "\(held)")
        try await server.ask("POST", Place.configMaps, Sample.configMap("b"))
        #expect(try await server.ask("DELETE", Place.configMaps + "/b" + query).code == 200)
    }

    @Test func `a dry run over many objects is a loop`() async throws {
        let server = try await TestServer()
        let count = 2000
        for index in 0..<count { try await server.ask("POST", Place.configMaps, Sample.configMap("map-\(index)")) }
        let answer: TestServer.Reply = try await server.ask("DELETE", Place.configMaps + "?dryRun=All")
        #expect(answer.code == 200 && answer.json["items"]?.array?.count == count)
        #expect(try await server.ask("GET", Place.configMaps).json["items"]?.array?.count == count)
    }

    @Test func `services, service accounts and pods answer with themselves`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.services, Sample.service("web"))
        #expect(try await server.ask("DELETE", Place.services + "/web")["kind"] == "Service")
        #expect(try await server.ask("DELETE", "/api/v1/namespaces/default/serviceaccounts/default")["kind"] == "ServiceAccount")
    }

    @Test func `a job leaves its pods behind unless it is told not to, and warns of it`() async throws {
        let server = try await TestServer()
        let jobs = "/apis/batch/v1/namespaces/default/jobs"
        let pod: JSON = ["spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "i"]]]]
        let job: JSON = ["apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "a"], "spec": ["template": pod]]
        try await server.ask("POST", jobs, job)
        let kept: TestServer.Reply = try await server.ask("DELETE", jobs + "/a")
        #expect(
            kept["metadata", "finalizers"] == ["orphan"] && kept.warnings.first?.hasPrefix("child pods are preserved by default") == true)
        try await server.ask("PATCH", jobs + "/a", ["metadata": ["finalizers": nil]], type: .mergePatch)
        try await server.ask("POST", jobs, job)
        let gone: TestServer.Reply = try await server.ask("DELETE", jobs + "/a?propagationPolicy=Background")
        #expect(gone["status"] == "Success" && gone.warnings.isEmpty, "\(gone)")
    }

    @Test func `finalizers hold an object until the last is gone`() async throws {
        let server = try await TestServer()
        var body: JSON = Sample.configMap("a")
        body[["metadata", "finalizers"]] = ["example.com/one", "example.com/two"]
        try await server.ask("POST", Place.configMaps, body)
        let record: WatchRecord = try await server.watch(Place.configMaps)
        let marked: TestServer.Reply = try await server.ask("DELETE", Place.configMaps + "/a")
        #expect(marked["metadata", "deletionTimestamp"] == "2026-06-01T12:00:00Z")
        #expect(marked["metadata", "deletionGracePeriodSeconds"] == 0)
        let again: TestServer.Reply = try await server.ask("DELETE", Place.configMaps + "/a")
        #expect(again.code == 200 && again.revision == marked.revision, "a second delete changes nothing")
        try await server.ask("PATCH", Place.configMaps + "/a", ["metadata": ["finalizers": ["example.com/two"]]], type: .mergePatch)
        #expect(try await server.ask("GET", Place.configMaps + "/a").code == 200)
        let late: TestServer.Reply = try await server.ask(
            "PATCH", Place.configMaps + "/a", ["metadata": ["finalizers": ["example.com/two", "example.com/three"]]], type: .mergePatch)
        #expect(late.code == 422, "\(late)")
        let why = "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted"
        #expect(late["message"]?.string?.contains(why) == true)
        try await server.ask("PATCH", Place.configMaps + "/a", ["metadata": ["finalizers": nil]], type: .mergePatch)
        #expect(try await server.ask("GET", Place.configMaps + "/a").code == 404)
        try await record.expect(["ADDED a", "MODIFIED a", "MODIFIED a", "DELETED a"])
    }

    @Test func `a pod on a node has time to end; the node's delete with no grace ends it`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        try await server.ask(
            "POST", Place.pods + "/p/binding",
            ["apiVersion": "v1", "kind": "Binding", "metadata": ["name": "p"], "target": ["kind": "Node", "name": "n1"]])
        let marked: TestServer.Reply = try await server.ask("DELETE", Place.pods + "/p")
        #expect(marked["metadata", "deletionGracePeriodSeconds"] == 30)
        #expect(marked["metadata", "deletionTimestamp"] == "2026-06-01T12:00:30Z")
        let shorter: TestServer.Reply = try await server.ask("DELETE", Place.pods + "/p", ["gracePeriodSeconds": 5])
        #expect(shorter["metadata", "deletionTimestamp"] == "2026-06-01T12:00:05Z", "a second delete may shorten the time")
        let longer: TestServer.Reply = try await server.ask("DELETE", Place.pods + "/p", ["gracePeriodSeconds": 60])
        #expect(longer["metadata", "deletionTimestamp"] == "2026-06-01T12:00:05Z", "but never lengthen it")
        #expect(try await server.ask("DELETE", Place.pods + "/p", ["gracePeriodSeconds": 0])["kind"] == "Pod")
        #expect(try await server.ask("GET", Place.pods + "/p").code == 404)
    }

    @Test func `a pod that no node has goes at once`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        #expect(try await server.ask("DELETE", Place.pods + "/p").code == 200)
        #expect(try await server.ask("GET", Place.pods + "/p").code == 404)
    }

    @Test(arguments: [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")])
    func `a propagation policy leaves the work to the garbage collector`(_ policy: String, _ finalizer: String) async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.deployments, Sample.deployment("web"))
        let marked: TestServer.Reply = try await server.ask("DELETE", Place.deployments + "/web", ["propagationPolicy": .string(policy)])
        #expect(marked["metadata", "finalizers"] == [.string(finalizer)])
        #expect(marked["metadata", "generation"] == 2)
        #expect(try await server.ask("GET", Place.deployments + "/web").code == 200)
    }

    @Test func `a collection goes by selector and answers with what it found`() async throws {
        let server = try await TestServer()
        for name in ["a", "b", "c"] {
            try await server.ask("POST", Place.configMaps, Sample.configMap(name, labels: ["keep": name == "b" ? "yes" : "no"]))
        }
        let gone: TestServer.Reply = try await server.ask("DELETE", Place.configMaps + "?labelSelector=keep%3Dno")
        #expect(gone.code == 200 && gone["kind"] == "ConfigMapList" && gone.names == ["a", "c"])
        #expect(try await server.ask("GET", Place.configMaps).names == ["b"])
    }

    @Test func `preconditions are held against the stored object`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        let stale: TestServer.Reply = try await server.ask(
            "DELETE", Place.configMaps + "/a", ["preconditions": ["resourceVersion": "1"]])
        #expect(stale.code == 409)
        #expect(stale["message"]?.string?.hasSuffix("The object might have been modified") == true)
        let (uid, revision): (JSON, JSON) = (made["metadata", "uid"] ?? "", made["metadata", "resourceVersion"] ?? "")
        let exact: JSON = ["preconditions": ["uid": uid, "resourceVersion": revision]]
        #expect(try await server.ask("DELETE", Place.configMaps + "/a", exact).code == 200)
    }

    @Test func `a namespace is Terminating until it is finalized, and takes nothing new`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask(
            "POST", Place.namespaces, ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "team"]])
        #expect(made["spec", "finalizers"] == ["kubernetes"] && made["status", "phase"] == "Active")
        #expect(made["metadata", "labels", "kubernetes.io/metadata.name"] == "team")
        let marked: TestServer.Reply = try await server.ask("DELETE", Place.namespaces + "/team")
        #expect(marked["status", "phase"] == "Terminating" && marked["metadata", "deletionTimestamp"] != nil)
        let refused: TestServer.Reply = try await server.ask("POST", "/api/v1/namespaces/team/configmaps", Sample.configMap("a"))
        #expect(refused.code == 403)
        #expect(
            refused["message"]
                == #"configmaps "a" is forbidden: unable to create new content in namespace team because it is being terminated"#)
        #expect(
            refused["details", "causes"]
                == [["reason": "NamespaceTerminating", "message": "namespace team is being terminated", "field": "metadata.namespace"]])
        var object: JSON = marked.json
        object[["spec", "finalizers"]] = []
        #expect(try await server.ask("PUT", Place.namespaces + "/team/finalize", object).code == 200)
        #expect(try await server.ask("GET", Place.namespaces + "/team").code == 404)
    }
}
