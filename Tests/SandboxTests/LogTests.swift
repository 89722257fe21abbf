import Glibc
import Sandbox
import Testing

@Suite struct LogTests {
    @Test func `lines are written with time, stream and tag`() async throws {
        let pod = try await Pod()
        _ = try await pod.run(pod.shell("lines", "echo one; echo two >&2; echo; printf three"))
        let lines: [Substring] = pod.log("lines").split(separator: "\n")
        for line in lines { #expect(line.wholeMatch(of: /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z std(out|err) [FP] .*/) != nil, "\(line)") }
        #expect(lines.filter { $0.contains(" stdout ") }.map { $0.dropFirst(31) } == ["stdout F one", "stdout F ", "stdout P three"])
        #expect(lines.filter { $0.contains(" stderr ") }.map { $0.dropFirst(31) } == ["stderr F two"])
        var facts = stat()
        #expect(stat("\(pod.folder)/lines.log", &facts) == 0 && facts.st_mode & 0o777 == 0o640)
        try await pod.end()
    }

    @Test func `a long line is cut into parts of 16 KiB`() async throws {
        let pod = try await Pod()
        _ = try await pod.run(pod.shell("long", "head -c 40000 /dev/zero | tr '\\0' x; echo"))
        let lines: [Substring] = pod.log("long").split(separator: "\n")
        #expect(lines.map { $0.dropFirst(38).prefix(1) } == ["P", "P", "F"])
        #expect(lines.map { $0.count - 40 } == [16384, 16384, 7232])
        try await pod.end()
    }

    @Test func `many lines arrive whole and in order`() async throws {
        let pod = try await Pod()
        _ = try await pod.run(pod.shell("many", "seq 1 100000"))
        #expect(pod.output("many") == (1...100_000).map(String.init))
        try await pod.end()
    }

    @Test func `a log that was moved away is opened anew`() async throws {
        let pod = try await Pod()
        let fifo = "\(pod.folder)/fifo"
        mkfifo(fifo, 0o600)
        var container = pod.shell("moved", "echo before; read line < /fifo; echo after")
        container.mounts = [Mount(.host(path: fifo), at: "/fifo")]
        _ = try await pod.sandbox.start(container)
        try await eventually("the first line") { pod.output("moved") == ["before"] }
        rename("\(pod.folder)/moved.log", "\(pod.folder)/moved.log.1")
        try await pod.sandbox.reopenLog("moved")
        _ = pod.write("fifo", "go\n")
        _ = try await pod.exit(of: "moved")
        #expect(pod.output("moved") == ["after"])
        try await pod.end()
    }
}
