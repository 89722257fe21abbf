import Glibc
import Testing

@testable import Sandbox

/// Control groups of version 2 on folders that look like the kernel's: what is written where.
@Suite struct ControlGroupTests {
    /// A hierarchy in a temporary folder, with files where the kernel would put them.
    private struct Hierarchy {
        let root = Pod.newFolder()

        func make(_ group: String, controllers: String = "cpuset cpu io memory pids") {
            let folder = root + group
            if !group.isEmpty { mkdir(folder, 0o755) }
            write(controllers + "\n", group + "/cgroup.controllers")
            for name in [
                "cgroup.procs", "cgroup.subtree_control", "cpu.max", "cpu.weight", "memory.max", "memory.swap.max", "memory.oom.group",
                "pids.max",
            ] { write("", "\(group)/\(name)") }
        }

        func write(_ text: String, _ path: String) {
            let fd: Int32 = open(root + path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            _ = Glibc.write(fd, text, text.utf8.count)
            close(fd)
        }

        func read(_ path: String) -> String { text(ofFile: root + path) }

        func groups(_ own: String, shown: String = "/") -> ControlGroups {
            ControlGroups(
                name: "swk",
                ControlGroupHierarchies(
                    mountInfo: "30 23 0:26 \(shown) \(root) rw,nosuid shared:9 - cgroup2 cgroup2 rw\n", own: "0::\(own)\n"))
        }
    }

    @Test func `limits are written as the kernel reads them`() throws {
        let host = Hierarchy()
        for group in ["", "/scope", "/scope/swk", "/scope/swk/pod", "/scope/swk/pod/main.0"] { host.make(group) }
        let groups: ControlGroups = host.groups("/scope")
        #expect(groups.isComplete && groups.problem == nil)
        #expect(host.read("/scope/cgroup.subtree_control") == "+cpu +memory +pids")
        _ = try groups.make("pod", ControlGroups.Limits(processes: 100))
        let files: [String] = try groups.make("pod/main.0", ControlGroups.Limits(cpu: 250, cpuShare: 1000, memory: 64 << 20))
        #expect(files == [host.root + "/scope/swk/pod/main.0/cgroup.procs"])
        for group in ["", "/pod"] { #expect(host.read("/scope/swk\(group)/cgroup.subtree_control") == "+cpu +memory +pids") }
        // A group with processes gives none to those below it.
        #expect(host.read("/scope/swk/pod/main.0/cgroup.subtree_control").isEmpty)
        #expect(host.read("/scope/swk/pod/pids.max") == "100")
        #expect(host.read("/scope/swk/pod/memory.max") == "max")
        let main = "/scope/swk/pod/main.0"
        #expect(host.read(main + "/cpu.max") == "25000 100000")
        #expect(host.read(main + "/cpu.weight") == "39")
        #expect(host.read(main + "/memory.max") == "67108864")
        #expect(host.read(main + "/memory.swap.max") == "0")
        #expect(host.read(main + "/memory.oom.group") == "1")
        #expect(host.read(main + "/pids.max") == "max")
        try removeFolder(host.root)
    }

    @Test func `what a group has used is read`() throws {
        let host = Hierarchy()
        for group in ["", "/swk", "/swk/pod"] { host.make(group) }
        host.write("usage_usec 1500\nuser_usec 1000\n", "/swk/pod/cpu.stat")
        host.write("8192\n", "/swk/pod/memory.current")
        host.write("anon 4096\ninactive_file 3000\n", "/swk/pod/memory.stat")
        host.write("3\n", "/swk/pod/pids.current")
        host.write("low 0\nhigh 0\nmax 7\noom 1\noom_kill 2\noom_group_kill 1\n", "/swk/pod/memory.events")
        let groups: ControlGroups = host.groups("/")
        #expect(groups.usage("pod") == ControlGroups.Usage(cpu: 1_500_000, workingSet: 5192, processes: 3))
        #expect(groups.memoryKills("pod") == 2)
        host.write("anon 4096\nfile 700\n", "/swk/pod/memory.stat")
        host.write("55\n", "/swk/pod/memory.swap.current")
        host.write("usage_usec 1500\nnr_periods 9\nnr_throttled 2\nthrottled_usec 30\n", "/swk/pod/cpu.stat")
        #expect(
            groups.details("pod")
                == ControlGroups.Details(rss: 4096, cache: 700, swap: 55, periods: 9, throttledPeriods: 2, throttled: 30_000))
        #expect(groups.details("other") == nil)
        #expect(groups.usage("other") == nil && groups.memoryKills("other") == 0)
        try removeFolder(host.root)
    }

    @Test func `a controller that is not delegated is named, with the way to one`() throws {
        let host = Hierarchy()
        host.make("", controllers: "memory pids")
        let groups: ControlGroups = host.groups("/")
        #expect(!groups.isComplete)
        #expect(groups.problem?.hasPrefix("the group \(host.root) has no cpu; start the cluster with a group of its own") == true)
        try removeFolder(host.root)
    }

    @Test(arguments: [("/machine/box", "/machine/box", ""), ("/machine/box/inner", "/machine/box", "/inner"), ("/user", "/", "/user")])
    func `a mount that shows a part of the hierarchy is read from there`(_ own: String, _ shown: String, _ place: String) throws {
        let hierarchies = ControlGroupHierarchies(
            mountInfo: "30 23 0:26 \(shown) /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", own: "0::\(own)\n")
        #expect(hierarchies.unified == "/sys/fs/cgroup" + place)
    }

    @Test func `a hierarchy that shows another part is none`() {
        let hierarchies = ControlGroupHierarchies(
            mountInfo: "30 23 0:26 /machine/box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", own: "0::/user\n")
        #expect(hierarchies.unified == nil)
    }

    @Test func `what was moved aside comes back with the last cluster`() throws {
        let host = Hierarchy()
        for group in ["", "/swkube-host"] { host.make(group) }
        host.write("4711\n", "/swkube-host/cgroup.procs")
        // One of an earlier cluster is the same group.
        #expect(UnifiedGroup(host.root + "/swkube-host").folder == host.root)
        mkdir(host.root + "/swk", 0o755)
        UnifiedGroup(host.root).close()
        #expect(host.read("/cgroup.subtree_control").isEmpty, "a cluster is still there")
        rmdir(host.root + "/swk")
        UnifiedGroup(host.root).close()
        #expect(host.read("/cgroup.subtree_control") == "-cpu -memory -pids")
        #expect(host.read("/cgroup.procs") == "4711")
        try removeFolder(host.root)
    }
}
