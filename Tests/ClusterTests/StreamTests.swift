import API
import Client
import Cluster
import HTTP
import Machinery
import TestSupport
import Testing

/// `exec`, `attach`, `port-forward` and `proxy` through the API server of a cluster in this process, by the bytes on the wire.
@Suite(.serialized) struct StreamTests {
    private static let pod: JSON = [
        "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "web", "namespace": "default"],
        "spec": [
            "terminationGracePeriodSeconds": 1,
            "containers": [
                [
                    "name": "main", "image": "host/sh", "stdin": true,
                    "command": ["sh", "-c", "while read line; do echo got $line; done; exec sleep 1000"],
                ],
                [
                    "name": "page", "image": "host/sh", "ports": [["containerPort": 8080]],
                    "readinessProbe": ["tcpSocket": ["port": 8080], "periodSeconds": 1],
                    "command": ["python3", "-c", .string(server)],
                ],
            ],
        ],
    ]

    /// Answers with a page, a redirect, or what it was asked.
    private static let server = """
        import http.server
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/page":
                    body, kind = b'<p><a href="/other?x=1">o</a><img src=rel.png><a href="http://elsewhere/">e</a>', "text/html"
                elif self.path == "/away":
                    self.send_response(302); self.send_header("Location", "/page"); self.end_headers(); return
                else:
                    body, kind = ("%s %s" % (self.path, self.headers.get("Authorization"))).encode(), "text/plain"
                self.send_response(200); self.send_header("Content-Type", kind); self.send_header("Content-Length", str(len(body)))
                self.end_headers(); self.wfile.write(body)
            do_POST = do_GET
            def log_message(self, *a): pass
        http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
        """

    /// A cluster with the pod, both of whose containers run.
    private func withPod(_ body: (TestCluster, HTTPSTransport) async throws -> Void) async throws {
        try await TestCluster.with { cluster in
            try await eventually("the namespace has its account") {
                try await cluster.client.find(ServiceAccount.self, ObjectKey(namespace: "default", name: "default")) != nil
            }
            try await cluster.client.create(View<Pod>(Self.pod))
            try await eventually("the pod runs") {
                try await cluster.client.get(Pod.self, ObjectKey(namespace: "default", name: "web")).isReady
            }
            let transport = HTTPSTransport(cluster.access, userAgent: "test")
            try await body(cluster, transport)
            transport.shutdown()
        }
    }

    private func exec(
        _ transport: HTTPSTransport, _ query: String, _ protocols: [String] = ["v5.channel.k8s.io"]
    ) async throws
        -> (name: String, connection: UpgradedConnection)
    {
        try await transport.webSocket("/api/v1/namespaces/default/pods/web/exec?\(query)", protocols: protocols)
    }

    /// What comes on each channel until the end.
    private func channels(_ connection: UpgradedConnection) async -> [UInt8: String] {
        var texts: [UInt8: String] = [:]
        while let message = await connection.next() {
            guard let channel = message.bytes.first else { continue }
            texts[channel, default: ""] += String(decoding: message.bytes.dropFirst(), as: UTF8.self)
        }
        return texts
    }

    @Test func `a program's streams travel on channels, with half-close, exit code and errors`() async throws {
        try await withPod { _, transport in
            let (name, connection) = try await exec(
                transport,
                "container=main&stdin=true&stdout=true&stderr=true&command=sh&command=-c&command=cat%3B%20echo%20no%20%3E%262%3B%20exit%203",
                ["v9.channel.k8s.io", "v5.channel.k8s.io", "v4.channel.k8s.io"])
            #expect(name == "v5.channel.k8s.io")
            try await connection.send(.init([0] + Array("typed".utf8)))
            try await connection.send(.init([255, 0]))
            let texts: [UInt8: String] = await channels(connection)
            #expect(texts[1] == "typed")
            #expect(texts[2] == "no\n")
            let status = try JSON(parsing: Array((texts[3] ?? "").utf8))
            #expect(status["reason"] == "NonZeroExitCode")
            #expect(status[["details", "causes"]]?.array?.first == ["reason": "ExitCode", "message": "3"])
            #expect(connection.ending == .finished(code: 1000, reason: ""))

            // Version 4 and the first one, whose errors are text, and base64.
            let fourth = try await exec(transport, "container=main&stdout=true&command=true", ["v4.channel.k8s.io"])
            #expect(await channels(fourth.connection)[3] == #"{"metadata":{},"status":"Success"}"#)
            let first = try await exec(transport, "container=main&stdout=true&command=false", ["channel.k8s.io"])
            #expect(
                await channels(first.connection)[3]
                    == "command terminated with non-zero exit code: error executing command [false], exit code 1")
            let coded = try await exec(transport, "container=main&stdout=true&command=echo&command=hi", ["v4.base64.channel.k8s.io"])
            var messages: [String] = []
            while let message = await coded.connection.next() { messages.append(String(decoding: message.bytes, as: UTF8.self)) }
            #expect(messages.prefix(2) == ["1", "1aGkK"])
            let missing = try await exec(transport, "container=main&stdout=true&command=nope")
            let text: String = await channels(missing.connection)[3] ?? ""
            #expect(text.contains("exec: \\\"nope\\\": executable file not found in $PATH"))
        }
    }

    @Test func `what can be known before is refused before`() async throws {
        try await withPod { cluster, transport in
            func refusal(_ path: String) async -> String {
                do {
                    _ = try await transport.webSocket("/api/v1/namespaces/default/pods/\(path)", protocols: ["v4.channel.k8s.io"])
                    return "upgraded"
                } catch let status as APIStatus {
                    return "\(status.code) \(status.message)"
                } catch {
                    return "\(error)"
                }
            }
            #expect(await refusal("nope/exec?command=ls&stdout=true") == "404 pods \"nope\" not found")
            #expect(
                await refusal("web/exec?command=ls&stdout=true")
                    == "400 a container name must be specified for pod web, choose one of: [main page]")
            #expect(await refusal("web/exec?command=ls&stdout=true&container=x") == "400 container x is not valid for pod web")
            #expect(await refusal("web/exec?command=ls&container=main") == "400 you must specify at least 1 of stdin, stdout, stderr\n")
            try await cluster.client.create(
                View<Pod>([
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "over", "namespace": "default"],
                    "spec": ["restartPolicy": "Never", "containers": [["name": "main", "image": "host/sh", "command": ["true"]]]],
                ]))
            try await eventually("the pod is over") {
                try await cluster.client.get(Pod.self, ObjectKey(namespace: "default", name: "over")).isFinished
            }
            #expect(await refusal("over/exec?command=ls&stdout=true") == "500 container not found (\"main\")\n")
            let (_, connection) = try await transport.webSocket(
                "/api/v1/namespaces/default/pods/over/exec?command=ls&stdout=true", protocols: ["v5.channel.k8s.io"])
            let text: String = await channels(connection)[3] ?? ""
            #expect(text.contains(#"Internal error occurred: unable to upgrade connection: container not found (\"main\")"#))
        }
    }

    @Test func `a log comes over WebSocket, as bytes or as text`() async throws {
        try await withPod { cluster, transport in
            let says: View<Container> = View(["name": "main", "image": "host/sh", "command": ["sh", "-c", "echo one; echo two"]])
            try await cluster.client.create(
                Pod.new("says", namespace: "default") {
                    $0.spec.restartPolicy = "Never"
                    $0.spec.containers = [says]
                })
            try await eventually("it has spoken") {
                try await cluster.client.get(Pod.self, ObjectKey(namespace: "default", name: "says")).status.phase == "Succeeded"
            }
            func log(_ protocols: [String]) async throws -> String {
                let (_, connection) = try await transport.webSocket("/api/v1/namespaces/default/pods/says/log", protocols: protocols)
                var bytes: [UInt8] = []
                while let message = await connection.next() {
                    bytes +=
                        message.isText ? try #require(Base64Text.decode(String(decoding: message.bytes, as: UTF8.self))) : message.bytes
                }
                return String(decoding: bytes, as: UTF8.self)
            }
            for protocols in [["binary.k8s.io"], ["base64.binary.k8s.io"], []] {
                #expect(try await log(protocols) == "one\ntwo\n", "\(protocols)")
            }
        }
    }

    @Test func `a program ends when its client goes`() async throws {
        try await withPod { _, transport in
            let (_, connection) = try await exec(
                transport, "container=main&stdout=true&command=sh&command=-c&command=touch%20/tmp/runs%3B%20echo%20up%3B%20sleep%20300")
            while let message = await connection.next(), !String(decoding: message.bytes, as: UTF8.self).contains("up") {}
            connection.close()
            try await eventually("the program has ended") {
                let (_, looking) = try await exec(
                    transport,
                    "container=main&stdout=true&command=sh&command=-c&command=cat%20/proc/%5B0-9%5D*/cmdline%20%7C%20tr%20%27%5C0%27%20%27%20%27"
                )
                return await channels(looking)[1]?.contains("sleep 300 ") == false
            }
        }
    }

    @Test func `attach sees and types, and a program on a terminal knows its size`() async throws {
        try await withPod { _, transport in
            let (_, connection) = try await transport.webSocket(
                "/api/v1/namespaces/default/pods/web/attach?container=main&stdin=true&stdout=true", protocols: ["v5.channel.k8s.io"])
            try await connection.send(.init([0] + Array("one\n".utf8)))
            var seen = ""
            while !seen.contains("got one"), let message = await connection.next() {
                seen += String(decoding: message.bytes.dropFirst(), as: UTF8.self)
            }
            #expect(seen == "got one\n")
            connection.close()

            let terminal = try await exec(
                transport,
                "container=main&stdin=true&stdout=true&stderr=true&tty=true&command=sh&command=-c&command=read%20go%3B%20stty%20size")
            try await terminal.connection.send(.init([4] + Array(#"{"Width":132,"Height":50}"#.utf8)))
            try await terminal.connection.send(.init([0] + Array("go\r".utf8)))
            let texts: [UInt8: String] = await channels(terminal.connection)
            #expect(texts[1] == "go\r\n50 132\r\n")
            #expect(texts[2] == nil)
        }
    }

    @Test func `ports are forwarded, many connections at once, and a closed port says so`() async throws {
        try await withPod { _, transport in
            let (name, connection) = try await transport.webSocket(
                "/api/v1/namespaces/default/pods/web/portforward", protocols: ["SPDY/3.1+portforward.k8s.io"])
            #expect(name == "SPDY/3.1+portforward.k8s.io")
            let session = SPDYSession(connection, isClient: true)
            let reading = Task { await session.run() }
            @Sendable func ask(_ number: Int, port: Int) async throws -> (data: String, error: String) {
                func head(_ type: String) -> [SPDYHeader] {
                    [SPDYHeader("streamtype", type), SPDYHeader("port", "\(port)"), SPDYHeader("requestid", "\(number)")]
                }
                let (error, data) = (try session.open(head("error")), try session.open(head("data")))
                error.finish()
                try? await data.write(Array("GET /\(number) HTTP/1.0\r\n\r\n".utf8))  // nobody may listen
                async let problem: [UInt8] = {
                    var all: [UInt8] = []; while let part = await error.read() { all += part }; return all
                }()
                var all: [UInt8] = []
                while let part = await data.read() { all += part }
                return (String(decoding: all, as: UTF8.self), String(decoding: await problem, as: UTF8.self))
            }
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<30 { group.addTask { try await ask(number, port: 8080).data.hasSuffix("\r\n\r\n/\(number) None") } }
                for try await isRight in group { #expect(isRight) }
            }
            let refused = try await ask(99, port: 9)
            #expect(refused.error.hasPrefix("error forwarding port 9 to pod web, uid "))
            #expect(refused.error.hasSuffix("connect: connection refused"))
            session.close()
            await reading.value
        }
    }

    @Test func `a pod's pages come through the proxy, with their links put right`() async throws {
        try await withPod { _, transport in
            let pods = "/api/v1/namespaces/default/pods/"
            let base: String = pods + "web:8080/proxy"
            func answer(_ path: String) async -> String {
                do {
                    return String(decoding: try await transport.raw(path, accept: "*/*").body, as: UTF8.self)
                } catch let status as APIStatus {
                    return "\(status.code) \(status.message)"
                } catch {
                    return "\(error)"
                }
            }
            // The program may not listen yet.
            try await eventually("the page is there") { await answer(base + "/page").hasPrefix("<p>") }
            #expect(
                await answer(base + "/page")
                    == "<p><a href=\"\(base)/other?x=1\">o</a><img src=rel.png><a href=\"http://elsewhere/\">e</a>")
            // Credentials stay with the API server; the query goes on; the first port of the pod needs no name.
            #expect(await answer(pods + "web/proxy/a/b?c=d") == "/a/b?c=d None")
            #expect(await answer(base + "/away").hasPrefix("302 "))
            #expect(await answer(base).hasPrefix("301 "))
            let refusal: String = await answer(pods + "web:9/proxy/")
            #expect(refusal.hasPrefix("503 error trying to reach service: dial tcp "))
            #expect(refusal.hasSuffix(":9: connect: connection refused"))
            #expect(await answer("/api/v1/nodes/local/proxy/healthz") == "ok")
            #expect(await answer("/api/v1/nodes/local/proxy/nothing").hasPrefix("404 "))
        }
    }
}

extension TestCluster {
    /// As the administrator, over HTTPS.
    var access: ClusterAccess {
        var access = ClusterAccess(
            server: ServerAddress(isTLS: true, host: "127.0.0.1", port: cluster.port), caPEM: cluster.credentials.caPEM)
        access.certificatePEM = cluster.credentials.admin.certificatePEM
        access.keyPEM = cluster.credentials.admin.keyPEM
        return access
    }
}
