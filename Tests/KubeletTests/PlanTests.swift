import API
import Machinery
import Network
import Sandbox
import Testing

@testable import Kubelet

/// The pure parts: what to start and stop, how long to wait, how texts become variables.
struct PlanTests {
    private let now = ClusterClock.Instant(nanoseconds: 1_000_000_000_000)

    private func spec(_ policy: String, inits: [JSON] = [], mains: [String] = ["a", "b"]) -> View<PodSpec> {
        View<PodSpec>([
            "restartPolicy": .string(policy), "initContainers": .array(inits),
            "containers": .array(mains.map { ["name": .string($0), "image": "x"] }),
        ])
    }

    private func records(_ list: [(String, ContainerRecord.Role, ContainerRecord.Phase)]) -> [String: ContainerRecord] {
        var result: [String: ContainerRecord] = [:]
        for (name, role, phase) in list {
            var record = ContainerRecord(name, role)
            record.phase = phase
            record.isStarted = record.isRunning
            result[name] = record
        }
        return result
    }

    private func ended(_ code: Int) -> ContainerRecord.Phase {
        .ended(
            .init(exitCode: code, signal: 0, reason: "", message: "", startedAt: nil, finishedAt: now.time, moment: now, containerID: ""))
    }

    private var running: ContainerRecord.Phase { .running(.init(startedAt: now, image: "x")) }

    @Test func `all containers start when nothing runs before them`() {
        let plan = PodPlan(spec("Always"), records([("a", .main, .waiting), ("b", .main, .waiting)]), now: now)
        #expect(plan.steps == [.start("a"), .start("b")])
    }

    @Test func `containers wait for init containers and sidecars`() {
        let inits: [JSON] = [["name": "one", "image": "x"], ["name": "side", "image": "x", "restartPolicy": "Always"]]
        let mains: [(String, ContainerRecord.Role, ContainerRecord.Phase)] = [("a", .main, .waiting), ("b", .main, .waiting)]
        func steps(_ one: ContainerRecord.Phase, _ side: ContainerRecord.Phase) -> [PodPlan.Step] {
            PodPlan(spec("Always", inits: inits), records(mains + [("one", .initial, one), ("side", .sidecar, side)]), now: now).steps
        }
        #expect(steps(.waiting, .waiting) == [.start("one")])
        #expect(steps(running, .waiting) == [])
        #expect(steps(ended(0), .waiting) == [.start("side")])
        #expect(steps(ended(0), running) == [.start("a"), .start("b")])
    }

    @Test(arguments: [("Always", 0, true), ("Always", 1, true), ("OnFailure", 0, false), ("OnFailure", 1, true), ("Never", 1, false)])
    func `the restart policy decides`(_ policy: String, _ code: Int, _ restarts: Bool) {
        let plan = PodPlan(spec(policy, mains: ["a"]), records([("a", .main, ended(code))]), now: now)
        #expect(plan.steps == (restarts ? [.start("a")] : []))
        #expect(plan.isFinished == !restarts)
    }

    @Test func `sidecars go last when all is over, and the pod is finished after them`() {
        let inits: [JSON] = [
            ["name": "one", "image": "x", "restartPolicy": "Always"], ["name": "two", "image": "x", "restartPolicy": "Always"],
        ]
        func plan(_ one: ContainerRecord.Phase, _ two: ContainerRecord.Phase) -> PodPlan {
            PodPlan(
                spec("Never", inits: inits, mains: ["a"]),
                records([("a", .main, ended(0)), ("one", .sidecar, one), ("two", .sidecar, two)]), now: now)
        }
        #expect(plan(running, running).steps == [.stop("two", "Stopping container two")])
        #expect(plan(running, ended(0)).steps == [.stop("one", "Stopping container one")])
        #expect(plan(ended(0), ended(0)).isFinished)
    }

    @Test func `a container's rules come before its policy`() {
        let container = View<Container>([
            "name": "a", "restartPolicy": "Never",
            "restartPolicyRules": [["action": "Restart", "exitCodes": ["operator": "In", "values": [42]]]],
        ])
        guard case .ended(let end) = ended(42), case .ended(let other) = ended(1) else { return }
        #expect(PodPlan.mustRestart(container, end, spec("Always")))
        #expect(!PodPlan.mustRestart(container, other, spec("Always")))
    }

    @Test func `a rule can restart the whole pod, and its back-off counts`() {
        var all: View<PodSpec> = spec("Never", inits: [["name": "one", "image": "x"]])
        all.containers[1].restartPolicyRules = [
            View<ContainerRestartRule>(["action": "RestartAllContainers", "exitCodes": ["operator": "In", "values": [88]]])
        ]
        func plan(_ a: ContainerRecord.Phase, _ code: Int, _ backOff: BackOff = BackOff()) -> PodPlan {
            var known: [String: ContainerRecord] = records([("one", .initial, ended(0)), ("a", .main, a), ("b", .main, ended(code))])
            known["b"]?.restarts = backOff
            return PodPlan(all, known, now: now)
        }
        #expect(plan(running, 88).steps == [.stop("a", "Container a will be restarted: container b ended")])
        #expect(plan(ended(0), 88).steps == [.beginAnew("b")])
        #expect(plan(running, 1).steps == [])
        #expect(plan(ended(0), 1).isFinished)
        var backOff = BackOff()
        backOff.next(after: now, now: now)
        #expect(plan(ended(0), 88, backOff).wakeAt == now.advanced(by: .seconds(10)))
    }

    @Test func `a file of variables gives its last value, over several lines too`() throws {
        let file = Array("# A comment\n\nA='one'\n  B='two\nlines=x'\nA='three'\n".utf8)
        #expect(try VariableFile.value(of: "A", in: file) == "three")
        #expect(try VariableFile.value(of: "B", in: file) == "two\nlines=x")
        #expect(try VariableFile.value(of: "C", in: file) == nil)
        #expect(throws: ConfigError("line 2 is not of the form NAME='value'")) {
            try VariableFile.value(of: "A", in: Array("A='x'\nB=y\n".utf8))
        }
    }

    @Test(arguments: [
        ("/next", "/next", 80), ("next?a=b", "/a/next?a=b", 80), ("http://10.0.0.1:8080/x", "/x", 8080), ("http://10.0.0.1", "/", 80),
        ("http://0.0.0.0/", nil, 80), ("ftp://10.0.0.1/", nil, 80),
    ])
    func `a probe follows the way to another page of the same host`(_ location: String, _ path: String?, _ port: Int) {
        let page = NetworkCheck.Page(host: "10.0.0.1", port: 80, path: "/a/b?c=d", headers: [])
        let next: NetworkCheck.Page? = page.following(location)
        #expect(next?.path == path)
        if let next { #expect(next.port == port) }
    }

    @Test func `a profile's entries depend on capabilities, architecture and kernel`() throws {
        func filter(_ entry: JSON, capabilities: UInt64 = 0) throws -> SystemCallFilter {
            try SeccompProfile(
                ["defaultAction": "SCMP_ACT_ERRNO", "syscalls": [entry]],
                for: .init(capabilities: capabilities, architecture: "amd64", kernel: "6.1.0-18-amd64")
            ).filter
        }
        let none = try filter(["names": ["nonsense"], "action": "SCMP_ACT_ALLOW"])
        let plain = try filter(["names": ["bpf"], "action": "SCMP_ACT_ALLOW"])
        #expect(plain != none)
        func entry(_ path: String, _ condition: JSON) -> JSON { ["names": ["bpf"], "action": "SCMP_ACT_ALLOW", path: condition] }
        let admin: UInt64 = CapabilitySet.bit("CAP_SYS_ADMIN") ?? 0
        #expect(try filter(entry("includes", ["caps": ["CAP_SYS_ADMIN"]])) == none)
        #expect(try filter(entry("includes", ["caps": ["CAP_SYS_ADMIN"]]), capabilities: admin) == plain)
        #expect(try filter(entry("excludes", ["caps": ["CAP_SYS_ADMIN"]]), capabilities: admin) == none)
        #expect(try filter(entry("includes", ["arches": ["arm64"]])) == none)
        #expect(try filter(entry("includes", ["minKernel": "4.8"])) == plain)
        #expect(try filter(entry("includes", ["minKernel": "6.10"])) == none)
        #expect(throws: ConfigError("syscalls[0].args[0].index is 9: a call has arguments 0 to 5")) {
            try filter(["names": ["bpf"], "action": "SCMP_ACT_ALLOW", "args": [["index": 9, "value": 0, "op": "SCMP_CMP_EQ"]]])
        }
    }

    @Test func `back-off doubles to five minutes and is forgotten after ten`() {
        var backOff = BackOff()
        var time: ClusterClock.Instant = now
        var delays: [Int64] = []
        for _ in 0..<7 {
            #expect(backOff.deadline(after: time, now: time) == (delays.isEmpty ? nil : time.advanced(by: backOff.delay)))
            time = time.advanced(by: backOff.delay)
            backOff.next(after: time, now: time)
            delays.append(backOff.delay.components.seconds)
        }
        #expect(delays == [10, 20, 40, 80, 160, 300, 300])
        #expect(backOff.deadline(after: time.advanced(by: .seconds(601)), now: time.advanced(by: .seconds(601))) == nil)
    }

    @Test(arguments: [
        ("$(A)", "1"), ("x$(A)y$(B)", "x1y2"), ("$$(A)", "$(A)"), ("$(NONE)", "$(NONE)"), ("$A $", "$A $"), ("$(A", "$(A"),
        ("$$$(A)", "$1"),
    ])
    func `variables stand for their values`(_ text: String, _ result: String) {
        #expect(VariableExpansion.expand(text) { ["A": "1", "B": "2"][$0] } == result)
    }

    @Test func `addresses go round and come again only after all others`() {
        let addresses = PodAddresses(["127.16.0.0/29", "fd00::/64"].compactMap { CIDR($0) })
        addresses.reserve("127.16.0.2", for: "old")
        let first: [String?] = (0..<5).map { addresses.addresses(of: "p\($0)")?.joined(separator: " ") }
        #expect(
            first == ["127.16.0.3 fd00::3", "127.16.0.4 fd00::4", "127.16.0.5 fd00::5", "127.16.0.6 fd00::6", "127.16.0.1 fd00::1"])
        #expect(addresses.addresses(of: "more") == nil)
        addresses.release("old")
        #expect(addresses.addresses(of: "more") == ["127.16.0.2", "fd00::2"])
        #expect(addresses.addresses(of: "more") == ["127.16.0.2", "fd00::2"])
    }

    @Test func `service variables have the names of Docker's links`() {
        let service = View<Service>([
            "metadata": ["name": "my-web", "namespace": "default"],
            "spec": ["clusterIP": "10.96.0.9", "ports": [["name": "http", "port": 80, "protocol": "TCP"]]],
        ])
        let variables: [String: String] = ServiceVariables.make(
            [service], namespace: "default", enableServiceLinks: true,
            api: Kubelet.Endpoint(address: "127.0.0.1", port: 6443))
        #expect(variables["MY_WEB_SERVICE_HOST"] == "10.96.0.9")
        #expect(variables["MY_WEB_SERVICE_PORT_HTTP"] == "80")
        #expect(variables["MY_WEB_PORT_80_TCP_ADDR"] == "10.96.0.9")
        #expect(variables["MY_WEB_PORT"] == "tcp://10.96.0.9:80")
        #expect(variables["KUBERNETES_SERVICE_HOST"] == "127.0.0.1")
    }

    @Test func `a log is cut by lines, time, stream and bytes`() {
        let log = """
            2026-01-01T00:00:01.000000000Z stdout F one
            2026-01-01T00:00:02.000000000Z stderr F two
            2026-01-01T00:00:03.000000000Z stdout P thr
            2026-01-01T00:00:03.000000001Z stdout F ee

            """
        func text(since: String? = nil, _ fill: (inout LogRequest) -> Void) -> String {
            var request = LogRequest(pod: ObjectKey(namespace: "a", name: "b"), uid: "", container: "c")
            fill(&request)
            var picker = LogPicker(request, since: since)
            var result: [UInt8] = []
            for byte in log.utf8 { result += picker.take([byte]) }
            return String(decoding: result, as: UTF8.self)
        }
        #expect(text { _ in } == "one\ntwo\nthree\n")
        #expect(text { $0.stream = "Stderr" } == "two\n")
        #expect(text { $0.limitBytes = 6 } == "one\ntw")
        #expect(text { $0.hasTimestamps = true }.hasSuffix("\n2026-01-01T00:00:03.000000000Z three\n"))
        #expect(text(since: "2026-01-01T00:00:02.000000000Z") { _ in } == "two\nthree\n")
    }
}
