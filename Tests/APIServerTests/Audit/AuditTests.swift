import API
import Client
import Logging
import Machinery
import Synchronization
import TestSupport
import Testing

@testable import APIServer

/// Events and policies are those of audit.k8s.io/v1.
struct AuditTests {
    private final class Record: AuditBackend {
        private let events = Mutex<[JSON]>([])

        func take(_ event: JSON) { events.withLock { $0.append(event) } }

        func flush() async {}

        /// Those about a resource, but for the one that tells of the arrival.
        func about(_ resource: String) -> [JSON] {
            events.withLock { $0 }.filter { $0[["objectRef", "resource"]]?.string == resource }
        }
    }

    private func policy(_ rules: JSON...) throws -> AuditPolicy {
        try AuditPolicy(["kind": "Policy", "apiVersion": "audit.k8s.io/v1", "rules": .array(rules)])
    }

    private func server(_ policy: AuditPolicy) async throws -> (TestServer, Record) {
        let record = Record()
        let server = try await TestServer { configuration, clock in
            configuration.audit = Audit(policy: policy, backends: [record], clock: clock, metrics: configuration.metrics)
        }
        return (server, record)
    }

    @Test func `a creation is recorded with who, what and how it ended`() async throws {
        let (server, record) = try await server(try policy(["level": "RequestResponse", "omitStages": ["RequestReceived"]]))
        let path = "/api/v1/namespaces/default/configmaps"
        try await server.ask("POST", path, ["metadata": ["name": "a"], "data": ["k": "v"]])
        try await server.ask("POST", path, ["metadata": ["name": "a"]])
        let events: [JSON] = record.about("configmaps")
        #expect(events.count == 2)
        let event: JSON = try #require(events.first)
        #expect(event["kind"] == "Event")
        #expect(event["level"] == "RequestResponse")
        #expect(event["stage"] == "ResponseComplete")
        #expect(event["verb"] == "create")
        #expect(event[["user", "username"]] == "system:test")
        #expect(event["objectRef"] == ["resource": "configmaps", "namespace": "default", "name": "a", "apiVersion": "v1"])
        #expect(event[["responseStatus", "code"]] == 201)
        #expect(event[["requestObject", "data", "k"]] == "v")
        #expect(event[["responseObject", "metadata", "uid"]] != nil)
        #expect(event[["annotations", "authorization.k8s.io/decision"]] == "allow")
        let refused: JSON = try #require(events.last)
        #expect(refused[["responseStatus", "code"]] == 409)
        #expect(refused[["responseStatus", "reason"]] == "AlreadyExists")
    }

    @Test func `metadata has no bodies, and a refusal says so`() async throws {
        let (server, record) = try await server(try policy(["level": "Metadata"]))
        let nobody = UserInfo(name: "nobody", groups: ["system:authenticated"])
        try await server.ask("GET", "/api/v1/namespaces/default/secrets", as: nobody)
        let events: [JSON] = record.about("secrets")
        #expect(events.map { $0["stage"]?.string } == ["RequestReceived", "ResponseComplete"])
        #expect(events.last?["responseObject"] == nil)
        #expect(events.last?[["annotations", "authorization.k8s.io/decision"]] == "forbid")
        #expect(events.last?[["responseStatus", "code"]] == 403)
    }

    @Test func `the first rule that matches decides`() throws {
        let policy: AuditPolicy = try policy(
            [
                "level": "None", "users": ["system:kube-proxy"], "verbs": ["watch"],
                "resources": [["group": "", "resources": ["endpoints"]]],
            ],
            ["level": "None", "nonResourceURLs": ["/healthz*", "/version"]],
            ["level": "Request", "resources": [["group": "", "resources": ["configmaps"], "resourceNames": ["x"]]]],
            ["level": "Metadata", "namespaces": ["kube-system"]],
            ["level": "RequestResponse", "resources": [["group": "", "resources": ["pods/*"]], ["group": "apps"]]])
        func level(_ attributes: Attributes, _ user: String = "ada") -> AuditPolicy.Level? {
            policy.choice(UserInfo(name: user, groups: []), attributes)?.level
        }
        func about(
            _ verb: String, _ group: String, _ resource: String, _ sub: String = "", ns: String = "", name: String = ""
        ) -> Attributes {
            Attributes(verb: verb, group: group, resource: resource, subresource: sub, namespace: ns, name: name)
        }
        #expect(level(about("watch", "", "endpoints"), "system:kube-proxy") == nil)
        #expect(level(Attributes(verb: "get", path: "/healthz/ping")) == nil)
        #expect(level(about("get", "", "configmaps", ns: "default", name: "x")) == .request)
        #expect(level(about("get", "", "configmaps", ns: "default", name: "y")) == nil)
        #expect(level(about("get", "", "secrets", ns: "kube-system")) == .metadata)
        #expect(level(about("get", "", "pods", "log", ns: "default")) == .requestResponse)
        #expect(level(about("get", "", "services", ns: "default")) == nil)
        // As upstream: what matches all subresources matches the resource, too.
        #expect(level(about("get", "", "pods", ns: "default")) == .requestResponse)
        #expect(level(about("get", "apps", "deployments", ns: "default")) == .requestResponse)
    }

    @Test func `a policy that can't be used says all that is wrong`() {
        #expect(throws: AuditPolicy.Malformed.self) {
            try policy(["level": "All", "nonResourceURLs": ["healthz"], "what": 1])
        }
        do {
            _ = try policy(["level": "All", "nonResourceURLs": ["healthz"], "what": 1])
        } catch {
            #expect(
                "\(error)" == "rules[0]: unknown field \"what\"; rules[0].level: Unsupported value: \"All\": supported values: \"None\", "
                    + "\"Metadata\", \"Request\", \"RequestResponse\"; rules[0].nonResourceURLs: Invalid value: \"healthz\": "
                    + "non-resource URL rules must begin with a '/' character")
        }
    }

    private func loss(_ backend: String, _ metrics: Metrics = Metrics()) -> AuditLoss {
        AuditLoss(backend, metrics: metrics, log: Logger(label: "test"))
    }

    private func lost(_ metrics: Metrics) -> Int {
        metrics.counter("apiserver_audit_error_total", "", [MetricLabel("plugin", "webhook")]).value
    }

    @Test func `a log file is closed when it is full, and old ones go`() async throws {
        let folder = try TemporaryFolder("audit")
        var limits = AuditLogFile.Limits()
        limits.size = 100
        limits.backups = 2
        let log = try AuditLogFile(path: folder.file("audit.log"), limits: limits, loss: loss("log"))
        for i in 0..<20 {
            log.take(["event": .int(Int64(i)), "text": "some forty characters that fill a line"])
            await log.flush()
        }
        let names: [String] = try folder.names
        #expect(names.count == 3)
        #expect(names.filter { $0.hasPrefix("audit-") && $0.hasSuffix(".log") }.count == 2)
    }

    @Test func `a webhook gets events together, and again what it did not take`() async throws {
        let bodies = Mutex<[JSON]>([])
        var pace = AuditWebhook.Pace()
        pace.firstPause = .milliseconds(1)
        pace.patience = .seconds(60)
        let webhook = AuditWebhook(pace: pace, loss: loss("webhook")) { body in
            let json: JSON = try JSON(parsing: body)
            let isFirst: Bool = bodies.withLock { bodies in
                bodies.append(json)
                return bodies.count == 1
            }
            if isFirst { throw APIStatus.internalError("not now") }
        }
        webhook.take(["n": 1])
        webhook.take(["n": 2])
        await webhook.flush()
        #expect(bodies.withLock { $0.map { $0["items"] } } == [[["n": 1], ["n": 2]], [["n": 1], ["n": 2]]])
        #expect(bodies.withLock { $0.first?["kind"] } == "EventList")
    }

    @Test func `a webhook that hangs has room for so many events, and each that is lost is counted`() async throws {
        let metrics = Metrics()
        var pace = AuditWebhook.Pace()
        pace.most = 5
        pace.batch = 2
        pace.lastPatience = .milliseconds(10)
        let webhook = AuditWebhook(pace: pace, loss: loss("webhook", metrics)) { _ in try await Task.sleep(for: .seconds(3600)) }
        for i in 0..<12 { webhook.take(["n": .int(Int64(i))]) }
        #expect(lost(metrics) == 7)
        await webhook.flush()
        #expect(lost(metrics) == 12)
    }

    @Test func `what the disk does not take is counted`() async throws {
        let metrics = Metrics()
        let log = try AuditLogFile(
            path: "/dev/full", limits: AuditLogFile.Limits(), loss: loss("webhook", metrics))
        for i in 0..<3 { log.take(["n": .int(Int64(i))]) }
        await log.flush()
        #expect(lost(metrics) == 3)
    }
}
