import API
import Client
import FoundationEssentials
import Images
import Kubelet
import Machinery
import Sandbox
import Synchronization
import TestSupport
import Testing

/// Containers from images: of the store, of a registry, of the catalogue.
@Suite(.serialized) struct ImageTests {
    private static let busybox = "/bin/busybox"
    private static var hasBusybox: Bool { FileManager.default.fileExists(atPath: busybox) }
    private static let names = ["sh", "cat", "id", "echo", "env", "ls", "sleep", "touch", "stat", "pwd", "true", "kill"]

    private static func archive(_ tag: String, _ config: JSON) throws -> [UInt8] {
        try #require(ImageMaker.programArchive(busybox, names: names, tag: tag, config: config))
    }

    private static func load(_ node: TestNode, _ tag: String, _ config: JSON) throws {
        let path: String = node.folder.file("archive.tar")
        try Data(archive(tag, config)).write(to: URL(filePath: path))
        let store = try ImageStore(folder: node.configuration.imagesFolder)
        _ = try ArchiveLoader(store, platform: Platform(architecture: Host.architecture)).load(path: path)
    }

    @Test(.enabled("there is no /bin/busybox: apt-get install busybox-static", { hasBusybox }))
    func `a container of a loaded image runs in the image's own files, as the image says`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            try Self.load(
                node, "test/app:1",
                [
                    "Entrypoint": ["/bin/sh", "-c"],
                    "Cmd": ["cat /etc/from-image; pwd; id -u; id -g; echo $HOME $COLOR; ls /usr 2>&1; touch /x || echo no"],
                    "Env": ["PATH=/bin", "COLOR=blue"], "User": "app", "WorkingDir": "/srv/deep",
                ])
            try await node.run("app", ["restartPolicy": "Never", "containers": [["name": "main", "image": "test/app:1"]]])
            let pod: View<Pod> = try await node.waitForPhase("app", "Succeeded")
            let lines: [Substring] = try await node.log(kubelet, pod).split(separator: "\n")
            #expect(lines.prefix(5) == ["yes", "/srv/deep", "1234", "2345", "/home/app blue"])
            #expect(lines.contains { $0.contains("/usr: No such file or directory") })
            #expect(pod.main.imageID.hasPrefix("sha256:"))
            #expect(pod.main.image == "test/app:1")
            #expect(
                try await node.events("app").contains(
                    "Pulled: Container image \"test/app:1\" already present on machine and can be accessed by the pod"))
            // It is in use as long as the pod is there.
            let store = try ImageStore(folder: node.configuration.imagesFolder)
            let inUse: Set<Digest> = Kubelet.imagesInUse(stateFolder: node.configuration.stateFolder)
            #expect(try store.images().map(\.manifest).allSatisfy { inUse.contains($0) } || pod.isFinished)
            // The node says what it holds.
            let key = ObjectKey(namespace: "", name: TestNode.name)
            try await eventually("the node's status has the image") {
                node.clock.advance(by: .seconds(10))
                return try await node.client.get(Node.self, key).status.images.first?.names.contains("docker.io/test/app:1") == true
            }
        }
        await node.end()
    }

    @Test(.enabled("there is no /bin/busybox: apt-get install busybox-static", { hasBusybox }))
    func `a user of the image that is no number cannot be proved not to be root`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try Self.load(node, "test/named:1", ["Cmd": ["/bin/true"], "User": "app"])
            try await node.run(
                "named",
                [
                    "restartPolicy": "Never", "securityContext": ["runAsNonRoot": true],
                    "containers": [["name": "main", "image": "test/named:1"]],
                ])
            let pod: View<Pod> = try await node.wait("named", "waits") { $0.main.state.waiting?.reason == "CreateContainerConfigError" }
            let place = "(pod: \"named_default(\(pod.metadata.uid))\", container: main)"
            #expect(
                pod.main.state.waiting?.message
                    == "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root \(place)")
        }
        await node.end()
    }

    @Test(.enabled("docker-registry, skopeo and htpasswd are not on PATH", { TestRegistry.isAvailable && hasBusybox }))
    func `an image of a registry comes with the secret that the pod names, and not without`() async throws {
        let node = try await TestNode()
        let registry = try await TestRegistry(user: TestRegistry.User("ada", "pw"))
        let image: String = registry.name("team/app:1")
        try Data(Self.archive("x:1", ["Cmd": ["/bin/echo", "from the registry"], "Env": ["PATH=/bin"]])).write(
            to: URL(filePath: node.folder.file("archive.tar")))
        try await registry.push(node.folder.file("archive.tar"), as: image)
        try await node.withKubelet { kubelet in
            try await node.run("without", ["restartPolicy": "Never", "containers": [["name": "main", "image": .string(image)]]])
            let waiting: View<Pod> = try await node.wait("without", "fails") { $0.main.state.waiting?.reason == "ErrImagePull" }
            #expect(waiting.main.state.waiting?.message.contains("no basic auth credentials") == true)
            try await node.wait("without", "backs off") { $0.main.state.waiting?.reason == "ImagePullBackOff" }
            let auths = "{\"auths\": {\"127.0.0.1:\(registry.port)\": {\"username\": \"ada\", \"password\": \"pw\"}}}"
            try await node.client.create(
                Secret.new("registry", namespace: "default") {
                    $0.type = "kubernetes.io/dockerconfigjson"
                    $0.data = [".dockerconfigjson": Base64Text.encode(Array(auths.utf8))]
                })
            try await node.run(
                "with",
                [
                    "restartPolicy": "Never", "imagePullSecrets": [["name": "registry"]],
                    "containers": [["name": "main", "image": .string(image)]],
                ])
            let pod: View<Pod> = try await node.waitForPhase("with", "Succeeded")
            #expect(try await node.log(kubelet, pod) == "from the registry\n")
            #expect(pod.main.imageID.hasPrefix(registry.name("team/app@sha256:")))
            let events: [String] = try await node.events("with")
            #expect(events.contains("Pulling: Pulling image \"\(image)\""))
            #expect(events.contains { $0.hasPrefix("Pulled: Successfully pulled image \"\(image)\" in ") })
        }
        await node.end()
    }

    @Test(.enabled("docker-registry, skopeo and htpasswd are not on PATH", { TestRegistry.isAvailable && hasBusybox }))
    func `a node that is short of disk removes images that nobody uses, and no pod`() async throws {
        let node = try await TestNode()
        let registry = try await TestRegistry()
        func push(_ name: String, _ words: String) async throws {
            let config: JSON = ["Cmd": ["/bin/sh", "-c", "sleep 1000"], "Env": ["PATH=/bin", .string("WORDS=" + words)]]
            try Data(Self.archive("x:1", config)).write(to: URL(filePath: node.folder.file("archive.tar")))
            try await registry.push(node.folder.file("archive.tar"), as: registry.name(name))
        }
        try await push("used:1", "a")
        try await push("unused:1", "b")
        try Self.load(node, "test/loaded:1", ["Cmd": ["/bin/true"]])
        let store = try ImageStore(folder: node.configuration.imagesFolder)
        let unused: String = registry.name("unused:1")
        let isShort = Mutex(false)
        @Sendable func pressure() -> NodePressure {
            let room = DiskSpace(capacity: 1 << 30, available: 1 << 29, inodes: 0, availableInodes: 0)
            let none = DiskSpace(capacity: 1 << 30, available: 1 << 20, inodes: 0, availableInodes: 0)
            let isLow: Bool = isShort.withLock { $0 } && ((try? store.images().contains { $0.tags.contains(unused) }) ?? false)
            return NodePressure(memoryAvailable: .max, disk: isLow ? none : room)
        }
        try await node.withKubelet(
            { $0.pressure = pressure },
            { _ in
                for name in ["used", "unused"] {
                    try await node.run(name, ["containers": [["name": "main", "image": .string(registry.name(name + ":1"))]]])
                    try await node.waitForPhase(name, "Running")
                }
                try await node.delete("unused", gracePeriodSeconds: 0)
                try await node.waitUntilGone("unused")
                #expect(try store.images().count == 3)
                try await eventually("one is in use") {
                    Kubelet.imagesInUse(stateFolder: node.configuration.stateFolder).count == 1
                }
                isShort.withLock { $0 = true }
                try await eventually("the image goes") {
                    node.clock.advance(by: .seconds(10))
                    return try store.images().count == 2
                }
                #expect(try store.images().flatMap(\.tags).sorted() == [registry.name("used:1"), "docker.io/test/loaded:1"].sorted())
                #expect(try await node.pod("used").status.phase == "Running")
            })
        await node.end()
    }

    @Test func `bad names, policies and missing programs say what to do`() async throws {
        let node = try await TestNode()
        try await node.client.create(
            HostImage.new("odd") {
                var spec = View<HostImageSpec>()
                spec.images = ["odd"]
                spec.program = "no-such-program"
                spec.args = ["no-such-program"]
                spec.install = "apt-get install -y odd"
                $0.spec = spec
            })
        try await node.withKubelet { _ in
            func message(_ name: String, _ image: String, _ reason: String, policy: String = "IfNotPresent") async throws -> String {
                try await node.run(name, ["containers": [["name": "main", "image": .string(image), "imagePullPolicy": .string(policy)]]])
                let pod: View<Pod> = try await node.wait(name, reason) { $0.main.state.waiting?.reason == reason }
                return pod.main.state.waiting?.message ?? ""
            }
            #expect(
                try await message("bad", "Web:1", "InvalidImageName")
                    == "Failed to apply default image tag \"Web:1\": couldn't parse image name \"Web:1\": invalid reference format: "
                    + "repository name (library/Web) must be lowercase")
            #expect(
                try await message("never", "127.0.0.1:1/a:1", "ErrImageNeverPull", policy: "Never")
                    == "Container image \"127.0.0.1:1/a:1\" is not present with pull policy of Never")
            #expect(
                try await message("odd", "odd:2", "ErrImagePull")
                    == "this node has no program no-such-program to run image \"odd:2\" with (HostImage odd): apt-get install -y odd, "
                    + "or bring the image itself: swkube image pull odd:2, swkube image load FILE")
            // It need not wait for the end of its back-off when what it waits for comes.
            try await node.wait("odd", "backs off") { $0.main.state.waiting?.reason == "ImagePullBackOff" }
            let change: JSON = ["spec": ["program": "sh", "args": ["sh", "-c", "sleep 1000"]]]
            try await node.client.patch(HostImage.self, ObjectKey(namespace: "", name: "odd"), change, as: .mergePatch)
            try await node.waitForPhase("odd", "Running")
            try await node.client.patch(
                HostImage.self, ObjectKey(namespace: "", name: "odd"), ["spec": ["program": "no-such-program"]], as: .mergePatch)
            #expect(try await message("nobody", "127.0.0.1:1/a:1", "ErrImagePull").contains("connection refused"))
            try await eventually("the catalogue says that the program is missing") {
                let entry: View<HostImage> = try await node.client.get(HostImage.self, ObjectKey(namespace: "", name: "odd"))
                return entry.json["status"] != nil && !entry.status.found && entry.status.message.contains("apt-get install -y odd")
            }
        }
        await node.end()
    }

    @Test func `an entry of the catalogue runs the node's program with its files, folders and variables`() async throws {
        let node = try await TestNode()
        try await node.client.create(
            View<HostImage>([
                "apiVersion": "swkube.dev/v1", "kind": "HostImage", "metadata": ["name": "shell"],
                "spec": [
                    "images": ["team/shell"], "program": "sh", "command": ["sh", "-c"],
                    "args": ["cat /etc/app/app.conf; echo $MODE; mv /var/lib/app/seed /var/lib/app/x && ls /var/lib/app; pwd; id -u"],
                    "env": [["name": "MODE", "value": "fast"]], "workingDir": "/work", "user": "1234", "folders": ["/var/lib/app"],
                    "files": [["path": "/etc/app/app.conf", "content": "color = blue\n"], ["path": "/var/lib/app/seed", "content": ""]],
                ],
            ]))
        try await node.withKubelet { kubelet in
            try await node.run("shell", ["restartPolicy": "Never", "containers": [["name": "main", "image": "team/shell:7"]]])
            let pod: View<Pod> = try await node.waitForPhase("shell", "Succeeded")
            #expect(try await node.log(kubelet, pod) == "color = blue\nfast\nx\n/work\n1234\n")
            #expect(pod.main.imageID.hasPrefix("host:///"))
            try await node.run(
                "other",
                ["restartPolicy": "Never", "containers": [["name": "main", "image": "team/shell:7", "args": ["echo $MODE; exit 3"]]]])
            let other: View<Pod> = try await node.waitForPhase("other", "Failed")
            #expect(try await node.log(kubelet, other) == "fast\n")
            #expect(other.main.state.terminated?.exitCode == 3)
        }
        await node.end()
    }

    @Test func `the image pause waits for its end, and no longer`() async throws {
        let node = try await TestNode()
        try await node.client.create(
            View<HostImage>([
                "apiVersion": "swkube.dev/v1", "kind": "HostImage", "metadata": ["name": "pause"],
                "spec": ["images": ["registry.k8s.io/pause"], "program": "/pause", "builtin": "pause", "command": ["/pause"]],
            ]))
        try await node.withKubelet { _ in
            try await node.run("pause", ["containers": [["name": "main", "image": "registry.k8s.io/pause:3.10"]]])
            try await node.waitForPhase("pause", "Running")
            try await node.delete("pause", gracePeriodSeconds: 1000)
            try await node.waitUntilGone("pause")
        }
        await node.end()
    }
}
