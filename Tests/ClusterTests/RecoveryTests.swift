import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// What a cluster does after a death, on a full disk and with damaged data.
    @Suite struct RecoveryTests {
        @Test func `a rollout that a kill interrupted is finished by the next start`() async throws {
            try await TestHome.with { home in
                try await home.start()
                try await home.apply(Manifest.deployment(word: "one"))
                try await eventually("three servers") { try await home.value("deployment/web", "{.status.readyReplicas}") == "3" }
                try await home.apply(Manifest.deployment(word: "two"))
                kill(try await home.pid(), SIGKILL)
                try await eventually("the cluster is seen as died") { try await home.swkube("status").code == 3 }
                try await home.start()
                try await eventually("the rollout is finished", within: .seconds(60)) {
                    try await home.value(
                        "deployment/web",
                        "{.status.observedGeneration} {.status.updatedReplicas} {.status.readyReplicas} {.status.replicas} "
                            + "{.status.unavailableReplicas}")
                } until: {
                    $0 == "2 3 3 3 "
                }
                try await eventually("only new pods are left") {
                    try await home.value("pods", "{.items[*].spec.containers[0].env[0].value}")
                } until: {
                    $0 == "two two two"
                }
                let running: Command.Outcome = try await home.bash("swkube logs deploy/web")
                #expect(running.output == "two\n", "\(running)")
            }
        }

        @Test func `pods outlive the death of the cluster, with their processes`() async throws {
            try await TestHome.with { home in
                try await home.start()
                try await home.apply(Manifest.deployment(replicas: 1))
                try await eventually("the server runs") { try await home.value("deployment/web", "{.status.readyReplicas}") == "1" }
                let identity = "{.items[0].metadata.uid} {.items[0].status.containerStatuses[0].containerID}"
                let before: String = try await home.value("pods", identity)
                kill(try await home.pid(), SIGKILL)
                try await eventually("the cluster is seen as died") { try await home.swkube("status").code == 3 }
                try await home.start()
                try await eventually("the pod is found again") {
                    try await home.value("pods", "{.items[0].status.containerStatuses[0].ready}") == "true"
                }
                let after: String = try await home.value("pods", identity)
                #expect(after == before)
                #expect(try await home.value("pods", "{.items[0].status.containerStatuses[0].restartCount}") == "0")
            }
        }

        @Test func `a damaged database is refused by name, with the way back`() async throws {
            try await TestHome.with { home in
                try await home.start()
                // Enough objects to fill more than the first pages.
                try await home.apply(
                    (0..<80).map { "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c\($0)}\ndata: {key: '\($0)'}" }
                        .joined(separator: "\n---\n"))
                try await home.check("stop")
                let database: String = home.dataFolder + "/clusters/swkube/store/cluster.db"
                try await home.bash(
                    """
                    size=$(stat -c %s \(database))
                    dd if=/dev/urandom of=\(database) bs=1 seek=$((size / 3)) count=$((size / 3)) conv=notrunc
                    """
                ).checked()
                let refused: Command.Outcome = try await home.swkube("start")
                #expect(refused.code == 1)
                #expect(refused.error.contains(database), "\(refused)")
                let mend = "It was left as it is; move it away and put a snapshot or a copy in its place"
                #expect(refused.error.contains(mend), "\(refused)")
                #expect(try await home.swkube("status").code == 3)
            }
        }

        /// Whether this user may mount a file system in namespaces of his own.
        static func canMount() async -> Bool {
            (try? await Command.run("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]))?.code == 0
        }

        @Test(.enabled("unshare(1) may mount here") { await canMount() })
        func `on a full disk writes fail with a sentence, reads go on, and nothing acknowledged is lost`() async throws {
            try await TestHome.with { home in
                let script = """
                    set -u
                    mkdir -p $SWKUBE_HOME && mount -t tmpfs -o size=32m none $SWKUBE_HOME || exit 9
                    swkube start >/dev/null || exit 8
                    head -c 20000 /dev/zero | tr '\\0' x > $HOME/big
                    made=0
                    free=$(df --output=avail -B1 $SWKUBE_HOME | tail -1)
                    head -c $((free - 600000)) /dev/zero > $SWKUBE_HOME/fill
                    for i in $(seq 100); do
                        swkube create configmap c$i --from-file=$HOME/big >/dev/null 2>$HOME/why || break
                        made=$i
                    done
                    echo "made $made"; cat $HOME/why
                    echo "kept $(swkube get configmaps -o name | grep -c configmap/c)"
                    head -c 1000000 /dev/zero > $SWKUBE_HOME/rest 2>/dev/null
                    swkube create configmap late --from-file=$HOME/big 2>&1
                    rm $SWKUBE_HOME/rest $SWKUBE_HOME/fill
                    swkube create configmap after --from-literal=a=b 2>&1
                    kill -9 $(swkube status -o json | sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p'); sleep 0.3
                    swkube start >/dev/null || exit 7
                    echo "again $(swkube get configmaps -o name | grep -c configmap/c)"
                    swkube delete-cluster >/dev/null
                    """
                let path: String = try home.folder.write(script, to: "script.sh")
                let outcome: Command.Outcome = try await Command.run("unshare", ["-rm", "bash", path], environment: home.environment)
                let lines: [String] = outcome.output.split(separator: "\n").map(String.init)
                try #require(outcome.code == 0 && lines.count >= 6, "\(outcome)")
                let made: String = String(lines[0].dropFirst("made ".count))
                let sentence = "Internal error occurred: \(home.dataFolder)/clusters/swkube/store/cluster.db: no space left for writes"
                #expect(Int(made) ?? 0 > 0, "\(outcome)")
                #expect(lines[1].contains(sentence), "\(outcome)")
                #expect(lines[2] == "kept \(made)")
                #expect(lines[3].contains(sentence), "\(outcome)")
                #expect(lines[4] == "configmap/after created", "\(outcome)")
                #expect(lines[5] == "again \(made)", "nothing acknowledged is lost: \(outcome)")
            }
        }
    }
}
