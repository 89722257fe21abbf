import API
import Machinery
import Testing

/// What pods take of nodes, their classes of service, and what they tolerate. Source: k8s.io/component-helpers and pkg/apis/core/helper.
struct PodResourcesTests {
    private func spec(_ text: String) throws -> View<PodSpec> { View<PodSpec>(try JSON(parsing: text)) }

    private func container(_ cpu: String, _ more: String = "") -> String {
        #"{"name":"c","resources":{"requests":{"cpu":"\#(cpu)"}}\#(more)}"#
    }

    @Test func `containers add up, and the largest init container counts when it is more`() throws {
        let sum = try spec(#"{"containers":[\#(container("1")),\#(container("500m"))]}"#)
        #expect(sum.requests.cpu.description == "1500m")
        let initial = try spec(#"{"initContainers":[\#(container("3")),\#(container("1"))],"containers":[\#(container("1"))]}"#)
        #expect(initial.requests.cpu.description == "3")
    }

    @Test func `a sidecar counts beside the containers and beside later init containers`() throws {
        let sidecar: String = container("1", #","restartPolicy":"Always""#)
        let pod = try spec(
            #"{"initContainers":[\#(sidecar),\#(container("2"))],"containers":[\#(container("500m"))],"overhead":{"cpu":"100m"}}"#)
        #expect(pod.requests.cpu.description == "3100m")
        let before = try spec(#"{"initContainers":[\#(container("2")),\#(sidecar)],"containers":[\#(container("500m"))]}"#)
        #expect(before.requests.cpu.description == "2")
    }

    @Test func `resources of the whole pod replace the sum`() throws {
        let pod = try spec(#"{"containers":[\#(container("1"))],"resources":{"requests":{"cpu":"4"}}}"#)
        #expect(pod.requests.cpu.description == "4" && pod.containerRequests.cpu.description == "1")
    }

    @Test(arguments: [
        ("{}", "BestEffort"),
        (#"{"requests":{"cpu":"1"}}"#, "Burstable"),
        (#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1","memory":"1Gi"}}"#, "Guaranteed"),
        (#"{"limits":{"cpu":"2","memory":"1Gi"},"requests":{"cpu":"1","memory":"1Gi"}}"#, "Burstable"),
        (#"{"requests":{"example.com/gpu":"1"}}"#, "BestEffort"),
    ])
    func `classes of service`(resources: String, expected: String) throws {
        #expect(try spec(#"{"containers":[{"name":"c","resources":\#(resources)}]}"#).qosClass == expected)
    }

    @Test func `a condition keeps its time while its status stays`() {
        var pod = View<Pod>()
        var changes: [Bool] = [pod.setCondition("Ready", false, reason: "ContainersNotReady", now: Time(seconds: 1))]
        changes.append(pod.setCondition("Ready", false, reason: "Other", now: Time(seconds: 2)))
        #expect(pod.condition("Ready")?.lastTransitionTime == Time(seconds: 1) && !pod.isReady)
        changes.append(pod.setCondition("Ready", true, now: Time(seconds: 3)))
        changes.append(pod.setCondition("Ready", true, now: Time(seconds: 4)))
        #expect(changes == [true, true, true, false])
        #expect(pod.isReady && pod.condition("Ready")?.lastTransitionTime == Time(seconds: 3))
        #expect(pod.isAvailable(minReadySeconds: 5, now: Time(seconds: 8)) && !pod.isAvailable(minReadySeconds: 6, now: Time(seconds: 8)))
    }

    @Test func `the hash of a template ignores the order of members and its own label`() throws {
        let one = View<PodTemplateSpec>(
            try JSON(parsing: #"{"metadata":{"labels":{"a":"1","pod-template-hash":"x"}},"spec":{"a":1,"b":2}}"#))
        let other = View<PodTemplateSpec>(try JSON(parsing: #"{"spec":{"b":2,"a":1},"metadata":{"labels":{"a":"1"}}}"#))
        #expect(one.hash() == other.hash())
        #expect(one.hash() != one.hash(collisions: 1))
        #expect(one.hash().allSatisfy { "bcdfghjklmnpqrstvwxz2456789".contains($0) })
    }

    @Test(arguments: [
        (#"{"operator":"Exists"}"#, true), (#"{"key":"a","operator":"Exists"}"#, true), (#"{"key":"a","value":"1"}"#, true),
        (#"{"key":"a","value":"2"}"#, false), (#"{"key":"b","operator":"Exists"}"#, false),
        (#"{"key":"a","operator":"Exists","effect":"NoExecute"}"#, false),
    ])
    func `tolerations`(toleration: String, expected: Bool) throws {
        let taint = View<Taint>(["key": "a", "value": "1", "effect": "NoSchedule"])
        #expect(View<Toleration>(try JSON(parsing: toleration)).tolerates(taint) == expected)
    }
}
