import API
import Client
import Kubelet
import Machinery
import TestSupport
import Testing

/// Probes of real processes. The first three are the shapes of Kubernetes' conformance suite (test/e2e/common/node/container_probe.go).
@Suite(.serialized) struct ProbeTests {
    private static let python = Command.path(of: "python3")

    /// A server that says `status` to every request.
    private static func server(_ status: String, tls: Bool = false) -> String {
        """
        import http.server, os, ssl, sys
        class H(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(\(status)); self.end_headers()
            def log_message(self, *a): pass
        s = http.server.HTTPServer((os.environ["IP"], int(os.environ["PORT"])), H)
        \(tls ? "c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain('/tls/tls.crt', '/tls/tls.key'); s.socket = c.wrap_socket(s.socket, server_side=True)" : "")
        s.serve_forever()
        """
    }

    private static let address: JSON = [
        ["name": "IP", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]], ["name": "PORT", "value": "18080"],
    ]

    private static func restart(_ node: TestNode, _ name: String) async throws -> View<Pod> {
        let pod: View<Pod> = try await node.wait(name, "was restarted") { $0.main.restartCount > 0 }
        try await node.delete(name, gracePeriodSeconds: 0)
        try await node.waitUntilGone(name)
        return pod
    }

    @Test func `a file that goes restarts the container`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell(
                "exec", "echo ok >/tmp/health; sleep 0.5; rm -f /tmp/health; sleep 600",
                [
                    "livenessProbe": [
                        "exec": ["command": ["cat", "/tmp/health"]], "initialDelaySeconds": 0, "periodSeconds": 1, "failureThreshold": 1,
                        "terminationGracePeriodSeconds": 1,
                    ]
                ], restartPolicy: "Always")
            let pod: View<Pod> = try await Self.restart(node, "exec")
            #expect(pod.main.restartCount == 1)
            let events: [String] = try await node.events("exec")
            #expect(events.contains("Unhealthy: Liveness probe failed: cat: /tmp/health: No such file or directory\n"))
            #expect(events.contains("Killing: Container main failed liveness probe, will be restarted"))
        }
        await node.end()
    }

    @Test(.enabled("python3 is not on PATH", { python != nil }))
    func `a server that begins to fail restarts the container`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell(
                "http",
                "exec python3 -c '\(Self.server("500 if os.path.exists(\"/tmp/bad\") else (open(\"/tmp/bad\", \"w\").close() or 200)"))'",
                [
                    "env": Self.address,
                    "livenessProbe": [
                        "httpGet": ["path": "/healthz", "port": 18080], "periodSeconds": 1, "failureThreshold": 1, "timeoutSeconds": 5,
                        "terminationGracePeriodSeconds": 1,
                    ],
                    "startupProbe": ["tcpSocket": ["port": 18080], "periodSeconds": 1, "failureThreshold": 100],
                ], restartPolicy: "Always")
            _ = try await Self.restart(node, "http")
            #expect(try await node.events("http").contains("Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500"))
        }
        await node.end()
    }

    @Test func `probes end with the kubelet that asks, and the pod runs on`() async throws {
        let node = try await TestNode()
        let waiting: Int = node.clock.waiterCount
        try await node.withKubelet { _ in
            try await node.shell("asked", "sleep 600", ["readinessProbe": ["exec": ["command": ["true"]], "periodSeconds": 1]])
            try await node.wait("asked", "is ready") { $0.isReady }
            // Now a probe that goes on waits for its next turn for ever.
            node.clock.pause()
        }
        try await eventually("nobody waits any more") { node.clock.waiterCount <= waiting }
        node.clock.resume()
        await node.end()
    }

    @Test func `a port that nobody listens on restarts the container after three failures`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell(
                "tcp", "sleep 600",
                ["livenessProbe": ["tcpSocket": ["port": 1], "periodSeconds": 1, "terminationGracePeriodSeconds": 1]],
                restartPolicy: "Always")
            let pod: View<Pod> = try await Self.restart(node, "tcp")
            let text = "Unhealthy: Liveness probe failed: dial tcp \(pod.status.podIP):1: connect: connection refused"
            #expect(try await node.events("tcp").contains(text))
        }
        await node.end()
    }

    @Test func `a readiness probe that fails restarts nothing, and a readiness gate counts beside it`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run(
                "gate",
                [
                    "readinessGates": [["conditionType": "example.com/ok"]], "terminationGracePeriodSeconds": 1,
                    "containers": [["name": "main", "image": "host", "command": ["sleep", "1000"]]],
                ])
            let pod: View<Pod> = try await node.wait("gate", "waits for its gate") { $0.condition("ContainersReady")?.status == "True" }
            #expect(pod.condition("Ready")?.reason == "ReadinessGatesNotReady")
            #expect(
                pod.condition("Ready")?.message == "corresponding condition of pod readiness gate \"example.com/ok\" does not exist.")
            let change: JSON = ["status": ["conditions": [["type": "example.com/ok", "status": "True"]]]]
            try await node.client.patch(Pod.self, pod.key, change, subresource: "status")
            try await node.wait("gate", "is ready") { $0.isReady }
            try await node.shell(
                "never", "sleep 600", ["readinessProbe": ["exec": ["command": ["false"]], "periodSeconds": 1, "failureThreshold": 1]],
                restartPolicy: "Always")
            try await eventually("it is told") {
                try await node.events("never").contains { $0.hasPrefix("Unhealthy: Readiness probe failed") }
            }
            let never: View<Pod> = try await node.pod("never")
            #expect(never.main.restartCount == 0 && !never.isReady)
        }
        await node.end()
    }

    @Test func `a probe's command that hangs is ended at its time`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell(
                "hang", "sleep 600",
                [
                    "livenessProbe": [
                        "exec": ["command": ["sleep", "400"]], "timeoutSeconds": 1, "periodSeconds": 1, "failureThreshold": 1,
                        "terminationGracePeriodSeconds": 1,
                    ]
                ], restartPolicy: "Always")
            _ = try await Self.restart(node, "hang")
            #expect(
                try await node.events("hang").contains(
                    "Unhealthy: Liveness probe failed: command timed out: \"sleep 400\" timed out after 1s"))
        }
        await node.end()
    }

    @Test func `a probe that can't be run counts for nothing and says so`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.shell(
                "odd", "sleep 600",
                ["livenessProbe": ["exec": ["command": ["no-such-program"]], "periodSeconds": 1, "failureThreshold": 1]],
                restartPolicy: "Always")
            try await eventually("it is told") {
                try await node.events("odd").contains(
                    "Unhealthy: Liveness probe errored and resulted in unknown state: exec: \"no-such-program\": executable file not found in $PATH"
                )
            }
            #expect(try await node.pod("odd").main.restartCount == 0)
        }
        await node.end()
    }

    @Test(.enabled("python3 and openssl are not on PATH", { python != nil && Command.path(of: "openssl") != nil }))
    func `a probe over HTTPS takes any certificate`() async throws {
        let node = try await TestNode()
        let folder: String = node.folder.file("tls")
        try node.folder.write("", to: "tls/empty")
        try await Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=other",
                "-keyout", folder + "/tls.key", "-out", folder + "/tls.crt",
            ]
        ).checked("openssl")
        try await node.withKubelet { _ in
            try await node.run(
                "tls",
                [
                    "terminationGracePeriodSeconds": 1,
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["python3", "-c", .string(Self.server("200", tls: true))],
                            "env": Self.address, "volumeMounts": [["name": "tls", "mountPath": "/tls"]],
                            "readinessProbe": ["httpGet": ["port": 18080, "scheme": "HTTPS"], "periodSeconds": 1, "timeoutSeconds": 5],
                        ]
                    ],
                    "volumes": [["name": "tls", "hostPath": ["path": .string(folder)]]],
                ])
            try await node.wait("tls", "is ready") { $0.isReady }
        }
        await node.end()
    }

    /// A health service without generated code: the message that it answers is field 1 with a number.
    private static let health = """
        import grpc, os
        from concurrent import futures
        class H(grpc.GenericRpcHandler):
            def service(self, d):
                if d.method != "/grpc.health.v1.Health/Check": return None
                def check(request, context):
                    if request == b"\\x0a\\x03bad": return b"\\x08\\x02"
                    if request == b"\\x0a\\x04none": context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
                    return b"\\x08\\x01"
                return grpc.unary_unary_rpc_method_handler(check)
        s = grpc.server(futures.ThreadPoolExecutor(2)); s.add_generic_rpc_handlers((H(),))
        s.add_insecure_port(os.environ["IP"] + ":" + os.environ["PORT"]); s.start(); s.wait_for_termination()
        """

    private static func hasGRPC() async -> Bool {
        (try? await Command.run("/usr/bin/python3", ["-c", "import grpc"]).code) == 0
    }

    @Test(.enabled("python3-grpcio is not installed", { await hasGRPC() }))
    func `a gRPC server is asked for its health`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            func run(_ name: String, _ service: String) async throws {
                try await node.run(
                    name,
                    [
                        "terminationGracePeriodSeconds": 1,
                        "containers": [
                            [
                                "name": "main", "image": "host", "command": ["/usr/bin/python3", "-c", .string(Self.health)],
                                "env": Self.address,
                                "readinessProbe": [
                                    "grpc": ["port": 18080, "service": .string(service)], "periodSeconds": 1, "timeoutSeconds": 5,
                                ],
                            ]
                        ],
                    ])
            }
            for (name, service) in [("good", ""), ("bad", "bad"), ("none", "none")] { try await run(name, service) }
            try await node.wait("good", "is ready") { $0.isReady }
            try await eventually("the answer of an unhealthy service is told") {
                try await node.events("bad").contains(
                    "Unhealthy: Readiness probe failed: service unhealthy (responded with \"NOT_SERVING\")")
            }
            try await eventually("the refusal of a server is told") {
                try await node.events("none").contains(
                    "Unhealthy: Readiness probe failed: error: health rpc probe failed: rpc error: code = NotFound desc = unknown service")
            }
        }
        await node.end()
    }
}
