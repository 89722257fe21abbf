import Glibc
import Sandbox
import TestSupport
import Testing

/// Terminals, attachments and sockets: what runs through the sandbox parent while a pod lives.
@Suite struct StreamTests {
    private let all = ProgramStreams.Choice(input: true, output: true, error: true)
    private let terminal = WindowSize(rows: 24, columns: 80)

    // MARK: - Exec

    @Test func `a program has its three streams apart, and its stdin ends when it is finished`() async throws {
        let pod = try await Pod()
        _ = try await pod.sandbox.start(pod.process("main", "sleep", "1000"))
        let streams = try await pod.sandbox.exec(pod.shell("main", "wc -c; echo oops >&2; exit 3"), streams: all)
        let sent = [UInt8](repeating: 65, count: 1_000_000)
        #expect(await streams.input?.write(sent) == true)
        streams.input?.finish()
        #expect(await text(streams.output) == "1000000\n")
        #expect(await text(streams.error) == "oops\n")
        #expect(try await streams.session?.exit().exitCode == 3)
        streams.close()
        try await pod.end()
    }

    @Test func `a program on a terminal sees it, its size, and the size's changes`() async throws {
        let pod = try await Pod()
        _ = try await pod.sandbox.start(pod.process("main", "sleep", "1000"))
        var process = pod.shell("main", "tty; stty size; trap 'stty size; exit 7' WINCH; echo ready; while :; do sleep 0.05; done")
        process.terminal = terminal
        // Another program first: what it was given must not be taken for this one's.
        let before = try await pod.sandbox.exec(pod.process("main", "true"), streams: all)
        #expect(try await before.session?.exit().exitCode == 0)
        before.close()
        let streams = try await pod.sandbox.exec(process, streams: all)
        #expect(streams.error == nil)
        var seen = ""
        while !seen.contains("ready"), let bytes = await streams.output?.read() { seen += String(decoding: bytes, as: UTF8.self) }
        #expect(seen == "/dev/pts/0\r\n24 80\r\nready\r\n")
        await streams.resize(WindowSize(rows: 50, columns: 132))
        #expect(await text(streams.output) == "50 132\r\n")
        #expect(try await streams.session?.exit().exitCode == 7)
        streams.close()
        try await pod.end()
    }

    @Test func `keys make signals on a terminal, and its end hangs up`() async throws {
        let pod = try await Pod()
        _ = try await pod.sandbox.start(pod.process("main", "sleep", "1000"))
        var process = pod.shell("main", "trap 'echo interrupted' INT; echo ready; while :; do sleep 0.05; done")
        process.terminal = terminal
        let streams = try await pod.sandbox.exec(process, streams: all)
        var seen = ""
        while !seen.contains("ready"), let bytes = await streams.output?.read() { seen += String(decoding: bytes, as: UTF8.self) }
        _ = await streams.input?.write([3])
        while !seen.contains("interrupted"), let bytes = await streams.output?.read() { seen += String(decoding: bytes, as: UTF8.self) }
        streams.close()
        #expect(try await streams.session?.exit().signal == SIGHUP)
        try await pod.end()
    }

    @Test func `a program that nobody reads waits, and one that lost its reader ends`() async throws {
        let pod = try await Pod()
        _ = try await pod.sandbox.start(pod.process("main", "sleep", "1000"))
        let streams = try await pod.sandbox.exec(
            pod.process("main", "yes"), streams: .init(input: false, output: true, error: false))
        #expect(await streams.output?.read()?.isEmpty == false)
        streams.close()
        #expect(try await streams.session?.exit().signal == SIGPIPE)
        try await pod.end()
    }

    // MARK: - Attach

    @Test func `several attach to a container, each sees all, and the log has it too`() async throws {
        let pod = try await Pod()
        var process = pod.shell("main", "while read line; do echo \"got $line\"; echo \"err $line\" >&2; done; echo over")
        process.input = .once
        _ = try await pod.sandbox.start(process)
        let watcher = try await pod.sandbox.attach("main", streams: .init(input: false, output: true, error: false))
        let typist = try await pod.sandbox.attach("main", streams: all)
        _ = await typist.input?.write(Array("one\n".utf8))
        _ = await typist.input?.write(Array("two\n".utf8))
        typist.input?.finish()
        async let watched: String = text(watcher.output)
        #expect(await text(typist.output) == "got one\ngot two\nover\n")
        #expect(await text(typist.error) == "err one\nerr two\n")
        #expect(await watched == "got one\ngot two\nover\n")
        #expect(try await pod.exit(of: "main").exitCode == 0)
        #expect(pod.output("main").sorted() == ["err one", "err two", "got one", "got two", "over"])
        watcher.close()
        typist.close()
        try await pod.end()
    }

    @Test func `an open stdin outlives those who type`() async throws {
        let pod = try await Pod()
        var process = pod.shell("main", "while read line; do echo \"got $line\"; done")
        process.input = .open
        _ = try await pod.sandbox.start(process)
        for word in ["one", "two"] {
            let typist = try await pod.sandbox.attach("main", streams: .init(input: true, output: true, error: false))
            _ = await typist.input?.write(Array("\(word)\n".utf8))
            #expect(await typist.output?.read() == Array("got \(word)\n".utf8))
            typist.close()
        }
        try await pod.sandbox.signal("main", SIGKILL)
        #expect(try await pod.exit(of: "main").signal == SIGKILL)
        try await pod.end()
    }

    @Test func `a container on a terminal can be attached to, left and attached to again`() async throws {
        let pod = try await Pod()
        var process = pod.shell("main", "stty size; read line; echo \"[$line]\"; stty size; read line; exit 9")
        process.terminal = terminal
        process.input = .open
        _ = try await pod.sandbox.start(process)
        try await eventually("it says its size") { pod.log("main").contains("stdout F 24 80") }
        let first = try await pod.sandbox.attach("main", streams: all)
        await first.resize(WindowSize(rows: 30, columns: 100))
        _ = await first.input?.write(Array("hello\r".utf8))
        var seen = ""
        while !seen.contains("30 100"), let bytes = await first.output?.read() { seen += String(decoding: bytes, as: UTF8.self) }
        #expect(seen == "24 80\r\nhello\r\n[hello]\r\n30 100\r\n")
        first.close()
        let second = try await pod.sandbox.attach("main", streams: all)
        _ = await second.input?.write(Array("x\r".utf8))
        #expect(await text(second.output) == "x\r\n")
        #expect(try await pod.exit(of: "main").exitCode == 9)
        second.close()
        try await pod.end()
    }

    @Test(arguments: [ContainerProcess.Input.once, .none])
    func `the first one to attach to a container that takes typing sees what it wrote before`(input: ContainerProcess.Input) async throws {
        let pod = try await Pod()
        var process = pod.shell("main", "echo early; echo woe >&2; read go < /fifo; echo late")
        process.input = input
        mkfifo("\(pod.folder)/fifo", 0o600)
        process.mounts = [Mount(.host(path: "\(pod.folder)/fifo"), at: "/fifo")]
        _ = try await pod.sandbox.start(process)
        try await eventually("it has spoken") { Set(pod.output("main")) == ["early", "woe"] }
        let first = try await pod.sandbox.attach("main", streams: all)
        let second = try await pod.sandbox.attach("main", streams: all)
        _ = pod.write("fifo", "go\n")
        #expect(await text(first.output) == (input == .once ? "early\nlate\n" : "late\n"))
        #expect(await text(first.error) == (input == .once ? "woe\n" : ""))
        #expect(await text(second.output) == "late\n")
        for streams in [first, second] { streams.close() }
        try await pod.end()
    }

    @Test func `an attachment that is not read holds the container back and loses nothing`() async throws {
        let pod = try await Pod()
        var process = pod.shell("main", "read go; seq 1 200000; echo done")
        process.input = .open
        _ = try await pod.sandbox.start(process)
        let streams = try await pod.sandbox.attach("main", streams: .init(input: true, output: true, error: false))
        _ = await streams.input?.write(Array("go\n".utf8))
        // Its pipe is full long before the end.
        try await eventually("something was written") { !pod.output("main").isEmpty }
        let seen: String = await text(streams.output)
        #expect(seen == (1...200_000).map { "\($0)\n" }.joined() + "done\n")
        #expect(try await pod.exit(of: "main").exitCode == 0)
        #expect(pod.output("main").count == 200_001)
        streams.close()
        try await pod.end()
    }

    @Test func `an attachment that leaves without a word lets the container go on`() async throws {
        let pod = try await Pod()
        var process = pod.shell("main", "read go; seq 1 100000; echo done")
        process.input = .open
        _ = try await pod.sandbox.start(process)
        let streams = try await pod.sandbox.attach("main", streams: .init(input: true, output: true, error: false))
        _ = await streams.input?.write(Array("go\n".utf8))
        _ = await streams.output?.read()
        streams.close()
        #expect(try await pod.exit(of: "main").exitCode == 0)
        #expect(pod.output("main").last == "done")
        try await pod.end()
    }

    @Test func `only a container that runs can be attached to`() async throws {
        let pod = try await Pod()
        await #expect(throws: SandboxError.setup(stage: "request", errno: ESRCH, path: "main")) {
            _ = try await pod.sandbox.attach("main", streams: all)
        }
        try await pod.end()
    }

    @Test func `attaching works on after the main process was killed`() async throws {
        let pod = try await Pod()
        var process = pod.shell("main", "while read line; do echo \"got $line\"; done")
        process.input = .open
        _ = try await pod.sandbox.start(process)
        let again = try #require(try await pod.runtime.adopt(folder: pod.sandbox.folder))
        let streams = try await again.attach("main", streams: .init(input: true, output: true, error: false))
        _ = await streams.input?.write(Array("one\n".utf8))
        #expect(await streams.output?.read() == Array("got one\n".utf8))
        streams.close()
        try await pod.end()
    }

    // MARK: - Processes and sockets

    @Test func `a container can share the processes of another one`() async throws {
        let pod = try await Pod()
        var main = pod.shell("main", "exec sleep 1000")
        main.processes = .container
        _ = try await pod.sandbox.start(main)
        var beside = pod.shell("beside", "tr '\\0' ' ' < /proc/1/cmdline; echo; kill -TERM 1 2>/dev/null; echo $?")
        beside.sharesProcessesOf = "main"
        #expect(try await pod.run(beside).exitCode == 0)
        #expect(pod.output("beside") == ["sleep 1000 ", "0"])
        try await pod.end()
    }

    @Test func `the parent connects within the pod's network`() async throws {
        let pod = try await Pod()
        let script = """
            import socket
            s = socket.create_server(("127.0.0.1", 0))
            print(s.getsockname()[1], flush=True)
            c, _ = s.accept()
            c.sendall(b"hello " + c.recv(100))
            """
        _ = try await pod.sandbox.start(pod.process("main", "python3", "-c", script))
        let port: Int =
            try await eventually("it listens") {
                pod.output("main").first.flatMap { Int($0) }
            } until: {
                $0 != nil
            } ?? 0
        let stream = try await pod.sandbox.connect(to: "127.0.0.1", port: port)
        _ = await stream.write(Array("you".utf8))
        #expect(await text(stream) == "hello you")
        stream.close()
        await #expect(throws: SandboxError.setup(stage: "connect", errno: ECONNREFUSED, path: "127.0.0.1")) {
            _ = try await pod.sandbox.connect(to: "127.0.0.1", port: port)
        }
        try await pod.end()
    }

    private func text(_ stream: DescriptorStream?) async -> String {
        var bytes: [UInt8] = []
        while let part = await stream?.read() { bytes += part }
        return String(decoding: bytes, as: UTF8.self)
    }
}
