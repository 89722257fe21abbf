import Cluster
import Glibc
import Machinery
import TestSupport
import Testing

extension EndToEnd {
    /// `start`, `status`, `stop` and `delete-cluster`, as a user meets them.
    @Suite struct StartTests {
        @Test func `a cluster is absent, running, stopped, died, and never taken for another of these`() async throws {
            try await TestHome.with { home in
                let absent: Command.Outcome = try await home.swkube("status")
                #expect(absent.code == 4 && absent.output.hasPrefix("There is no cluster swkube in \(home.dataFolder)/clusters/swkube."))
                try await home.start()
                let running: Command.Outcome = try await home.swkube("status")
                #expect(running.code == 0 && running.output.hasPrefix("Cluster swkube runs at https://127.0.0.1:"), "\(running)")
                #expect(try await home.value("nodes", "{.items[*].status.conditions[?(@.type==\"Ready\")].status}") == "True")
                try await home.check("stop")
                let stopped: Command.Outcome = try await home.swkube("status")
                #expect(stopped.code == 3 && stopped.output == "Cluster swkube is stopped. Start it: swkube start\n", "\(stopped)")
                let refused: Command.Outcome = try await home.swkube("get", "pods")
                #expect(refused.code == 1, "\(refused)")
                #expect(refused.error.contains("did you specify the right host or port?"), "\(refused)")
                try await home.start()
                let pid: Int32 = try await home.pid()
                kill(pid, SIGKILL)
                try await eventually("the cluster is seen as died") { try await home.swkube("status").code == 3 }
                let died: Command.Outcome = try await home.swkube("status")
                #expect(died.output.hasPrefix("Cluster swkube died: process \(pid) ended without being stopped."), "\(died)")
                try await home.check("delete-cluster")
                #expect(try await home.swkube("status").code == 4)
            }
        }

        @Test func `a second start changes nothing, whether it asks nicely or takes the folder`() async throws {
            try await TestHome.with { home in
                try await home.start()
                let pid: Int32 = try await home.pid()
                let again: Command.Outcome = try await home.swkube("start")
                #expect(again.code == 0 && again.output.hasPrefix("Cluster swkube runs already at https://127.0.0.1:"), "\(again)")
                let rival: Command.Outcome = try await home.swkube("start", "--foreground")
                #expect(rival.code == 1)
                #expect(
                    rival.error.contains(
                        "cluster swkube runs already (process \(pid)) on \(home.dataFolder)/clusters/swkube. See it: swkube status"),
                    "\(rival)")
                #expect(try await home.pid() == pid)
            }
        }

        @Test func `a port in use is named, and nothing is left half started`() async throws {
            try await TestHome.with { home in
                try await home.start()
                guard case .running(let cluster) = try home.profile().state else { throw TestFailure("the cluster does not run") }
                let refused: Command.Outcome = try await home.swkube("start", "--cluster", "two", "--port", "\(cluster.port)")
                #expect(refused.code == 1)
                #expect(refused.error.contains("port \(cluster.port) on 127.0.0.1 is taken by another program."), "\(refused)")
                #expect(try !home.profile("two").hasFolder)
                #expect(try await home.bash("swkube config current-context").output == "swkube\n")
            }
        }

        @Test func `several clusters run side by side with data of their own`() async throws {
            try await TestHome.with { home in
                try await home.check("start", "--cluster", "eu")
                try await home.check("start", "--cluster", "us")
                try await home.check("create", "namespace", "only-us", "--context", "swkube-us")
                #expect(try await home.swkube("get", "namespace", "only-us", "--context", "swkube-us").code == 0)
                let other: Command.Outcome = try await home.swkube("get", "namespace", "only-us", "--context", "swkube-eu")
                #expect(other.error == "Error from server (NotFound): namespaces \"only-us\" not found\n", "\(other)")
                try await home.check("delete-cluster", "--cluster", "us")
                #expect(try await home.swkube("get", "nodes", "--context", "swkube-eu").code == 0)
            }
        }

        @Test func `data and port outlive a stop`() async throws {
            try await TestHome.with { home in
                try await home.start()
                try await home.check("create", "configmap", "kept", "--from-literal=key=value")
                let uid: String = try await home.value("configmap/kept", "{.metadata.uid}")
                let server: String = try await home.check("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
                try await home.check("stop")
                try await home.start()
                #expect(try await home.value("configmap/kept", "{.metadata.uid}") == uid)
                #expect(try await home.check("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}") == server)
            }
        }

        @Test func `the kubeconfig keeps what else stands in it`() async throws {
            try await TestHome.with { home in
                let before = """
                    # my own file
                    apiVersion: v1
                    kind: Config
                    current-context: work
                    clusters:
                    - name: work
                      cluster: {server: "https://work.example:6443", insecure-skip-tls-verify: true}
                    contexts:
                    - name: work
                      context: {cluster: work, user: me, namespace: team}
                    users:
                    - name: me
                      user: {token: secret}
                    preferences: {}
                    """
                try home.folder.write(before, to: "kubeconfig")
                try await home.start()
                #expect(try await home.check("config", "current-context") == "swkube\n")
                let names: String = try await home.check("config", "get-contexts", "-o", "name")
                #expect(Set(names.split(separator: "\n")) == ["swkube", "work"])
                try await home.check("delete-cluster")
                let after: JSON = try #require(try YAML.documents(Array(try home.folder.read("kubeconfig").utf8), file: nil).first?.json)
                let wanted: JSON = try #require(try YAML.documents(Array(before.utf8), file: nil).first?.json)
                for section in ["clusters", "contexts", "users"] { #expect(after[section] == wanted[section], "\(section)") }
                let mode: Command.Outcome = try await home.bash("stat -c %a $KUBECONFIG $SWKUBE_HOME/clusters; ls $SWKUBE_HOME/clusters")
                #expect(mode.output.hasPrefix("600\n"), "\(mode)")
                // A file of its own is made where it is wanted.
                let own: String = home.folder.file("own/config")
                try await home.check("start", "--kubeconfig", own)
                #expect(try await home.check("config", "current-context", "--kubeconfig", own) == "swkube\n")
                try await home.check("delete-cluster", "--kubeconfig", own)
            }
        }
    }
}
