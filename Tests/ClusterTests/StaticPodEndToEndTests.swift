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
                      containers: [{name: main, image: host, command: [sh, -c, "exec sleep 987654"]}]
                    """
                try await home.bash("cat > \(path) <<'END'\n\(text)\nEND").checked()
                func processes() async throws -> String {
                    try await home.bash("grep -lsa '^sleep.987654' /proc/[0-9]*/cmdline || true").output
                }
                try await eventually("the mirror is ready") {
                    try await home.swkube("get", "pod", "web-local", "-o", "jsonpath={.status.containerStatuses[0].ready}").output == "true"
                }
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
    }
}
