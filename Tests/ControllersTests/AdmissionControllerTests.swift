import API
import Machinery
import Testing

@testable import Controllers

/// The controllers beside the admission plugins: counts of quotas, protection of storage, taints of nodes. Pure plans.
@Suite struct AdmissionControllerTests {
    @Test func `a count covers what the quota's scopes choose and leaves out pods that have ended`() {
        var quota: View<ResourceQuota> = ResourceQuota.new("q", namespace: "default")
        quota.json["spec"] = ["hard": ["pods": "5", "requests.cpu": "2"], "scopes": ["NotBestEffort"]]
        func pod(_ name: String, cpu: JSON?, phase: String = "Running") -> JSON {
            var container: JSON = ["name": "main"]
            if let cpu { container["resources"] = ["requests": ["cpu": cpu]] }
            return [
                "metadata": ["name": .string(name), "namespace": "default"], "spec": ["containers": [container]],
                "status": ["phase": .string(phase)],
            ]
        }
        let pods: [JSON] = [
            pod("a", cpu: "500m"), pod("b", cpu: "250m"), pod("ended", cpu: "1", phase: "Succeeded"), pod("best-effort", cpu: nil),
        ]
        let status: View<ResourceQuotaStatus> = ResourceQuotaController.status(
            of: quota, [(Pod.names, pods)], now: Time(seconds: 0), .none)
        #expect(status.json == ["hard": ["pods": "5", "requests.cpu": "2"], "used": ["pods": "2", "requests.cpu": "750m"]])
    }

    @Test func `a claim in use keeps its finalizer until the last pod on a node is gone`() {
        let protection: Protection<PersistentVolumeClaim> = .claims
        var claim: View<PersistentVolumeClaim> = PersistentVolumeClaim.new("data", namespace: "default")
        #expect(protection.finalizers(of: claim, isUsed: true) == ["kubernetes.io/pvc-protection"])
        claim.metadata.finalizers = ["kubernetes.io/pvc-protection", "mine"]
        #expect(protection.finalizers(of: claim, isUsed: true) == nil)
        claim.metadata.deletionTimestamp = Time(seconds: 1)
        #expect(protection.finalizers(of: claim, isUsed: true) == nil)
        #expect(protection.finalizers(of: claim, isUsed: false) == ["mine"])
        var pod: View<Pod> = Pod.new("web", namespace: "default")
        pod.json["spec"] = ["volumes": [["name": "v", "persistentVolumeClaim": ["claimName": "data"]]]]
        #expect(!pod.uses(claim), "a pod without a node does not use it")
        pod.spec.nodeName = "local"
        #expect(pod.uses(claim))
    }

    @Test func `a range of service addresses is ready, and goes when nobody needs it`() {
        func range(_ cidr: String, isTerminating: Bool = false) -> View<ServiceCIDR> {
            ServiceCIDR.new(cidr.replacing("/", with: "-")) {
                $0.spec.cidrs = [cidr]
                if isTerminating {
                    $0.metadata.deletionTimestamp = Time(seconds: 1)
                    $0.metadata.finalizers = [ServiceRangeController.finalizer]
                }
            }
        }
        func plan(_ range: View<ServiceCIDR>, others: [View<ServiceCIDR>] = [], used: [String] = []) -> ServiceRangePlan {
            ServiceRangePlan(range, others: others, used: used.compactMap { IPAddress($0) }, now: Time(seconds: 0))
        }
        let fresh: ServiceRangePlan = plan(range("10.2.0.0/24"))
        #expect(fresh.finalizers == [ServiceRangeController.finalizer])
        #expect(fresh.ready?["status"] == "True" && fresh.ready?["message"] == "Kubernetes Service CIDR is ready")
        let going: View<ServiceCIDR> = range("10.2.0.0/24", isTerminating: true)
        #expect(plan(going, used: ["10.3.0.1"]).finalizers == [], "others' addresses don't hold it")
        let held: ServiceRangePlan = plan(going, used: ["10.2.0.7"])
        #expect(held.finalizers == nil && held.ready?["reason"] == "Terminating")
        #expect(plan(going, others: [range("10.2.0.0/16")], used: ["10.2.0.7"]).finalizers == [], "a wider range has the address too")
    }

    @Test func `a node's conditions become taints, and those of others stay`() {
        var node: View<Node> = Node.new("local")
        node.json["spec"] = [
            "taints": [["key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"], ["key": "mine", "effect": "NoSchedule"]]
        ]
        #expect(NodeTaintController.taints(of: node) == nil, "a node that never reported keeps what it was born with")
        node.json["status"] = ["conditions": [["type": "Ready", "status": "True"], ["type": "DiskPressure", "status": "True"]]]
        #expect(NodeTaintController.taints(of: node)?.map(\.key) == ["mine", "node.kubernetes.io/disk-pressure"])
        node.json["status"] = ["conditions": [["type": "Ready", "status": "True"]]]
        node.spec.taints = []
        #expect(NodeTaintController.taints(of: node) == nil)
        node.spec.unschedulable = true
        #expect(NodeTaintController.taints(of: node)?.map(\.key) == ["node.kubernetes.io/unschedulable"])
    }
}
