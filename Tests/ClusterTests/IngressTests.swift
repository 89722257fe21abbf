import API
import Client
import Cluster
import HTTP
import Machinery
import TestSupport
import Testing

extension EndToEnd {
    /// The front of a cluster, as clients on the host meet it.
    @Suite struct IngressTests {
        /// Answers with what it was asked; `/slow` late, `/stream` in parts, and WebSocket with the echo of a message. Each path that begins with
        /// `/flaky` fails twice with 503 before it works.
        private static let program = """
            import http.server, socket, time, hashlib, base64
            seen = {}
            class H(http.server.BaseHTTPRequestHandler):
                protocol_version = 'HTTP/1.1'
                def log_message(self, *a): pass
                def do_GET(self):
                    if self.headers.get('Upgrade', '').lower() == 'websocket': return self.socket()
                    if self.path == '/slow': time.sleep(3)
                    body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                    text = '\\n'.join([socket.gethostname().rsplit('-', 2)[0], self.command + ' ' + self.path] + sorted(
                        k.lower() + ': ' + v for k, v in self.headers.items()) + [str(len(body))]) + '\\n'
                    seen[self.path] = seen.get(self.path, 0) + 1
                    self.send_response(503 if self.path.startswith('/flaky') and seen[self.path] <= 2 else 200)
                    if self.path == '/stream':
                        self.send_header('Transfer-Encoding', 'chunked')
                        self.end_headers()
                        for i in range(3):
                            self.wfile.write(b'2\\r\\n%d\\n\\r\\n' % i)
                            time.sleep(0.05)
                        self.wfile.write(b'0\\r\\n\\r\\n')
                        return
                    self.send_header('Content-Length', str(len(text)))
                    self.end_headers()
                    if self.command != 'HEAD': self.wfile.write(text.encode())
                do_POST = do_HEAD = do_PUT = do_GET
                def socket(self):
                    key = self.headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
                    self.send_response(101)
                    self.send_header('Upgrade', 'websocket')
                    self.send_header('Connection', 'Upgrade')
                    self.send_header('Sec-WebSocket-Accept', base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
                    self.end_headers()
                    h = self.rfile.read(2)
                    n = h[1] & 127
                    m = self.rfile.read(4)
                    d = bytes(b ^ m[i % 4] for i, b in enumerate(self.rfile.read(n)))
                    self.wfile.write(bytes([0x81, n]) + d)
                    self.close_connection = True
            class S(http.server.ThreadingHTTPServer):
                def server_bind(self):
                    self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    self.socket.bind(self.server_address)
                    self.server_name, self.server_port = 'pod', 8080
            S(('', 8080), H).serve_forever()
            """

        static func deploy(_ name: String, _ client: Client, replicas: Int = 1) async throws {
            try await client.create(
                Deployment.new(name, namespace: "default") {
                    $0.spec.replicas = replicas
                    $0.json[["spec", "selector"]] = ["matchLabels": ["app": .string(name)]]
                    $0.json[["spec", "template", "metadata"]] = ["labels": ["app": .string(name)]]
                    $0.json[["spec", "template", "spec"]] = [
                        "terminationGracePeriodSeconds": 1,
                        "containers": [
                            [
                                "name": "main", "image": "host/python3", "command": ["python3", "-u", "-c", .string(program)],
                                "readinessProbe": ["tcpSocket": ["port": 8080], "periodSeconds": 1],
                            ]
                        ],
                    ]
                })
            try await client.create(
                Service.new(name, namespace: "default") {
                    $0.json["spec"] = [
                        "selector": ["app": .string(name)], "ports": [["name": "http", "port": 80, "targetPort": 8080]],
                    ]
                })
            try await eventually("\(name) is ready", within: .seconds(60)) {
                try await client.get(Deployment.self, ObjectKey(namespace: "default", name: name)).status.readyReplicas == replicas
            }
        }

        /// An Ingress of some paths: host, path, type, Service.
        static func ingress(
            _ name: String, annotations: [String: String] = [:], tls: JSON = [], _ paths: [(String, String, String, String)]
        ) -> View<Ingress> {
            Ingress.new(name, namespace: "default") {
                $0.metadata.annotations = annotations
                $0.json["spec"] = [
                    "tls": tls,
                    "rules": .array(
                        paths.map { host, path, type, service in
                            [
                                "host": .string(host),
                                "http": [
                                    "paths": [
                                        [
                                            "path": .string(path), "pathType": .string(type),
                                            "backend": ["service": ["name": .string(service), "port": ["name": "http"]]],
                                        ]
                                    ]
                                ],
                            ]
                        }),
                ]
            }
        }

        /// The ports of the front, as the status of an Ingress has them.
        static func ports(_ name: String, _ client: Client) async throws -> (plain: Int, secure: Int) {
            let key = ObjectKey(namespace: "default", name: name)
            let status: View<IngressStatus> = try await eventually("\(name) has an address") {
                try await client.get(Ingress.self, key).status
            } until: {
                !$0.loadBalancer.ingress.isEmpty
            }
            let ports: [Int] = status.loadBalancer.ingress[0].ports.map(\.port)
            return (ports[0], ports[1])
        }

        static func ask(
            _ port: Int, _ host: String, _ path: String, method: String = "GET", headers: HTTPHeaders = [:], body: [UInt8] = []
        ) async throws -> (status: Int, lines: [String], headers: HTTPHeaders) {
            let client = HTTPClient(HTTPClientConfiguration(host: "127.0.0.1", port: port, tls: nil))
            defer { client.shutdown() }
            var headers: HTTPHeaders = headers
            headers.set("Host", host)
            let answer: HTTPResponse = try await client.send(
                HTTPClientRequest(method: method, target: path, headers: headers, body: body, timeout: .seconds(20)))
            return (
                answer.status, String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init), answer.headers
            )
        }

        @Test func `an ingress leads to its services, over HTTP and WebSocket and by their own names`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                for name in ["web", "cart"] { try await Self.deploy(name, client) }
                try await client.create(
                    Self.ingress(
                        "shop",
                        [
                            ("shop.test", "/", "Prefix", "web"), ("shop.test", "/cart", "Prefix", "cart"),
                            ("*.shop.test", "/", "Prefix", "cart"),
                        ]
                    ))
                try await client.create(
                    Self.ingress(
                        "z-late",
                        annotations: ["nginx.ingress.kubernetes.io/rewrite-target": "/$1", "ingress.swkube.dev/proxy-read-timeout": "1"],
                        [("shop.test", "/", "Prefix", "cart"), ("short.test", "/x/(.*)", "ImplementationSpecific", "web")]))
                let (plain, secure) = try await Self.ports("shop", client)
                try await eventually("the front leads on") { try await Self.ask(plain, "shop.test", "/").status == 200 }
                let root = try await Self.ask(plain, "shop.test:\(plain)", "/a?b=c", headers: ["Connection": "close", "X-Mine": "1"])
                #expect(root.lines.starts(with: ["web", "GET /a?b=c"]))
                #expect(root.lines.contains("host: shop.test:\(plain)") && root.lines.contains("x-mine: 1"))
                #expect(root.lines.contains("x-forwarded-proto: http") && root.lines.contains("x-forwarded-for: 127.0.0.1"))
                #expect(!root.lines.contains { $0.hasPrefix("connection: close") })
                #expect(try await Self.ask(plain, "shop.test", "/cart/1").lines.first == "cart")
                #expect(try await Self.ask(plain, "a.shop.test", "/").lines.first == "cart")
                #expect(try await Self.ask(plain, "unknown.test", "/").status == 404)
                #expect(try await Self.ask(plain, "web.default.localhost", "/").lines.first == "web")
                #expect(try await Self.ask(plain, "nobody.default.localhost", "/").status == 404)
                #expect(try await Self.ask(plain, "shop.test", "/stream").lines == ["0", "1", "2"])
                let posted = try await Self.ask(plain, "shop.test", "/", method: "POST", body: [UInt8](repeating: 65, count: 300_000))
                #expect(posted.lines.last == "300000")
                let head = try await Self.ask(plain, "shop.test", "/", method: "HEAD")
                #expect(head.status == 200 && head.lines.isEmpty && head.headers["content-length"].flatMap { Int($0) } ?? 0 > 10)
                // Rewritten, and not waited for longer than it says.
                try await eventually("the second ingress") {
                    try await Self.ask(plain, "short.test", "/x/y").lines.dropFirst().first == "GET /y"
                }
                #expect(try await Self.ask(plain, "short.test", "/x/slow").status == 504)
                try await eventually("the younger one is told") {
                    try await client.list(Event.self, namespace: "default").items.contains {
                        $0.reason == "PathTaken" && $0.involvedObject.name == "z-late" && $0.message.contains("Ingress default/shop")
                    }
                }
                try await eventually("a WebSocket is led through") { try await webSocket(plain) == "hello" }
                // TLS by the cluster's own authority, and HTTP/2 where curl is there to speak it.
                if let curl = Command.path(of: "curl") {
                    let outcome: Command.Outcome = try await Command.run(
                        curl,
                        [
                            "-sS", "--http2", "-k", "-w", "%{http_version}", "--resolve", "web.default.localhost:\(secure):127.0.0.1",
                            "https://web.default.localhost:\(secure)/z",
                        ], environment: Command.environment)
                    #expect(outcome.output.hasPrefix("web\nGET /z\n") && outcome.output.hasSuffix("\n2"), "\(outcome)")
                }
                // Without endpoints.
                try await client.patch(
                    Deployment.self, ObjectKey(namespace: "default", name: "cart"), ["spec": ["replicas": 0]], as: .mergePatch)
                try await eventually("nobody is there") { try await Self.ask(plain, "shop.test", "/cart").status == 503 }
            }
        }

        /// What comes back for "hello"; nil when the connection ends.
        private func webSocket(_ port: Int) async throws -> String? {
            let client = HTTPClient(HTTPClientConfiguration(host: "127.0.0.1", port: port, tls: nil))
            defer { client.shutdown() }
            var request: HTTPClientRequest = HTTPClientRequest(target: "/ws", headers: WebSocketHandshake.request(protocols: []))
            request.headers.set("Host", "shop.test")
            guard case .upgraded(_, let connection) = try await client.upgrade(request, to: .webSocket) else {
                throw TestFailure("no WebSocket")
            }
            defer { connection.close() }
            try await connection.send(UpgradedConnection.Message(Array("hello".utf8), isText: true))
            return await connection.next().map { String(decoding: $0.bytes, as: UTF8.self) }
        }

        @Test func `a certificate of a secret is shown for its host, and HTTP is sent there`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                try await Self.deploy("web", client)
                let authority = try CertificateAuthority.generate(commonName: "test")
                let issued: IssuedCertificate = try authority.issueServer(commonName: "safe", names: ["safe.test"], addresses: [])
                try await client.create(
                    Secret.new("cert", namespace: "default") {
                        $0.type = "kubernetes.io/tls"
                        $0.json["stringData"] = ["tls.crt": .string(issued.certificatePEM), "tls.key": .string(issued.keyPEM)]
                    })
                try await client.create(
                    Self.ingress(
                        "safe", tls: [["hosts": ["safe.test"], "secretName": "cert"]], [("safe.test", "/", "Prefix", "web")]))
                let (plain, secure) = try await Self.ports("safe", client)
                let moved = try await Self.ask(plain, "safe.test", "/a?b")
                #expect(moved.status == 308)
                #expect(moved.headers["location"] == "https://safe.test\(secure == 443 ? "" : ":\(secure)")/a?b")
                let trusting = HTTPClient(
                    HTTPClientConfiguration(
                        host: "127.0.0.1", port: secure,
                        tls: HTTPClientConfiguration.TLS(caPEM: authority.certificatePEM, serverName: "safe.test")))
                defer { trusting.shutdown() }
                let answer: HTTPResponse = try await eventually("the certificate is in use") {
                    try await trusting.send(HTTPClientRequest(target: "/", headers: ["Host": "safe.test"], timeout: .seconds(5)))
                } until: {
                    $0.status == 200
                }
                #expect(String(decoding: answer.body, as: UTF8.self).contains("x-forwarded-proto: https"))
            }
        }
    }
}
