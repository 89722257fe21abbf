import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Controllers

struct HorizontalTests {
    private static let now = ClusterClock.Instant(Time(seconds: 1_000_000))

    private func pods(
        _ count: Int, request: String = "100m", phase: String = "Running", ready: Bool = true, start: Int64 = 0
    ) -> [View<Pod>] {
        (0..<count).map { index in
            var pod = Fixture.pod("web-\(index)", phase: phase, ready: ready)
            pod.json[["spec", "containers"]] = [["name": "main", "resources": ["requests": ["cpu": .string(request)]]]]
            pod.status.startTime = Time(seconds: start)
            return pod
        }
    }

    private func usage(_ pods: [View<Pod>], milli: [Int64]) -> PodUsage {
        var samples: [String: PodUsage.Sample] = [:]
        for (pod, value) in zip(pods, milli) {
            samples[pod.name] = PodUsage.Sample(value: value, at: Fixture.now, window: .seconds(15))
        }
        return PodUsage(pods: pods, samples: samples, isCPU: true, now: Fixture.now)
    }

    private func wish(_ usage: PodUsage, current: Int, target: Int = 50) throws -> Int {
        try usage.wish(utilization: target, of: "cpu", container: nil, current: current, tolerance: PodUsage.Tolerance()).replicas
    }

    /// ceil(current * utilization / target), unless within a tenth of the target.
    @Test(arguments: [(100 as Int64, 3, 6), (50, 3, 3), (54, 3, 3), (56, 3, 4), (25, 4, 2), (10, 4, 1), (46, 4, 4)])
    func `the number follows the ratio of use to target`(milli: Int64, current: Int, wanted: Int) throws {
        let pods = pods(current)
        #expect(try wish(usage(pods, milli: pods.map { _ in milli }), current: current) == wanted)
    }

    @Test func `pods without a sample hold changes back`() throws {
        // Two of four use all: with idle others it is just the target.
        #expect(try wish(usage(pods(4), milli: [100, 100]), current: 4) == 4)
        // One of two uses nothing: the other counts as using its whole request, so nothing goes.
        #expect(try wish(usage(pods(2), milli: [0]), current: 2) == 2)
    }

    @Test func `pods that have not settled count as idle while more are asked for`() throws {
        let young = pods(2, ready: false, start: Fixture.now.seconds - 10)
        let mixed = [pods(3)[2]] + young
        #expect(try wish(usage(mixed, milli: [100, 100, 100]), current: 3) == 3)
    }

    @Test func `what can't be computed is told in upstream's words`() {
        let bare = [Fixture.pod("web-0")].map { pod in
            var pod = pod
            pod.json[["spec", "containers"]] = [["name": "main"]]
            return pod
        }
        #expect(throws: PodUsage.Unknown(description: "missing request for cpu in container main of Pod web-0")) {
            try wish(usage(bare, milli: [10]), current: 1)
        }
        #expect(throws: PodUsage.Unknown(description: "no pods returned by selector while calculating replica count")) {
            try wish(usage([], milli: []), current: 1)
        }
    }

    private func limits(
        _ spec: JSON = [:], current: Int, _ recommendations: [(Int, Int64)] = [], ups: [(Int, Int64)] = [], downs: [(Int, Int64)] = []
    ) -> ScaleLimits {
        let scaler: View<HorizontalPodAutoscaler> = HorizontalPodAutoscaler.new("web", namespace: "default") {
            $0.json["spec"] = spec
            $0.json[["spec", "minReplicas"]] = spec["minReplicas"] ?? 1
            $0.json[["spec", "maxReplicas"]] = spec["maxReplicas"] ?? 20
        }
        func ago(_ seconds: Int64) -> ClusterClock.Instant { Self.now.advanced(by: .seconds(-seconds)) }
        return ScaleLimits(
            scaler: scaler, current: current, now: Self.now,
            recommendations: recommendations.map { ScaleLimits.Recommendation(replicas: $0.0, at: ago($0.1)) },
            ups: ups.map { ScaleLimits.Change(count: $0.0, at: ago($0.1)) },
            downs: downs.map { ScaleLimits.Change(count: $0.0, at: ago($0.1)) })
    }

    @Test func `fewer pods are set only when nothing asked for more in five minutes`() {
        #expect(limits(current: 8, [(8, 200)]).stabilized(2).replicas == 8)
        #expect(limits(current: 8, [(8, 200)]).stabilized(2).reason == "ScaleDownStabilized")
        #expect(limits(current: 8, [(8, 301)]).stabilized(2).replicas == 2)
        #expect(limits(current: 2, [(2, 10)]).stabilized(8).replicas == 8)
        let behavior: JSON = [
            "behavior": ["scaleUp": ["stabilizationWindowSeconds": 60], "scaleDown": ["stabilizationWindowSeconds": 0]]
        ]
        #expect(limits(behavior, current: 2, [(3, 30)]).stabilized(8).replicas == 3)
        #expect(limits(behavior, current: 8, [(8, 30)]).stabilized(2).replicas == 2)
    }

    private static let paces: [(JSON, Int, Int, Int, String)] = [
        ([:], 3, 20, 6, "ScaleUpLimit"), ([:], 1, 20, 4, "ScaleUpLimit"), (["maxReplicas": 5], 4, 20, 5, "TooManyReplicas"),
        (["minReplicas": 2], 4, 1, 2, "TooFewReplicas"), ([:], 4, 6, 6, "DesiredWithinRange"),
        (
            ["behavior": ["scaleUp": ["policies": [["type": "Pods", "value": 2, "periodSeconds": 60]], "selectPolicy": "Max"]]], 4, 20, 6,
            "ScaleUpLimit"
        ),
        (
            ["behavior": ["scaleDown": ["policies": [["type": "Percent", "value": 10, "periodSeconds": 60]], "selectPolicy": "Max"]]], 20,
            1,
            18, "ScaleDownLimit"
        ), (["behavior": ["scaleDown": ["selectPolicy": "Disabled"]]], 8, 1, 8, "ScaleDownLimit"),
    ]

    @Test(arguments: paces) func `the number changes no faster than the policies allow`(
        spec: JSON, current: Int, wish: Int, set: Int, why: String
    ) {
        let verdict = limits(spec, current: current).limited(wish)
        #expect(verdict.replicas == set)
        #expect(verdict.reason == why)
    }

    @Test func `changes within the period count`() {
        let two: JSON = [
            "behavior": ["scaleUp": ["policies": [["type": "Pods", "value": 4, "periodSeconds": 60]], "selectPolicy": "Max"]]
        ]
        #expect(limits(two, current: 6, ups: [(2, 30)]).limited(20).replicas == 8)
        #expect(limits(two, current: 6, ups: [(2, 61)]).limited(20).replicas == 10)
    }

    @Test func `load brings pods, and when it ends they go after the window`() async throws {
        try await TestControlPlane.with { plane in
            let deployment = try await plane.create(
                Deployment.self,
                """
                metadata: {name: web}
                spec:
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}, annotations: {swkube.dev/simulated-cpu: 100m}}
                    spec: {containers: [{name: main, image: web, resources: {requests: {cpu: 100m}}}]}
                """)
            try await plane.create(
                HorizontalPodAutoscaler.self,
                """
                metadata: {name: web}
                spec:
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
                  minReplicas: 1
                  maxReplicas: 3
                  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
                """)
            try await eventually("more replicas are wanted") { try await replicas(plane, deployment.key) == 3 }
            let scaler = try await plane.eventually("told", HorizontalPodAutoscaler.self, "web") { !$0.status.currentMetrics.isEmpty }
            #expect(scaler.status.currentMetrics.first?.resource?.current.averageUtilization == 100)
            try await eventually("why is told") {
                try await plane.events("SuccessfulRescale").contains {
                    $0.hasSuffix("reason: cpu resource utilization (percentage of request) above target")
                }
            }

            try await eventually("the pods are there") { try await plane.pods().count == 3 }
            for pod in try await plane.pods() {
                try await plane.client.patch(Pod.self, pod.key, ["metadata": ["annotations": ["swkube.dev/simulated-cpu": "1m"]]])
            }
            try await eventually("fewer replicas are wanted") { try await replicas(plane, deployment.key) == 1 }
            try await eventually("it is told") {
                try await plane.events("SuccessfulRescale").contains { $0.hasSuffix("reason: All metrics below target") }
            }
        }
    }

    /// How many replicas are wanted, when it is time for the autoscaler to look once more.
    private func replicas(_ plane: TestControlPlane, _ key: ObjectKey) async throws -> Int {
        plane.clock.advance(by: .seconds(15))
        return try await plane.client.get(Deployment.self, key).spec.replicas
    }
}
