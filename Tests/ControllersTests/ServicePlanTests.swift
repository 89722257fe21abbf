import API
import Machinery
import Testing

@testable import Controllers

struct ServicePlanTests {
    private func service(_ spec: JSON) -> View<Service> {
        Service.new("web", namespace: "default") { $0.json["spec"] = spec }
    }

    private let plain: JSON = ["selector": ["app": "web"], "ports": [["name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"]]]

    @Test func `ready pods that the selector finds are behind the service`() {
        let pods = [
            Fixture.pod("a"), Fixture.pod("b", ready: false), Fixture.pod("c", isTerminating: true), Fixture.pod("d", phase: "Failed"),
            Fixture.pod("e", labels: ["app": "other"]),
        ]
        let groups = ServiceBackends(service(plain), pods: pods).groups
        #expect(groups.count == 1)
        #expect(groups.first?.backends.map(\.pod.name) == ["a", "b", "c"])
        #expect(groups.first?.backends.map(\.isReady) == [true, false, false])
        #expect(groups.first?.backends.map(\.isServing) == [true, false, true])
        #expect(groups.first?.backends.map(\.isTerminating) == [false, false, true])
        #expect(groups.first?.ports == [["name": "http", "port": 8080, "protocol": "TCP"]])
    }

    @Test func `endpoints say which change made them be written`() {
        var pod: View<Pod> = Fixture.pod("a")
        _ = pod.setCondition("Ready", false, now: Time(seconds: 100))
        var early: View<Service> = service(plain)
        early.metadata.creationTimestamp = Time(seconds: 50)
        let backends = ServiceBackends(early, pods: [pod])
        let time: String = Time(seconds: 100).description
        let now = Time(seconds: 200)
        #expect(backends.triggerTime(after: nil, now: now) == time)
        #expect(backends.triggerTime(after: Time(seconds: 60).description, now: now) == time)
        // A pod that went away tells no time; one that became ready in the second of another change does.
        #expect(backends.triggerTime(after: time, now: now) == nil)
        #expect(backends.triggerTime(after: time, now: Time(seconds: 101)) == time)
        #expect(ServiceBackends(early, pods: []).triggerTime(after: nil, now: now) == Time(seconds: 50).description)
    }

    @Test func `a service may publish pods that are not ready`() {
        var spec: JSON = plain
        spec["publishNotReadyAddresses"] = true
        let groups = ServiceBackends(service(spec), pods: [Fixture.pod("b", ready: false)]).groups
        #expect(groups.first?.backends.map(\.isReady) == [true])
    }

    @Test(arguments: [(3, 4, 5, [3, 2]), (6, 4, 5, [5, 0]), (2, 2, 5, [2, 2])])
    func `of too many backends those that are not ready go first`(ready: Int, others: Int, most: Int, left: [Int]) {
        let pods = (0..<ready + others).map { Fixture.pod("pod-\($0)", ready: $0 < ready) }
        var backends = ServiceBackends(service(plain), pods: pods)
        #expect(backends.truncate(to: most) == (ready + others > most))
        #expect([true, false].map { state in backends.groups.reduce(0) { $0 + $1.backends.count { $0.isReady == state } } } == left)
    }

    private static let distributions: [(String, JSON?)] = [
        ("", nil), ("PreferClose", ["forZones": [["name": "a"]]]), ("PreferSameZone", ["forZones": [["name": "a"]]]),
        ("PreferSameNode", ["forZones": [["name": "a"]], "forNodes": [["name": "local"]]]),
    ]

    @Test(arguments: distributions)
    func `endpoints say their zone, and who should take them where the service asks for short ways`(distribution: String, hints: JSON?) {
        var spec: JSON = plain
        if !distribution.isEmpty { spec["trafficDistribution"] = .string(distribution) }
        let contents = EndpointSliceController.contents(
            service(spec), ServiceBackends(service(spec), pods: [Fixture.pod("one"), Fixture.pod("two", ready: false)])
        ) { $0 == "local" ? "a" : nil }
        let endpoints: [JSON] = contents.first?.endpoints ?? []
        #expect(endpoints.map { $0["zone"] } == ["a", "a"])
        #expect(endpoints.map { $0["hints"] } == [hints, nil])
    }

    /// Spec, pods that count, disruptions allowed, pods that must stay.
    private static let budgets: [(spec: JSON, expected: Int, allowed: Int, desired: Int)] = [
        (["minAvailable": 2], 3, 1, 2), (["minAvailable": 3], 3, 0, 3), (["maxUnavailable": 1], 3, 1, 2),
        (["minAvailable": "50%"], 3, 1, 2), (["maxUnavailable": "30%"], 3, 1, 2),
    ]

    @Test(arguments: budgets)
    func `a budget allows what is over the wanted number`(_ row: (spec: JSON, expected: Int, allowed: Int, desired: Int)) {
        var budget = PodDisruptionBudget.new("web", namespace: "default")
        budget.json["spec"] = row.spec
        let (status, _) = DisruptionController.status(
            budget, [Fixture.pod("a"), Fixture.pod("b"), Fixture.pod("c")], expected: row.expected, now: Fixture.now)
        #expect(status.disruptionsAllowed == row.allowed)
        #expect(status.desiredHealthy == row.desired)
        #expect(status.currentHealthy == 3)
    }

    @Test func `a disruption that was paid for counts until its pod is gone`() {
        var budget = PodDisruptionBudget.new("web", namespace: "default")
        budget.json["spec"] = ["minAvailable": 1]
        budget.json["status"] = ["disruptedPods": ["a": Fixture.now.json]]
        let (status, next) = DisruptionController.status(
            budget, [Fixture.pod("a"), Fixture.pod("b")], expected: 2, now: Fixture.now)
        #expect(status.disruptionsAllowed == 0)
        #expect(next == .seconds(120))
        let (later, none) = DisruptionController.status(
            budget, [Fixture.pod("a"), Fixture.pod("b")], expected: 2, now: Fixture.now + .seconds(120))
        #expect(later.disruptionsAllowed == 1 && later.disruptedPods.isEmpty && none == nil, "it did not happen")
    }

    @Test func `pods that are not ready, or on their way out, are no healthy ones`() {
        var budget = PodDisruptionBudget.new("web", namespace: "default")
        budget.json["spec"] = ["minAvailable": 1]
        let pods: [View<Pod>] = [Fixture.pod("a"), Fixture.pod("b", ready: false), Fixture.pod("c", isTerminating: true)]
        let (status, _) = DisruptionController.status(budget, pods, expected: 3, now: Fixture.now)
        #expect(status.currentHealthy == 1 && status.disruptionsAllowed == 0)
    }
}
