import API
import Client
import Dashboard
import Machinery
import TestSupport
import Testing

@Suite struct PodTroubleTests {
    private static func event(_ reason: String, _ message: String) -> View<Event> {
        View<Event>(["type": "Warning", "reason": .string(reason), "message": .string(message)])
    }

    @Test(
        arguments: [
            (#"{status: {phase: Running, conditions: [{type: Ready, status: "True"}]}, spec: {nodeName: node-1}}"#, nil),
            (#"{status: {phase: Succeeded}}"#, nil),
            (
                #"{status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: 0/1 nodes}]}}"#,
                "Unschedulable: 0/1 nodes"
            ),
            (#"{spec: {schedulingGates: [{name: wait}]}, status: {phase: Pending}}"#, "waits for its scheduling gate wait"),
            (#"{spec: {schedulerName: mine}, status: {phase: Pending}}"#, "no scheduler has seen it yet (schedulerName mine)"),
            (
                #"{spec: {nodeName: node-1}, status: {phase: Pending, containerStatuses: [{name: c, state: {waiting: {reason: ErrImagePull, message: no program}}}]}}"#,
                "container c: ErrImagePull: no program"
            ),
            (
                #"{spec: {nodeName: node-1}, status: {phase: Pending, containerStatuses: [{name: c, state: {waiting: {reason: ContainerCreating}}}]}}"#,
                "container c: ContainerCreating; FailedMount: no volume"
            ),
            (
                #"{spec: {nodeName: node-1}, status: {phase: Running, containerStatuses: [{name: c, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 3, reason: Error}}}]}}"#,
                "container c: CrashLoopBackOff (ended with exit code 3, Error)"
            ),
            (#"{status: {phase: Failed, reason: Evicted, message: low on memory}}"#, "Evicted: low on memory"),
            (
                #"{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [a/b]}, status: {phase: Running}}"#,
                "being deleted; waits for finalizers: a/b"
            ),
        ] as [(String, String?)])
    func `a pod says why it does not run`(yaml: String, reason: String?) throws {
        let pod = View<Pod>(try YAML.documents(yaml)[0].json)
        #expect(PodTrouble.reason(of: pod, events: [Self.event("FailedMount", "no volume")]) == reason)
    }

    @Test func `the scheduler's own words are read from the cluster`() async throws {
        try await TestControlPlane.with(nodes: 1) { plane in
            try await plane.create(
                Pod.self, "{metadata: {name: huge}, spec: {containers: [{name: c, image: x, resources: {requests: {cpu: '900'}}}]}}")
            try await eventually("the pod is refused") {
                try await PodQuestion(plane.client.transport).reason(ObjectKey(namespace: "default", name: "huge"))
            } until: {
                $0?.hasPrefix("Unschedulable: 0/1 nodes are available: 1 Insufficient cpu") == true
            }
        }
    }
}
