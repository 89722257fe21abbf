import Glibc
import Sandbox
import Testing

/// The file system that a container sees, with overlays and with the fallback.
@Suite struct ViewTests {
    @Test(arguments: [false, true])
    func `files and folders appear at paths that the host does not have`(withoutOverlay: Bool) async throws {
        let pod = try await Pod()
        let file = pod.write("file", "from a file\n")
        mkdir("\(pod.folder)/data", 0o755)
        _ = pod.write("data/inside", "from a folder\n")
        let script = """
            cat /etc/swkube-test/deep/config /data/inside /data/sub/config /var/run/secrets/x/config
            echo changed > /data/new
            echo no > /ro/inside || true
            """
        var container = pod.shell("mounts", script)
        container.withoutOverlay = withoutOverlay
        container.mounts = [
            Mount(.host(path: file), at: "/data/sub/config", isReadOnly: true),
            Mount(.host(path: file), at: "/etc/swkube-test/deep/config"),
            Mount(.host(path: "\(pod.folder)/data"), at: "/data"),
            Mount(.host(path: "\(pod.folder)/data"), at: "/ro", isReadOnly: true),
            Mount(.host(path: file), at: "/var/run/secrets/x/config"),
        ]
        #expect(try await pod.run(container).exitCode == 0)
        #expect(pod.output("mounts").filter { $0.hasPrefix("from") } == ["from a file", "from a folder", "from a file", "from a file"])
        #expect(pod.output("mounts").contains { $0.contains("Read-only file system") })
        #expect(contents("\(pod.folder)/data/new") == "changed\n")
        #expect(contents("\(pod.folder)/data/inside") == "from a folder\n")
        #expect(!exists("/etc/swkube-test"))
        try await pod.end()
    }

    /// As /etc/resolv.conf of a host with systemd-resolved: its /run is none of the container's.
    @Test(arguments: ["../run/made/here/file", "/run/made/here/file", "folder/here/file"])
    func `a mount at a link that leads nowhere is where it leads to`(link: String) async throws {
        let pod = try await Pod()
        let file = pod.write("file", "from a file\n")
        mkdir("\(pod.folder)/data", 0o755)
        #expect(symlink(link, "\(pod.folder)/data/link") == 0)
        #expect(symlink("/run/made", "\(pod.folder)/data/folder") == 0)
        var container = pod.shell("main", "cat /data/link /run/made/here/file")
        container.mounts = [Mount(.host(path: "\(pod.folder)/data"), at: "/data"), Mount(.host(path: file), at: "/data/link")]
        #expect(try await pod.run(container).exitCode == 0)
        #expect(pod.output("main") == ["from a file", "from a file"])
        #expect(!exists("\(pod.folder)/data/made"))
        try await pod.end()
    }

    @Test(arguments: [nil, Int64(8 << 20)])
    func `what a container writes is its own`(memoryLayer: Int64?) async throws {
        let pod = try await Pod()
        let script = """
            echo mine > /etc/swkube-test && cat /etc/swkube-test
            echo x > /var/tmp/swkube-only
            echo t > /tmp/swkube-only
            echo r > /run/r
            """
        var writer = pod.shell("writer", script)
        writer.memoryLayer = memoryLayer
        #expect(try await pod.run(writer).exitCode == 0)
        #expect(pod.output("writer").first == "mine")
        #expect(
            try await pod.run(pod.shell("reader", "ls /etc/swkube-test /var/tmp/swkube-only /tmp/swkube-only 2>&1 | grep -c 'No such'"))
                .exitCode == 0)
        #expect(pod.output("reader") == ["3"])
        for path in ["/etc/swkube-test", "/var/tmp/swkube-only", "/tmp/swkube-only", "/run/r"] { #expect(!exists(path)) }
        try await pod.end()
    }

    @Test(arguments: [false, true])
    func `a read-only root refuses every write but those to volumes`(withoutOverlay: Bool) async throws {
        let pod = try await Pod()
        let script = """
            for d in / /etc /usr /var/tmp /tmp /root /run; do touch $d/x 2>/dev/null && echo $d; done
            touch /cache/x && echo cache
            echo d > /dev/null && echo dev
            """
        var container = pod.shell("ro", script)
        container.readOnlyRoot = true
        container.withoutOverlay = withoutOverlay
        container.mounts = [Mount(.memory(size: 1 << 20, mode: 0o1777), at: "/cache")]
        #expect(try await pod.run(container).exitCode == 0)
        #expect(pod.output("ro") == ["cache", "dev"])
        try await pod.end()
    }

    @Test func `memory volumes hold no more than their size`() async throws {
        let pod = try await Pod()
        var container = pod.shell("memory", "stat -f -c %T /cache; head -c 2000000 /dev/zero > /cache/x 2>/dev/null || echo full")
        container.mounts = [Mount(.memory(size: 1 << 20, mode: 0o755), at: "/cache")]
        _ = try await pod.run(container)
        #expect(pod.output("memory") == ["tmpfs", "full"])
        try await pod.end()
    }

    @Test func `memory of the sandbox is shared by its containers and not seen by the host`() async throws {
        let pod = try await Pod()
        mkdir("\(pod.folder)/shared", 0o755)
        try await pod.sandbox.mountMemory(at: "\(pod.folder)/shared", size: 1 << 20)
        var writer = pod.shell("writer", "echo kept > /shared/file")
        var reader = pod.shell("reader", "cat /shared/file; stat -f -c %T /shared")
        writer.mounts = [Mount(.host(path: "\(pod.folder)/shared"), at: "/shared")]
        reader.mounts = writer.mounts
        _ = try await pod.run(writer)
        _ = try await pod.run(reader)
        #expect(pod.output("reader") == ["kept", "tmpfs"])
        #expect(!exists("\(pod.folder)/shared/file"))
        try await pod.end()
    }

    @Test func `devices, proc and sys are a container's`() async throws {
        let pod = try await Pod()
        let script = """
            echo x > /dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c
            ls -d /dev/pts/ptmx /dev/shm /dev/fd /dev/mqueue
            echo s > /dev/shm/s; stat -f -c %T /dev/shm; (echo 1 > /proc/sys/kernel/hostname) 2>/dev/null || echo protected
            touch /sys/x 2>/dev/null || echo read-only; cat /proc/timer_list | wc -c
            """
        _ = try await pod.run(pod.shell("dev", script))
        #expect(
            pod.output("dev") == ["4", "4", "/dev/fd", "/dev/mqueue", "/dev/pts/ptmx", "/dev/shm", "tmpfs", "protected", "read-only", "0"])
        try await pod.end()
    }

    @Test func `masked paths and the sandbox's parent are out of reach`() async throws {
        let hidden = Pod.newFolder()
        let fd: Int32 = open(hidden + "/secret", O_WRONLY | O_CREAT, 0o644)
        close(fd)
        let pod = try await Pod(maskedPaths: [hidden])
        let script = """
            ls -A \(hidden)
            ls /proc/1/root /proc/1/cwd/ 2>/dev/null
            ls -l /proc/1/exe >/dev/null 2>&1 || echo refused
            """
        _ = try await pod.run(pod.shell("mask", script))
        #expect(pod.output("mask") == ["refused"])
        try await pod.end()
        try removeFolder(hidden)
    }

    @Test func `a link in a volume cannot lead a sub-path out of it`() async throws {
        let pod = try await Pod()
        mkdir("\(pod.folder)/volume", 0o755)
        mkdir("\(pod.folder)/volume/real", 0o755)
        symlink("/etc", "\(pod.folder)/volume/escape")
        _ = pod.write("volume/real/file", "inside\n")
        var container = pod.shell("sub", "cat /here/file")
        container.mounts = [Mount(.below(folder: "\(pod.folder)/volume", path: "real"), at: "/here")]
        _ = try await pod.run(container)
        #expect(pod.output("sub") == ["inside"])
        container.id = "bad"
        container.folder = "\(pod.folder)/bad"
        container.mounts = [Mount(.below(folder: "\(pod.folder)/volume", path: "escape"), at: "/here")]
        await #expect(throws: SandboxError.setup(stage: "mount source", errno: EXDEV, path: "\(pod.folder)/volume")) {
            _ = try await pod.sandbox.start(container)
        }
        try await pod.end()
    }

    @Test func `a mount in a volume reaches the containers that want it, those to come too`() async throws {
        let pod = try await Pod()
        let volume = "\(pod.folder)/volume"
        mkdir(volume, 0o755)
        func listener(_ id: String, _ propagation: Mount.Propagation) -> ContainerProcess {
            var container = pod.shell(id, "while ! [ -e /v/done ]; do sleep 0.01; done; ls /v/m")
            container.mounts = [Mount(.host(path: volume), at: "/v", propagation: propagation)]
            return container
        }
        _ = try await pod.sandbox.start(listener("early", .hostToContainer))
        _ = try await pod.sandbox.start(listener("apart", .none))
        var speaker = pod.shell("speaker", "mkdir /v/m && mount -t tmpfs none /v/m && touch /v/m/file && echo mounted; sleep 1000")
        speaker.capabilities = .max
        speaker.isPrivileged = true
        speaker.mounts = [Mount(.host(path: volume), at: "/v", propagation: .bidirectional)]
        _ = try await pod.sandbox.start(speaker)
        try await eventually("it is mounted") { pod.output("speaker") == ["mounted"] }
        _ = try await pod.sandbox.start(listener("late", .hostToContainer))
        _ = pod.write("volume/done", "")
        try await eventually("both see it") { pod.output("early") == ["file"] && pod.output("late") == ["file"] }
        for try await exit in pod.sandbox.events where exit.id == "apart" { break }
        #expect(pod.output("apart") == [])
        #expect(!contents("/proc/self/mountinfo").contains(volume))
        try await pod.end()
    }

    @Test func `layers of an image are the root`() async throws {
        let pod = try await Pod()
        mkdir("\(pod.folder)/layer", 0o755)
        var container = pod.process("image", "/bin/true")
        container.layers = ["\(pod.folder)/layer"]
        await #expect(throws: SandboxError.setup(stage: "exec", errno: ENOENT, path: "/bin/true")) {
            _ = try await pod.sandbox.start(container)
        }
        container.folder += "2"
        container.arguments = ["/usr/bin/env", "sh", "-c", "ls /"]
        container.mounts = ["/usr", "/bin", "/lib", "/lib64"].map { Mount(.host(path: $0), at: $0, isReadOnly: true) }
        #expect(try await pod.run(container).exitCode == 0)
        #expect(pod.output("image") == ["bin", "dev", "lib", "lib64", "proc", "run", "sys", "tmp", "usr"])
        try await pod.end()
    }

    @Test func `an image may have many layers with odd and long paths, and be a volume too`() async throws {
        let pod = try await Pod()
        var layers: [String] = []
        for number in 0..<12 {
            let layer = "\(pod.folder)/layer:\(number),\(String(repeating: "x", count: 150))"
            mkdir(layer, 0o755)
            let fd: Int32 = open("\(layer)/file-\(number)", O_WRONLY | O_CREAT, 0o644)
            close(fd)
            layers.insert(layer, at: 0)
        }
        #expect(mknod(layers[0] + "/file-3", S_IFCHR, 0) == 0)
        var container = pod.process("many", "/host/bin/sh", "-c", "/host/bin/ls /; /host/bin/ls /volume; echo x > /file-1")
        container.environment = [(name: "LD_LIBRARY_PATH", value: "/host/lib")]
        container.layers = layers
        container.mounts = ["/usr", "/lib", "/lib64"].map { Mount(.host(path: $0), at: $0, isReadOnly: true) }
        container.mounts += [Mount(.host(path: "/usr"), at: "/host", isReadOnly: true), Mount(.layers(layers, path: ""), at: "/volume")]
        #expect(try await pod.run(container).exitCode == 0)
        let files: [String] = (0..<12).filter { $0 != 3 }.map { "file-\($0)" }.sorted()
        let all: [String] = pod.output("many").filter { $0.hasPrefix("file-") }
        #expect(all == files + files)
        #expect(contents(layers[10] + "/file-1").isEmpty)
        try await pod.end()
    }

    @Test func `the host's mounts are as before`() async throws {
        let before: String = contents("/proc/self/mountinfo")
        let pod = try await Pod()
        #expect(try await pod.run(pod.process("true", "true")).exitCode == 0)
        #expect(contents("/proc/self/mountinfo") == before)
        try await pod.end()
        #expect(contents("/proc/self/mountinfo") == before)
    }
}
