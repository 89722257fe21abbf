import API
import Client
import Cluster
import Glibc
import HTTP
import Machinery
import Sandbox
import TestSupport

/// Pods that talk to each other at a test's word: each takes TCP and UDP on some ports, and tells over HTTP what it could reach.
struct Talkers {
    /// A place to try, and how.
    struct Target: Sendable, Hashable {
        var host: String
        var port: Int
        var transport: String
    }

    let cluster: Cluster

    static let ports = [80, 81]
    /// Where a pod takes orders, which nothing of the cluster itself is kept from.
    static let orders = 7000

    private static let program = """
        import http.server, json, os, select, signal, socket, struct, sys, threading, time, urllib.request
        from concurrent.futures import ThreadPoolExecutor
        name = socket.gethostname().encode()
        busy = set()
        def tcp(s):
            while True:
                c, _ = s.accept()
                busy.add(c)
                threading.Thread(target=echo, args=(c,), daemon=True).start()
        def echo(c):
            try:
                while True:
                    b = c.recv(99)
                    if not b: break
                    c.sendall(name)
            except OSError: pass
            c.close()
            busy.discard(c)
        # Who came before the end is served to the end, as well-behaved servers do.
        def leave():
            while busy or select.select(servers, [], [], 0)[0]: time.sleep(0.02)
            os._exit(0)
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=leave).start())
        def udp(s):
            while True:
                b, a = s.recvfrom(99)
                s.sendto(name, a)
        def connection(t):
            if t['transport'] == 'tcp': return socket.create_connection((t['host'], t['port']), 2)
            c = socket.socket(socket.AF_INET6 if ':' in t['host'] else socket.AF_INET, socket.SOCK_DGRAM)
            c.settimeout(1)
            c.connect((t['host'], t['port']))
            return c
        def probe(t):
            try:
                with connection(t) as c:
                    c.send(b'x')
                    return c.recv(99).decode()
            except OSError:
                return ''
        def place(host): return '[%s]' % host if ':' in host else host
        held = {}
        load = {'on': False, 'good': 0, 'bad': 0, 'why': ''}
        def press(t):
            while load['on']:
                try:
                    c = socket.create_connection((t['host'], t['port']), 5)
                    with c:
                        c.send(b'x')
                        good = c.recv(99) != b''
                        # A port that waited for a minute would be missing: there are 28,000.
                        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    if not good: load['why'] = 'no answer'
                except OSError as e:
                    good = False
                    load['why'] = str(e)
                load['good' if good else 'bad'] += 1
        class Orders(http.server.BaseHTTPRequestHandler):
            def log_message(self, *a): pass
            def do_POST(self):
                o = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                ts = o['targets']
                if o['do'] == 'probe':
                    with ThreadPoolExecutor(64) as p: r = list(p.map(probe, ts))
                elif o['do'] == 'turn': r = [probe(ts[0]) for i in range(o['count'])]
                elif o['do'] == 'hold':
                    held[0] = connection(ts[0])
                    r = []
                elif o['do'] == 'use':
                    try:
                        held[0].settimeout(1)
                        held[0].send(b'x')
                        r = [held[0].recv(99).decode()]
                    except OSError: r = ['']
                elif o['do'] == 'get':
                    try: r = [urllib.request.urlopen('http://%s:%d/' % (place(ts[0]['host']), ts[0]['port']), timeout=3).read().decode()]
                    except OSError: r = ['']
                elif o['do'] == 'load':
                    load.update(on=True, good=0, bad=0, why='')
                    for i in range(o['count']): threading.Thread(target=press, args=(ts[0],), daemon=True).start()
                    r = []
                elif o['do'] == 'unload':
                    load['on'] = False
                    time.sleep(0.3)
                    r = [str(load['good']), str(load['bad']), load['why']]
                b = json.dumps(r).encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(b)))
                self.end_headers()
                self.wfile.write(b)
        class Server(http.server.ThreadingHTTPServer):
            def server_bind(self):
                socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self.socket.bind(self.server_address)
                self.server_name, self.server_port = 'pod', self.server_address[1]
        # All of it listens before the port that says that it is ready.
        six = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if six else socket.AF_INET
        servers = [socket.create_server(('', p), backlog=200, family=family, dualstack_ipv6=six) for p in (80, 81)]
        for s in servers: threading.Thread(target=tcp, args=(s,), daemon=True).start()
        for p in (80, 81):
            s = socket.socket(family, socket.SOCK_DGRAM)
            if six: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            s.bind(('', p))
            threading.Thread(target=udp, args=(s,), daemon=True).start()
        Server(('', 7000), Orders).serve_forever()
        """

    /// The only container of such a pod.
    static func container() -> View<Container> {
        View<Container> {
            $0.name = "main"
            $0.image = "host/python3"
            $0.command = ["python3", "-u", "-c", program]
            $0.ports = [
                View<ContainerPort> {
                    $0.name = "serve-81-udp"
                    $0.containerPort = 81
                    $0.protocol = "UDP"
                },
                View<ContainerPort> {
                    $0.name = "serve-80"
                    $0.containerPort = 80
                    $0.protocol = "TCP"
                },
            ]
            $0.json["readinessProbe"] = ["tcpSocket": ["port": .int(Int64(orders))], "periodSeconds": 1]
        }
    }

    static func pod(_ namespace: String, _ name: String, labels: [String: String], node: String? = nil) -> View<Pod> {
        Pod.new(name, namespace: namespace) {
            $0.metadata.labels = labels
            $0.spec.terminationGracePeriodSeconds = 0
            $0.spec.containers = [container()]
            if let node { $0.spec.nodeName = node }
        }
    }

    /// A Service for each port of both transports.
    static func service(_ namespace: String, _ name: String, selector: [String: String], _ more: JSON = [:]) -> View<Service> {
        Service.new(name, namespace: namespace) {
            var spec: JSON = ["selector": .object(JSONObject(selector.map { ($0.key, .string($0.value)) }))]
            spec["ports"] = .array(
                ports.flatMap { port in
                    ["TCP", "UDP"].map { transport in
                        [
                            "name": .string("\(transport.lowercased())-\(port)"), "port": .int(Int64(port)), "protocol": .string(transport),
                        ]
                    }
                })
            for member in more.object ?? [:] { spec[member.key] = member.value }
            $0.json["spec"] = spec
        }
    }

    /// Makes a pod; that waits for the service account of a namespace that is new.
    func make(_ pod: View<Pod>) async throws {
        try await eventually("pod \(pod.key) is made") {
            _ = try await cluster.client.create(pod)
            return true
        }
    }

    /// The pod's main address, when it is ready.
    func address(_ namespace: String, _ name: String) async throws -> String { try await addresses(namespace, name)[0] }

    /// The pod's addresses, when it is ready.
    func addresses(_ namespace: String, _ name: String) async throws -> [String] {
        let key = ObjectKey(namespace: namespace, name: name)
        return try await eventually("\(key) is ready", within: .seconds(60)) {
            let pod: View<Pod> = try await cluster.client.get(Pod.self, key)
            return pod.isReady ? pod.status.podIPs.map(\.ip) : []
        } until: {
            !$0.isEmpty
        }
    }

    func clusterIP(_ namespace: String, _ name: String) async throws -> String { try await clusterIPs(namespace, name)[0] }

    func clusterIPs(_ namespace: String, _ name: String) async throws -> [String] {
        try await cluster.client.get(Service.self, ObjectKey(namespace: namespace, name: name)).spec.clusterIPs
    }

    /// Has the pod at an address do something; returns what it says of each target.
    @discardableResult
    func order(_ what: String, _ address: String, _ targets: [Target] = [], count: Int = 1) async throws -> [String] {
        var configuration = HTTPClientConfiguration(host: address, port: Self.orders, tls: nil)
        configuration.dial = { [network = cluster.network] in try await network.connect(address, port: Self.orders) }
        let client = HTTPClient(configuration)
        defer { client.shutdown() }
        let list: [JSON] = targets.map {
            ["host": .string($0.host), "port": .int(Int64($0.port)), "transport": .string($0.transport)]
        }
        let body: JSON = ["do": .string(what), "targets": .array(list), "count": .int(Int64(count))]
        let answer: HTTPResponse = try await client.send(
            HTTPClientRequest(method: "POST", target: "/", body: Array(body.text().utf8), timeout: .seconds(60)))
        guard answer.status == 200 else { throw TestFailure("the pod at \(address) answers \(answer.status)") }
        return try JSON(parsing: answer.body).array?.compactMap(\.string) ?? []
    }
}
