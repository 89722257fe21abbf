import API
import Client
import Machinery
import TestSupport
import Testing

extension EndToEnd {
    /// Services of the built binary: the kernel does the work, and pods see it.
    @Suite struct NetworkTests {
        /// A server that answers each connection with its pod's name.
        static func servers(_ count: Int) -> String {
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: \(count)
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: host/python3
                    command: ["python3", "-u", "-c", "\(program)"]
                    readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80, targetPort: 8080}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: loyal}
            spec:
              selector: {app: web}
              sessionAffinity: ClientIP
              ports: [{port: 80, targetPort: 8080}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: nobody}
            spec:
              selector: {app: nobody}
              ports: [{port: 80}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: client}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - {name: main, image: host/sleep, command: ["sleep", "1000"]}
            """
        }

        private static let program =
            "import socket\\ns = socket.create_server(('', 8080), backlog=100)\\nn = socket.gethostname().encode()\\n"
            + "while True:\\n  c, _ = s.accept()\\n  c.sendall(n)\\n  c.close()"

        private static let ask =
            "import socket, sys, collections\\n"
            + "r = collections.Counter(socket.create_connection((sys.argv[1], 80), 5).recv(99).decode() for i in range(int(sys.argv[2])))\\n"
            + "print(*sorted(r.values()))"

        @Test func `a service takes its endpoints in exact turn, or keeps its clients`() async throws {
            try await TestHome.with { home in
                try await home.start()
                try await home.apply(Self.servers(3))
                try await eventually("three servers") { try await home.value("deployment/web", "{.status.readyReplicas}") == "3" }
                try await eventually("a client") { try await home.value("pod/client", "{.status.phase}") == "Running" }
                func ask(_ service: String, _ count: Int) async throws -> String {
                    let address: String = try await home.value("service/\(service)", "{.spec.clusterIP}")
                    return try await home.bash(
                        "swkube exec client -- python3 -c \"$(printf '%b' \"\(Self.ask)\")\" \(address) \(count) 2>&1"
                    ).output.split(separator: "\n").last { !$0.hasPrefix("command terminated") }.map(String.init) ?? ""
                }
                try await eventually("all three answer") { try await ask("web", 30) == "10 10 10" }
                #expect(try await ask("web", 300) == "100 100 100")
                #expect(try await ask("loyal", 50) == "50")
                #expect(try await ask("nobody", 1) == "ConnectionRefusedError: [Errno 111] Connection refused")
                // By name too, and from the host.
                let names = "getent hosts web.default.svc.cluster.local | cut -d' ' -f1"
                #expect(
                    try await home.bash("swkube exec client -- sh -c \"\(names)\"").output
                        == home.value("service/web", "{.spec.clusterIP}") + "\n")
                let door: String = try await home.check("service", "web", "--url")
                #expect(door.hasPrefix("http://127."))
                let place: [Substring] = door.dropFirst(7).dropLast().split(separator: ":")
                let answer: Command.Outcome = try await home.bash("cat < /dev/tcp/\(place[0])/\(place[1])")
                #expect(answer.output.hasPrefix("web-"), "\(answer)")
                // The one that is gone is asked no more.
                try await home.check("scale", "deployment/web", "--replicas=2")
                try await eventually("two are left") { try await ask("web", 10) == "5 5" }
            }
        }
    }
}
