import Cluster
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Row 20 of what has to work: a file runs a pod whatever happens to its mirror.
    @Suite struct StaticPodEndToEndTests {
        @Test func `a file in the manifests folder runs until it is taken away, with one and the same process`() async throws {
            try await TestHome.with { home in
                try await home.start()
                let folder: String = try home.profile().manifestsFolder
                let path: String = folder + "/web.yaml"
                let text = """
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: web}
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers: [{name: main, image: host, command: [sh, -c, "echo here I am; exec sleep 987654"]}]
                    """
                try await home.bash("cat > \(path) <<'END'\n\(text)\nEND").checked()
                func processes() async throws -> String {
                    try await home.bash("grep -lsa '^sleep.987654' /proc/[0-9]*/cmdline || true").output
                }
                try await eventually("the mirror is ready") {
                    try await home.swkube("get", "pod", "web-local", "-o", "jsonpath={.status.containerStatuses[0].ready}").output == "true"
                }
                #expect(try await home.check("logs", "web-local") == "here I am\n")
                #expect(try await home.check("exec", "web-local", "--", "echo", "and here") == "and here\n")
                let before: String = try await processes()
                #expect(before.split(separator: "\n").count == 1)
                let uid: String = try await home.value("pod/web-local", "{.metadata.uid}")
                #expect(
                    try await home.value("pod/web-local", "{.metadata.annotations['kubernetes\\.io/config\\.source']}") == "file")
                try await home.check("delete", "pod", "web-local")
                try await eventually("the mirror is back") {
                    let found: String = try await home.swkube("get", "pod", "web-local", "-o", "jsonpath={.metadata.uid}").output
                    return !found.isEmpty && found != uid
                }
                #expect(try await processes() == before)
                unlink(path)
                try await eventually("the process has ended") { try await processes().isEmpty }
                try await eventually("the mirror has gone") { try await home.swkube("get", "pod", "web-local").code == 1 }
            }
        }

        @Test func `the cluster's process is a pod of kube-system with its log, and counts its starts`() async throws {
            try await TestHome.with { home in
                try await home.start()
                let pod = "swkube-local"
                func value(_ path: String) async throws -> String {
                    try await home.check("get", "pod", pod, "-n", "kube-system", "-o", "jsonpath=\(path)")
                }
                // It is there as soon as the node is Ready.
                let first: String = try await value("{.status.phase} {.status.containerStatuses[0].ready} {.metadata.uid}")
                #expect(first.hasPrefix("Running true "))
                #expect(try await home.check("logs", pod, "-n", "kube-system").contains("the API answers"))
                try await home.check("delete", "pod", pod, "-n", "kube-system")
                try await eventually("its mirror is back") {
                    let found: Command.Outcome = try await home.swkube(
                        "get", "pod", pod, "-n", "kube-system", "-o", "jsonpath={.status.containerStatuses[0].ready} {.metadata.uid}")
                    return found.output.hasPrefix("true ") && !first.hasSuffix(found.output)
                }
                try await home.check("stop")
                try await home.start()
                #expect(try await value("{.status.containerStatuses[0].restartCount}") == "1")
            }
        }
    }
}
