import Glibc
import Testing

@testable import Sandbox

@Suite struct ContainerTests {
    @Test func `a program runs and its exit code is told`() async throws {
        let pod = try await Pod()
        let before: Int64 = Host.now
        let exit = try await pod.run(pod.shell("one", "exit 7"))
        #expect(exit.exitCode == 7)
        #expect(exit.signal == nil)
        #expect(before <= exit.startedAt && exit.startedAt <= exit.finishedAt && exit.finishedAt <= Host.now)
        try await pod.end()
    }

    @Test func `a signal reaches the program and ends it as runtimes report it`() async throws {
        let pod = try await Pod()
        let started = try await pod.sandbox.start(pod.process("sleeper", "sleep", "1000"))
        #expect(isAlive(started.pid))
        #expect(contents("/proc/\(started.pid)/cmdline") == "sleep\u{0}1000\u{0}")
        try await pod.sandbox.signal("sleeper", SIGTERM)
        let exit = try await pod.exit(of: "sleeper")
        #expect(exit.exitCode == 143)
        #expect(exit.signal == SIGTERM)
        try await pod.end()
    }

    @Test func `as process 1 of its own namespace a program sees only itself, and ends by TERM as anywhere`() async throws {
        let pod = try await Pod()
        var container = pod.shell("alone", "echo $$; ls -d /proc/[0-9]* | wc -l; exec sleep 1000")
        container.processes = .container
        _ = try await pod.sandbox.start(container)
        try await eventually("two lines") { pod.output("alone").count == 2 }
        #expect(pod.output("alone").first == "1")
        try await pod.sandbox.signal("alone", SIGCHLD)
        try await pod.sandbox.signal("alone", SIGTERM)
        let exit: ContainerExit = try await pod.exit(of: "alone")
        #expect(exit.exitCode == 143)
        #expect(exit.signal == SIGTERM)
        try await pod.end()
    }

    @Test(arguments: ["trap '' TERM", "trap 'echo heard' TERM"])
    func `a process 1 that does something about TERM goes on`(_ trap: String) async throws {
        let pod = try await Pod()
        var container = pod.shell("stubborn", "\(trap); echo ready; while :; do sleep 0.01; done")
        container.processes = .container
        _ = try await pod.sandbox.start(container)
        try await eventually("it is ready") { pod.output("stubborn") == ["ready"] }
        try await pod.sandbox.signal("stubborn", SIGTERM, wholeGroup: false)
        if trap.contains("heard") { try await eventually("it heard") { pod.output("stubborn") == ["ready", "heard"] } }
        try await pod.sandbox.signal("stubborn", SIGKILL)
        #expect(try await pod.exit(of: "stubborn").exitCode == 137)
        try await pod.end()
    }

    @Test func `environment, arguments and working directory are what was given`() async throws {
        let pod = try await Pod()
        var container = pod.process("env", "sh", "-c", "env | sort; pwd; echo \"$1\"; hostname; id -u", "name", "a b  c")
        container.environment += [(name: "GREETING", value: "hallo welt"), (name: "EMPTY", value: "")]
        container.workingDirectory = "/srv/made/for/it"
        #expect(try await pod.run(container).exitCode == 0)
        #expect(
            pod.output("env") == [
                "EMPTY=", "GREETING=hallo welt", "PATH=/usr/bin:/bin", "PWD=/srv/made/for/it", "/srv/made/for/it", "a b  c", "test-0", "0",
            ])
        #expect(!exists("/srv/made"))
        try await pod.end()
    }

    @Test func `a program runs under the numbers that were asked for`() async throws {
        let pod = try await Pod()
        var container = pod.shell("user", "id -u; id -g; echo again > /dev/stdout")
        container.user = .init(uid: 1234, gid: 2345)
        #expect(try await pod.run(container).exitCode == 0)
        #expect(pod.output("user") == ["1234", "2345", "again"])
        try await pod.end()
    }

    @Test func `a program gets the capabilities of a container and no more`() async throws {
        let pod = try await Pod()
        let script = "grep -E 'CapEff|CapBnd' /proc/self/status; mount -t tmpfs x /srv 2>/dev/null || echo refused"
        #expect(try await pod.run(pod.shell("caps", script)).exitCode == 0)
        #expect(pod.output("caps") == ["CapEff:\t00000000a80425fb", "CapBnd:\t00000000a80425fb", "refused"])
        try await pod.end()
    }

    @Test(arguments: [
        (["nope"], "exec: \"nope\": executable file not found in $PATH"),
        (["/nope"], "exec: \"/nope\": stat /nope: no such file or directory"),
        (["/etc/passwd"], "exec: \"/etc/passwd\": permission denied"),
    ])
    func `a program that cannot start is reported before anything is called started`(arguments: [String], text: String) async throws {
        let pod = try await Pod()
        var container = pod.process("bad")
        container.arguments = arguments
        let error = await #expect(throws: SandboxError.self) { _ = try await pod.sandbox.start(container) }
        #expect(error?.description == text)
        #expect(try await pod.sandbox.state().isEmpty)
        // The name is free again.
        container.folder += "2"
        container.arguments = ["true"]
        #expect(try await pod.run(container).exitCode == 0)
        try await pod.end()
    }

    @Test func `a working directory that is a file and a missing volume are reported with their stage`() async throws {
        let pod = try await Pod()
        var container = pod.process("bad", "true")
        container.workingDirectory = "/etc/passwd"
        await #expect(throws: SandboxError.setup(stage: "chdir", errno: ENOTDIR, path: "/etc/passwd")) {
            _ = try await pod.sandbox.start(container)
        }
        container.workingDirectory = nil
        container.folder += "2"
        container.mounts = [Mount(.host(path: "/not/there"), at: "/data")]
        await #expect(throws: SandboxError.setup(stage: "mount source", errno: ENOENT, path: "/not/there")) {
            _ = try await pod.sandbox.start(container)
        }
        try await pod.end()
    }

    @Test func `state tells of running and ended containers until they are acknowledged`() async throws {
        let pod = try await Pod()
        let running = try await pod.sandbox.start(pod.process("running", "sleep", "1000"))
        _ = try await pod.sandbox.start(pod.shell("ended", "exit 3"))
        for await exit in pod.sandbox.events where exit.id == "ended" { break }
        let states = try await pod.sandbox.state()
        #expect(states.map(\.id).sorted() == ["ended", "running"])
        #expect(states.first { $0.id == "running" }?.phase == .running)
        #expect(states.first { $0.id == "running" }?.pid == running.pid)
        guard case .ended(let exit)? = states.first(where: { $0.id == "ended" })?.phase else {
            Issue.record("not ended")
            return
        }
        #expect(exit.exitCode == 3)
        try await pod.sandbox.acknowledge("ended")
        #expect(try await pod.sandbox.state().map(\.id) == ["running"])
        await #expect(throws: SandboxError.setup(stage: "request", errno: ESRCH, path: "ended")) {
            try await pod.sandbox.signal("ended", SIGTERM)
        }
        try await pod.end()
    }

    @Test func `usage of a container is read from the kernel's books`() async throws {
        let pod = try await Pod()
        let started = try await pod.sandbox.start(pod.shell("busy", "sleep 1000 & while :; do :; done"))
        try await eventually("processor time") {
            let usage = ProcessUsage.bySession([started.pid])[started.pid]
            return usage?.processes == 2 && (usage?.cpu ?? 0) > 0 && (usage?.memory ?? 0) > 0
        }
        try await pod.end()
    }

    @Test func `a container that keeps too many threads busy stands back, but for those that rest`() async throws {
        let pod = try await Pod()
        let started = try await pod.sandbox.start(pod.shell("crowd", "sleep 1000 & (while :; do :; done) & while :; do :; done"))
        func niceness() -> [Int32] {
            let children = contents("/proc/\(started.pid)/task/\(started.pid)/children").split(separator: " ")
            let family = [started.pid] + children.compactMap { Int32($0) }
            return family.map { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t($0)) }.sorted()
        }
        try await eventually("three processes") { niceness() == [0, 0, 0] }
        Crowd.standBack(sessions: [started.pid], threshold: 2)
        #expect(niceness() == [0, 0, 0])
        // A shell may rest at the moment of a look.
        try await eventually("the two that are busy stand back") {
            Crowd.standBack(sessions: [started.pid], threshold: 1)
            return niceness() == [0, 19, 19]
        }
        try await pod.end()
    }

    @Test(arguments: [(1, 256), (2, 256), (4, 512), (8, 1024), (64, 1024)])
    func `a pod may have processes by the host's processors`(processors: Int, most: Int64) {
        #expect(Crowd.most(processors: processors) == most)
    }
}
