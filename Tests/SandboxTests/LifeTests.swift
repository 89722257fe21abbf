import Glibc
import Sandbox
import Testing

/// Births, deaths and re-adoption of sandboxes.
@Suite struct LifeTests {
    /// Numbers of the host's processes with this command line.
    private func processes(_ commandLine: String) -> [Int32] {
        var found: [Int32] = []
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let pid = Int32(name) else { continue }
            if contents("/proc/\(name)/cmdline") == commandLine { found.append(pid) }
        }
        return found
    }

    @Test func `a shutdown leaves no process behind, not even a daemon`() async throws {
        let pod = try await Pod()
        let first = try await pod.sandbox.start(pod.shell("detaching", "(setsid sleep 47110815 &) ; echo started; sleep 1000"))
        try await eventually("the daemon") { processes("sleep\u{0}47110815\u{0}").count == 1 }
        await pod.sandbox.shutdown()
        #expect(processes("sleep\u{0}47110815\u{0}").isEmpty)
        #expect(!isAlive(first.pid))
        try await eventually("the parent's end") { !isAlive(pod.sandbox.parentProcess) }
        #expect(!exists("\(pod.folder)/pod/socket"))
        try removeFolder(pod.folder)
    }

    @Test(arguments: [ContainerProcess.ProcessScope.pod, .container])
    func `the end of a container's first process ends its others`(scope: ContainerProcess.ProcessScope) async throws {
        let pod = try await Pod()
        let number: String = scope == .pod ? "47110816" : "47110817"
        var container = pod.shell("first", "(setsid sleep \(number) &) ; echo started; read line < /fifo")
        mkfifo("\(pod.folder)/fifo", 0o600)
        container.mounts = [Mount(.host(path: "\(pod.folder)/fifo"), at: "/fifo")]
        container.processes = scope
        _ = try await pod.sandbox.start(container)
        try await eventually("the daemon") { processes("sleep\u{0}\(number)\u{0}").count == 1 }
        _ = pod.write("fifo", "go\n")
        _ = try await pod.exit(of: "first")
        try await eventually("its end") { processes("sleep\u{0}\(number)\u{0}").isEmpty }
        try await pod.end()
    }

    /// The kernel gives the number of a mount namespace that has gone to the next one.
    @Test func `a pod among the host's processes ends its own and nobody else's`() async throws {
        let pod = try await Pod(hostProcesses: true)
        var container = pod.shell("brief", "exit 0")
        container.processes = .pod
        _ = try await pod.sandbox.start(container)
        for await exit in pod.sandbox.events where exit.id == "brief" { break }
        let others: [Pod] = [try await Pod(), try await Pod(), try await Pod()]
        await pod.sandbox.shutdown()
        for other in others {
            // One that was told to end may answer once more.
            for _ in 0..<2 { #expect(try await other.sandbox.state().isEmpty) }
            try await other.end()
        }
        try removeFolder(pod.folder)
    }

    @Test func `a shutdown gives time to end, and no more than the grace period`() async throws {
        let pod = try await Pod()
        _ = try await pod.sandbox.start(pod.shell("polite", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done"))
        _ = try await pod.sandbox.start(pod.shell("stubborn", "trap '' TERM; echo up; while :; do sleep 0.01; done"))
        try await eventually("both up") { pod.output("polite") == ["up"] && pod.output("stubborn") == ["up"] }
        await pod.sandbox.shutdown(gracePeriod: .milliseconds(500))
        #expect(pod.output("polite").contains("bye"))
        let ends: [ContainerExit] = SandboxRuntime.record(folder: "\(pod.folder)/pod").compactMap {
            if case .ended(let exit) = $0.phase { exit } else { nil }
        }
        #expect(ends.map(\.id) == ["stubborn", "polite"] && ends.map(\.exitCode) == [137, 0] && ends.map(\.signal) == [9, nil])
        try removeFolder(pod.folder)
    }

    @Test func `a kill of the parent ends everything and finishes the events`() async throws {
        let pod = try await Pod()
        let started = try await pod.sandbox.start(pod.process("sleeper", "sleep", "1000"))
        pod.sandbox.kill()
        for await _ in pod.sandbox.events {}
        try await eventually("the container's end") { !isAlive(started.pid) }
        await #expect(throws: SandboxError.gone) { _ = try await pod.sandbox.state() }
        #expect(try await pod.runtime.adopt(folder: "\(pod.folder)/pod") == nil)
        try removeFolder(pod.folder)
    }

    @Test func `an adopted sandbox goes on, and tells what ended meanwhile`() async throws {
        let folder = Pod.newFolder()
        mkfifo("\(folder)/fifo", 0o600)
        var first: Int32 = 0
        var log = ""
        do {
            let runtime = try SandboxRuntime(executable: Pod.executable)
            let sandbox = try await runtime.create(SandboxConfiguration(id: "test", folder: folder + "/pod", hostname: "test"))
            var stays = ContainerProcess(
                id: "stays", folder: folder + "/stays", arguments: ["sleep", "1000"], logPath: folder + "/stays.log")
            stays.environment = [(name: "PATH", value: "/bin")]
            first = try await sandbox.start(stays).pid
            var ends = stays
            ends.id = "ends"
            ends.folder = folder + "/ends"
            ends.logPath = folder + "/ends.log"
            ends.arguments = ["sh", "-c", "read line < /fifo; echo $line; exit 9"]
            ends.mounts = [Mount(.host(path: folder + "/fifo"), at: "/fifo")]
            _ = try await sandbox.start(ends)
            log = folder + "/ends.log"
        }
        let fd: Int32 = open(folder + "/fifo", O_WRONLY)
        write(fd, "alone\n", 6)
        close(fd)
        try await eventually("the line written while nobody watched") { contents(log).hasSuffix("stdout F alone\n") }
        let runtime = try SandboxRuntime(executable: Pod.executable)
        let adopted = try #require(try await runtime.adopt(folder: folder + "/pod"))
        for await exit in adopted.events {
            #expect(exit.id == "ends" && exit.exitCode == 9)
            break
        }
        try await adopted.acknowledge("ends")
        let states = try await adopted.state()
        #expect(states.map(\.id) == ["stays"])
        #expect(states.first?.pid == first && states.first?.phase == .running)
        await adopted.shutdown()
        #expect(!isAlive(first))
        try removeFolder(folder)
    }

    @Test func `a host that lacks the program says so`() async throws {
        let folder = Pod.newFolder()
        let runtime = try SandboxRuntime(executable: "/not/there")
        await #expect(throws: SandboxError.system(call: "posix_spawn", errno: ENOENT, path: "/not/there")) {
            _ = try await runtime.create(SandboxConfiguration(id: "x", folder: folder + "/pod", hostname: "x"))
        }
        try removeFolder(folder)
    }

    @Test func `a folder with a long path is as good as any`() async throws {
        let folder = Pod.newFolder()
        var long = folder
        for _ in 0..<10 {
            long += "/" + String(repeating: "x", count: 40)
            mkdir(long, 0o755)
        }
        let runtime = try SandboxRuntime(executable: Pod.executable)
        let sandbox = try await runtime.create(SandboxConfiguration(id: "x", folder: long + "/pod", hostname: "x"))
        let adopted = try #require(try await runtime.adopt(folder: long + "/pod"))
        #expect(adopted.parentProcess == sandbox.parentProcess)
        await sandbox.shutdown()
        try removeFolder(folder)
    }

    @Test func `root may have a user namespace too`() async throws {
        let pod = try await Pod(userNamespace: true)
        #expect(
            try await pod.run(pod.shell("inside", "id -u; echo mine > /etc/swkube-test; head -c 2 /proc/self/uid_map | wc -c")).exitCode
                == 0)
        #expect(pod.output("inside") == ["0", "2"])
        try await pod.end()
    }
}
