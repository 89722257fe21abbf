import API
import Machinery
import Testing

/// The rows of `get pods` and `get nodes`. Source: the cases of pkg/printers/internalversion/printers_test.go.
struct PodColumnsTests {
    private func row(_ spec: String, _ status: String, metadata: String = "") throws -> [String] {
        let text: String = #"{"metadata":{"name":"p"\#(metadata)},"spec":\#(spec),"status":\#(status)}"#
        let bytes: [UInt8] = Array(text.utf8)
        let pod = View<Pod>(try JSONScanner.tree(of: bytes, in: 0..<bytes.count, without: Pod.unshown))
        return Pod.columns.map { $0.cell(pod, Time(seconds: 600)).string ?? "" }
    }

    private static let one: String = #"{"containers":[{"name":"a"}]}"#
    private static let two: String = #"{"containers":[{"name":"a"},{"name":"b"}]}"#
    private static let initial: String = #"{"initContainers":[{"name":"i"},{"name":"j"}],"containers":[{"name":"a"}]}"#
    private static let sidecar: String = #"{"initContainers":[{"name":"s","restartPolicy":"Always"}],"containers":[{"name":"a"}]}"#

    @Test(arguments: [
        (one, #"{"phase":"Pending"}"#, "0/1 Pending 0"),
        (one, #"{"phase":"Failed","reason":"Evicted"}"#, "0/1 Evicted 0"),
        (
            two,
            #"{"phase":"Running","containerStatuses":[{"name":"a","ready":true,"restartCount":3,"state":{"running":{}}},"#
                + #"{"name":"b","restartCount":3}]}"#,
            "1/2 Running 6"
        ),
        (
            one,
            #"{"phase":"Running","containerStatuses":[{"name":"a","restartCount":3,"#
                + #""state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1,"#
                + #""finishedAt":"1970-01-01T00:05:00Z"}}}]}"#,
            "0/1 CrashLoopBackOff 3 (5m ago)"
        ),
        (
            two,
            #"{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"a","#
                + #""state":{"terminated":{"reason":"Completed"}}},{"name":"b","ready":true,"state":{"running":{}}}]}"#,
            "1/2 Running 0"
        ),
        (
            two,
            #"{"phase":"Running","containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed"}}},"#
                + #"{"name":"b","ready":true,"state":{"running":{}}}]}"#,
            "1/2 NotReady 0"
        ),
        (one, #"{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":2}}}]}"#, "0/1 ExitCode:2 0"),
        (
            one, #"{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":137,"signal":9}}}]}"#,
            "0/1 Signal:9 0"
        ),
        (
            initial,
            #"{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}},{"name":"j","#
                + #""state":{"running":{}}}]}"#,
            "0/1 Init:1/2 0"
        ),
        (
            initial,
            #"{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":2,"#
                + #""state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}"#,
            "0/1 Init:CrashLoopBackOff 2"
        ),
        (
            initial, #"{"phase":"Failed","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":7}}}]}"#,
            "0/1 Init:ExitCode:7 0"
        ),
        (
            sidecar,
            #"{"phase":"Running","initContainerStatuses":[{"name":"s","ready":true,"started":true,"restartCount":2,"#
                + #""state":{"running":{}}}],"containerStatuses":[{"name":"a","ready":true,"restartCount":1,"#
                + #""state":{"running":{}}}]}"#,
            "2/2 Running 3"
        ),
        (
            one, #"{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}"#,
            "0/1 SchedulingGated 0"
        ),
    ])
    func `a pod is summed up as kubectl does`(spec: String, status: String, expected: String) throws {
        let cells: [String] = try row(spec, status)
        #expect(cells[1...3].joined(separator: " ") == expected)
    }

    @Test func `a deleted pod is terminating until it has ended`() throws {
        let metadata: String = #","deletionTimestamp":"1970-01-01T00:09:00Z","creationTimestamp":"1970-01-01T00:00:00Z""#
        #expect(try row(Self.one, #"{"phase":"Running"}"#, metadata: metadata)[2] == "Terminating")
        #expect(try row(Self.one, #"{"phase":"Succeeded"}"#, metadata: metadata)[2] == "Succeeded")
        #expect(try row(Self.one, #"{"phase":"Running","reason":"NodeLost"}"#, metadata: metadata)[2] == "Unknown")
    }

    @Test func `wide columns`() throws {
        let spec: String = #"{"containers":[{"name":"a"}],"nodeName":"n1","readinessGates":[{"conditionType":"x"},{"conditionType":"y"}]}"#
        let status: String = #"{"podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}],"conditions":[{"type":"x","status":"True"}]}"#
        #expect(try row(spec, status).suffix(4) == ["10.0.0.1", "n1", "<none>", "1/2"])
        #expect(try row(Self.one, "{}").suffix(4) == ["<none>", "<none>", "<none>", "<none>"])
    }

    @Test func `a node's row`() throws {
        let text: String = #"""
            {"metadata":{"name":"n","creationTimestamp":"1970-01-01T00:00:00Z",
            "labels":{"node-role.kubernetes.io/worker":"","kubernetes.io/role":"edge"}},
            "spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"True"}],
            "addresses":[{"type":"InternalIP","address":"10.0.0.1"}],"nodeInfo":{"kubeletVersion":"v1.36.0","osImage":"Debian"}}}
            """#
        let node = View<Node>(try JSON(parsing: text))
        let cells: [String] = Node.columns.map { $0.cell(node, Time(seconds: 600)).string ?? "" }
        #expect(
            cells == [
                "n", "Ready,SchedulingDisabled", "edge,worker", "10m", "v1.36.0", "10.0.0.1", "<none>", "Debian", "<unknown>", "<unknown>",
            ])
        #expect(Node.status(View<Node>()) == "Unknown")
    }
}
