import FoundationEssentials
import Machinery
import TestSupport
import Testing

extension EndToEnd {
    /// `swkube image` and containers from what it brings.
    @Suite struct ImageEndToEndTests {
        private static let busybox = "/bin/busybox"

        @Test(.enabled("there is no /bin/busybox: apt-get install busybox-static", { FileManager.default.fileExists(atPath: busybox) }))
        func `a loaded image runs, can't be removed meanwhile, and goes afterwards`() async throws {
            try await TestHome.with { home in
                let archive: [UInt8] = try #require(
                    ImageMaker.programArchive(
                        Self.busybox, names: ["sh", "cat", "sleep", "id"], tag: "team/tool:1",
                        config: ["Entrypoint": ["/bin/sh", "-c"], "Cmd": ["cat /etc/from-image; id -un; sleep 1000"], "User": "app"]))
                try Data(archive).write(to: URL(filePath: home.folder.file("tool.tar")))
                #expect(try await home.swkube("image", "ls").error.contains("Start one: swkube start"))
                try await home.start()
                #expect(try await home.check("image", "load", home.folder.file("tool.tar")) == "Loaded image: docker.io/team/tool:1\n")
                let line: String = try await home.check("image", "ls").split(separator: "\n").last.map(String.init) ?? ""
                #expect(line.hasPrefix("docker.io/team/tool"))
                try await home.apply(
                    """
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: tool}
                    spec: {terminationGracePeriodSeconds: 1, containers: [{name: main, image: "team/tool:1"}]}
                    """)
                try await eventually("it has spoken") { try await home.swkube("logs", "tool").output == "yes\napp\n" }
                let id: String = try await home.value("pod/tool", "{.status.containerStatuses[0].imageID}")
                #expect(try await home.check("image", "inspect", "team/tool:1").contains(id))
                let refusal: Command.Outcome = try await home.swkube("image", "rm", "team/tool:1")
                #expect(refusal.code == 1)
                #expect(refusal.error == "error: image team/tool:1 is in use by a running container; delete its pod first\n")
                // Another name is no hindrance.
                try await home.check("image", "load", home.folder.file("tool.tar"), "--name", "team/tool:2")
                #expect(try await home.check("image", "rm", "team/tool:2") == "Untagged: docker.io/team/tool:2\n")
                try await home.check("delete", "pod", "tool")
                #expect(
                    try await home.check("image", "rm", "team/tool:1") == "Untagged: docker.io/team/tool:1\nDeleted: \(id)\n")
                #expect(try await home.check("image", "ls").split(separator: "\n").count == 1)
                #expect(try await home.value("hostimage/pause", "{.status.found}") == "true")
            }
        }

        /// Row 26 (c) of what has to work.
        @Test(
            .enabled(
                "docker-registry, skopeo, htpasswd or /bin/busybox are missing",
                { TestRegistry.isAvailable && FileManager.default.fileExists(atPath: busybox) }))
        func `a private image comes with a secret of the registry, and not without`() async throws {
            try await TestHome.with { home in
                let registry = try await TestRegistry(user: TestRegistry.User("ada", "pw"))
                let archive: [UInt8] = try #require(
                    ImageMaker.programArchive(Self.busybox, names: ["sleep"], tag: "x:1", config: ["Cmd": ["/bin/sleep", "1000"]]))
                try Data(archive).write(to: URL(filePath: home.folder.file("x.tar")))
                let image: String = registry.name("team/private:1")
                try await registry.push(home.folder.file("x.tar"), as: image)
                try await home.start()
                func pod(_ name: String, _ more: String) -> String {
                    """
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: \(name)}
                    spec: {terminationGracePeriodSeconds: 1, containers: [{name: main, image: "\(image)"}]\(more)}
                    """
                }
                try await home.apply(pod("without", ""))
                func reason(_ name: String) async throws -> String {
                    try await home.value("pod/" + name, "{.status.containerStatuses[0].state.waiting.reason}")
                }
                try await eventually("it can't be pulled") { try await reason("without") == "ErrImagePull" }
                try await eventually("it backs off") { try await reason("without") == "ImagePullBackOff" }
                try await home.check(
                    "create", "secret", "docker-registry", "registry", "--docker-server=127.0.0.1:\(registry.port)",
                    "--docker-username=ada", "--docker-password=pw")
                try await home.apply(pod("with", ", imagePullSecrets: [{name: registry}]"))
                try await eventually("it runs") { try await home.value("pod/with", "{.status.phase}") == "Running" }
                // What came is there for all, until somebody takes it away.
                #expect(try await home.check("image", "ls").contains("127.0.0.1:\(registry.port)/team/private"))
            }
        }

        @Test func `the catalogue says which programs this machine has, and users add to it`() async throws {
            try await TestHome.with { home in
                try await home.start()
                try await eventually("the shell was found") { try await home.value("hostimage/busybox", "{.status.found}") == "true" }
                try await home.apply(
                    """
                    apiVersion: swkube.dev/v1
                    kind: HostImage
                    metadata: {name: greeter}
                    spec:
                      images: [example.com/greeter]
                      program: sh
                      command: [sh, -c]
                      args: ["echo hello from $0 as $WHO", greeter]
                      env: [{name: WHO, value: nobody}]
                    ---
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: greeter}
                    spec:
                      restartPolicy: Never
                      containers: [{name: main, image: "example.com/greeter:2", env: [{name: WHO, value: me}]}]
                    """)
                try await eventually("it greets") { try await home.swkube("logs", "greeter").output == "hello from greeter as me\n" }
                let bad: Command.Outcome = try await home.swkube(
                    "apply", "-f", "-",
                    input: "{apiVersion: swkube.dev/v1, kind: HostImage, metadata: {name: bad}, spec: {images: [a], program: a}}")
                #expect(bad.error.contains("spec.args: Required value: give command, args or both"))
            }
        }
    }
}
