import Glibc
import Sandbox
import Testing

@Suite struct ExecTests {
    @Test(arguments: [ContainerProcess.ProcessScope.pod, .container])
    func `a program runs beside the container's own, on the caller's descriptors`(scope: ContainerProcess.ProcessScope) async throws {
        let pod = try await Pod()
        var container = pod.shell("main", "echo here > /tmp/mark; echo up; sleep 1000")
        container.processes = scope
        _ = try await pod.sandbox.start(container)
        try await eventually("up") { pod.output("main") == ["up"] }
        let input: String = pod.write("input", "typed\n")
        let from: Int32 = open(input, O_RDONLY)
        let to: Int32 = open("\(pod.folder)/output", O_RDWR | O_CREAT, 0o644)
        var process = pod.shell("main", "cat /tmp/mark; cat; hostname; echo to stderr >&2; exit 5")
        process.environment.append((name: "X", value: "y"))
        let session = try await pod.sandbox.exec(process, input: from, output: to, error: to)
        close(from)
        close(to)
        #expect(try await session.exit().exitCode == 5)
        #expect(contents("\(pod.folder)/output") == "here\ntyped\ntest-0\nto stderr\n")
        try await pod.end()
    }

    @Test func `an exec that cannot start says why, and one in no container too`() async throws {
        let pod = try await Pod()
        _ = try await pod.sandbox.start(pod.process("main", "sleep", "1000"))
        let error = await #expect(throws: SandboxError.self) {
            _ = try await pod.sandbox.exec(pod.process("main", "nope"), input: 0, output: 1, error: 2)
        }
        #expect(error?.description == "exec: \"nope\": executable file not found in $PATH")
        await #expect(throws: SandboxError.setup(stage: "request", errno: ESRCH, path: "other")) {
            _ = try await pod.sandbox.exec(pod.process("other", "true"), input: 0, output: 1, error: 2)
        }
        try await pod.end()
    }

    @Test func `an exec session that outlives its container is ended`() async throws {
        let pod = try await Pod()
        _ = try await pod.sandbox.start(pod.process("main", "sleep", "1000"))
        let session = try await pod.sandbox.exec(pod.process("main", "sleep", "1000"), input: 0, output: 1, error: 2)
        #expect(isAlive(session.pid))
        try await pod.sandbox.signal("main", SIGKILL)
        #expect(try await session.exit().exitCode == 137)
        try await pod.end()
    }
}
