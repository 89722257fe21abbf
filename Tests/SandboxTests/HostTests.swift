import Glibc
import Testing

@testable import Sandbox

@Suite struct HostTests {
    @Test func `facts of the host are there`() throws {
        #expect(Host.processors >= 1)
        #expect(Host.memory > 1 << 20 && Host.availableMemory <= Host.memory)
        #expect(!Host.kernelVersion.isEmpty && !Host.bootID.isEmpty && !Host.name.isEmpty)
        #expect(["amd64", "arm64"].contains(Host.architecture))
        #expect(!Host.operatingSystemImage.contains("\""))
        let space = try DiskSpace(at: "/")
        #expect(space.capacity >= space.available && space.available >= 0)
        #expect(throws: SandboxError.system(call: "statvfs", errno: ENOENT, path: "/not/there")) { _ = try DiskSpace(at: "/not/there") }
    }

    @Test func `what went through the interfaces is read as the kernel writes it`() {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:     840      10    0    0    0     0          0         0      840      10    0    0    0     0       0          0
              eth0: 1234567    1000    1    2    0     0          0         3  7654321    2000    4    5    0     0       0          0
            """
        let found: [InterfaceUsage] = InterfaceUsage.read(text)
        #expect(found.map(\.name) == ["eth0"])
        #expect(found.first?.received == InterfaceUsage.Flow(bytes: 1_234_567, packets: 1000, errors: 1, dropped: 2))
        #expect(found.first?.sent == InterfaceUsage.Flow(bytes: 7_654_321, packets: 2000, errors: 4, dropped: 5))
        #expect(InterfaceUsage.of(process: .max).isEmpty)
    }

    @Test func `a lock is held once and freed with its owner`() async throws {
        let folder = Pod.newFolder()
        let path = folder + "/lock"
        do {
            let lock = try #require(try FileLock.take(path: path, text: "4711"))
            #expect(try FileLock.take(path: path, text: "other") == nil)
            #expect(FileLock.holder(of: path) == "4711")
            withExtendedLifetime(lock) {}
        }
        // A program that another test is just starting may hold a copy of the descriptor until it runs.
        try await eventually("free") { FileLock.holder(of: path) == nil }
        try removeFolder(folder)
    }

    @Test func `a daemon's report reaches the command that waits`() throws {
        let folder = Pod.newFolder()
        let daemon = try Daemon.spawn(
            executable: "/bin/sh", arguments: ["sh", "-c", "echo logged; printf ready >&$SWKUBE_READY_FD"], logPath: folder + "/log")
        #expect(daemon.waitUntilReady() == "ready")
        var status: Int32 = 0
        waitpid(daemon.pid, &status, 0)
        #expect(contents(folder + "/log") == "logged\n")
        let failing = try Daemon.spawn(executable: "/bin/false", arguments: ["false"], logPath: folder + "/log")
        #expect(failing.waitUntilReady() == nil)
        waitpid(failing.pid, &status, 0)
        try removeFolder(folder)
    }

    @Test func `a folder is removed with what stands in the way, and links are not followed`() throws {
        let folder = Pod.newFolder()
        mkdir(folder + "/tree", 0o755)
        mkdir(folder + "/tree/closed", 0o755)
        mkdir(folder + "/tree/closed/inner", 0o755)
        chmod(folder + "/tree/closed", 0)
        mkdir(folder + "/kept", 0o755)
        close(open(folder + "/kept/file", O_WRONLY | O_CREAT, 0o644))
        symlink(folder + "/kept", folder + "/tree/link")
        try removeFolder(folder + "/tree")
        try removeFolder(folder + "/tree")
        #expect(exists(folder + "/kept/file"))
        try removeFolder(folder)
    }
}
