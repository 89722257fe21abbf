import API
import Machinery
import Testing

@testable import Kubelet

/// What a node refuses of the pods that are given to it. Outside source: pkg/kubelet/lifecycle/predicate.go, pkg/kubelet/eviction.
struct PodAdmissionTests {
    private func admission(_ node: JSON = [:], room: [String: Quantity] = [:]) -> PodAdmission {
        var known: JSON = ["metadata": ["name": "n", "labels": ["disk": "ssd", "kubernetes.io/os": "linux"]]]
        for member in node.object ?? [:] { known[member.key] = member.value }
        return PodAdmission(node: View<Node>(known), allocatable: room, hasOwnNetwork: true, hasAppArmor: false)
    }

    private func pod(_ spec: JSON = [:], labels: JSON = [:], uid: String = "a") -> View<Pod> {
        var whole: JSON = ["containers": [["name": "a", "image": "x"]]]
        for member in spec.object ?? [:] { whole[member.key] = member.value }
        return View<Pod>([
            "metadata": ["uid": .string(uid), "creationTimestamp": "2026-06-01T12:00:00Z", "labels": labels], "spec": whole,
        ])
    }

    private func refusal(_ pod: View<Pod>, _ node: JSON = [:]) -> PodAdmission.Refusal? {
        guard case .refused(let refusal) = admission(node).verdict(on: pod, beside: [], taken: []) else { return nil }
        return refusal
    }

    @Test func `a pod that was taken counts before the API knows of it`() {
        func pod(_ uid: String) -> View<Pod> {
            self.pod(["containers": [["name": "a", "image": "x", "ports": [["containerPort": 80, "hostPort": 80]]]]], uid: uid)
        }
        let ports = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
        #expect(
            admission().verdict(on: pod("a"), beside: [pod("b")], taken: ["b"]) == .refused(.init(reason: "NodePorts", message: ports)))
        #expect(admission().verdict(on: pod("a"), beside: [pod("b")], taken: []) == .taken)
    }

    @Test func `a pod that wants another node fails`() {
        func affinity(_ term: JSON) -> JSON {
            ["affinity": ["nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": [term]]]]]
        }
        #expect(refusal(pod(["nodeSelector": ["disk": "ssd"]])) == nil)
        let other = PodAdmission.Refusal(
            reason: "NodeAffinity", message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")
        #expect(refusal(pod(["nodeSelector": ["disk": "tape"]])) == other)
        #expect(refusal(pod(affinity(["matchExpressions": [["key": "gpu", "operator": "Exists"]]]))) == other)
        #expect(refusal(pod(affinity(["matchFields": [["key": "metadata.name", "operator": "In", "values": ["m"]]]]))) == other)
        #expect(refusal(pod(affinity(["matchFields": [["key": "metadata.name", "operator": "In", "values": ["n"]]]]))) == nil)
    }

    @Test func `only a taint that drives pods out keeps a given one from the node`() {
        func taint(_ effect: String) -> JSON { ["spec": ["taints": [["key": "k", "value": "v", "effect": .string(effect)]]]] }
        #expect(refusal(pod(), taint("NoSchedule")) == nil)
        #expect(
            refusal(pod(), taint("NoExecute"))
                == .init(reason: "TaintToleration", message: "Predicate TaintToleration failed: node(s) had untolerated taint(s)"))
        #expect(refusal(pod(["tolerations": [["key": "k", "operator": "Exists"]]]), taint("NoExecute")) == nil)
        var file: View<Pod> = pod()
        file.metadata.annotations = ["kubernetes.io/config.source": "file"]
        #expect(refusal(file, taint("NoExecute")) == nil)
    }

    @Test func `a pod for another system fails`() {
        #expect(refusal(pod(labels: ["kubernetes.io/os": "windows"]))?.reason == "PodOSSelectorNodeLabelDoesNotMatch")
        #expect(refusal(pod(labels: ["kubernetes.io/os": "linux"])) == nil)
        #expect(refusal(pod(["os": ["name": "windows"]]))?.reason == "PodOSNotSupported")
    }

    @Test func `a node that runs short takes no more pods, but those that ask for memory and those of the system`() {
        func short(_ types: String...) -> JSON {
            ["status": ["conditions": .array(types.map { ["type": .string($0), "status": "True"] })]]
        }
        let asking: View<Pod> = pod(["containers": [["name": "a", "image": "x", "resources": ["requests": ["memory": "1Mi"]]]]])
        let tolerating: View<Pod> = pod(["tolerations": [["key": "node.kubernetes.io/memory-pressure", "operator": "Exists"]]])
        #expect(
            refusal(pod(), short("MemoryPressure")) == .init(reason: "Evicted", message: "The node had condition: [MemoryPressure]. "))
        #expect(refusal(asking, short("MemoryPressure")) == nil)
        #expect(refusal(tolerating, short("MemoryPressure")) == nil)
        #expect(
            refusal(asking, short("DiskPressure", "MemoryPressure"))?.message == "The node had condition: [MemoryPressure DiskPressure]. ")
        #expect(refusal(pod(["priority": 2_000_000_000]), short("DiskPressure")) == nil)
    }

    @Test func `a critical pod takes the room of those that ask for least`() throws {
        func asking(_ uid: String, _ requests: JSON, limits: JSON = [:], priority: Int = 0) -> View<Pod> {
            var pod: View<Pod> = pod(
                ["containers": [["name": "a", "image": "x", "resources": ["requests": requests, "limits": limits]]]], uid: uid)
            pod.spec.priority = priority
            pod.status.startTime = .epoch
            return pod
        }
        let room: [String: Quantity] = ["cpu": try Quantity("2"), "memory": try Quantity("1Gi"), "pods": Quantity(10)]
        let others: [View<Pod>] = [
            asking("idle", [:]), asking("small", ["cpu": "300m"]), asking("large", ["cpu": "1"]),
            asking("sure", ["cpu": "700m", "memory": "1Mi"], limits: ["cpu": "700m", "memory": "1Mi"]),
        ]
        func verdict(_ cpu: String, priority: Int = 2_000_000_000) -> PodAdmission.Verdict {
            admission(room: room).verdict(on: asking("new", ["cpu": .string(cpu)], priority: priority), beside: others, taken: [])
        }
        let message = "Node didn't have enough resource: cpu, requested: 300, used: 2000, capacity: 2000"
        #expect(verdict("300m", priority: 0) == .refused(.init(reason: "OutOfcpu", message: message)))
        #expect(verdict("300m") == .takenInsteadOf(["small"]))
        #expect(verdict("500m") == .takenInsteadOf(["large"]))
        #expect(verdict("1200m") == .takenInsteadOf(["large", "small"]))
        #expect(verdict("1900m") == .takenInsteadOf(["large", "small", "sure"]))
        guard case .refused(let refusal) = verdict("3") else {
            Issue.record("it is more than there is")
            return
        }
        #expect(refusal.reason == "UnexpectedAdmissionError")
        #expect(refusal.message.hasSuffix("no set of running pods found to reclaim resources: [(res: cpu, q: 1000), ]"))
    }
}
