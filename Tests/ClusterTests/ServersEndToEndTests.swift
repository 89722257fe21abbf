import FoundationEssentials
import TestSupport
import Testing

extension EndToEnd {
    /// Programs that everybody knows, from an unmodified manifest.
    @Suite struct ServersEndToEndTests {
        private static let isThere: Bool = Command.path(of: "nginx") != nil && Command.path(of: "redis-server") != nil

        @Test(.enabled("nginx or redis is missing: apt-get install nginx-light redis-server", { isThere }))
        func `three copies of nginx and of redis run beside each other, each on its own port 80 and 6379`() async throws {
            try await TestHome.with { home in
                try await home.start()
                try await home.check("apply", "-f", Case.root + "/samples/servers.yaml")
                for name in ["nginx", "redis"] {
                    try await eventually("three of \(name)", within: .seconds(60)) {
                        try await home.value("deployment/\(name)", "{.status.readyReplicas}") == "3"
                    }
                    let addresses: [Substring] = try await home.check(
                        "get", "pods", "-l", "app=\(name)", "-o", "jsonpath={.items[*].status.podIP}"
                    ).split(separator: " ")
                    #expect(Set(addresses).count == 3)
                }
                for pod in try await home.check("get", "pods", "-l", "app=nginx", "-o", "name").split(separator: "\n") {
                    let page: String = try await home.check(
                        "get", "--raw", "/api/v1/namespaces/default/pods/\(pod.dropFirst(4)):80/proxy/")
                    #expect(page.contains("nginx"))
                    #expect(try await home.check("exec", String(pod), "--", "cat", "/proc/net/tcp").contains(":0050 "))
                }
                for pod in try await home.check("get", "pods", "-l", "app=redis", "-o", "name").split(separator: "\n") {
                    #expect(try await home.check("exec", String(pod), "--", "redis-cli", "ping") == "PONG\n")
                }
            }
        }
    }
}
