import API
import Machinery
import Testing

@testable import Scheduler

/// Which events bring which refused pods back. Source: the queueing hints of kube-scheduler v1.36's plugins.
struct HintTests {
    /// True when a pod that the plugin refused is tried again after the event.
    private func helps(_ plugin: String, _ pod: PodInfo, _ event: ClusterEvent, namespaces: Namespaces = [:]) -> Bool {
        Profile().mayHelp(pod, event, refusedBy: [plugin], Snapshot(nodes: [], namespaces: namespaces))
    }

    @Test func `a new node helps those whom it suits`() throws {
        let small: PodInfo = try pod("p", asking(cpu: "1"))
        let added = ClusterEvent.nodeAdded(try node("a", cpu: "500m"))
        #expect(!helps("NodeResourcesFit", small, added))
        #expect(helps("NodeResourcesFit", small, .nodeAdded(try node("a"))))
        #expect(!helps("NodeAffinity", try pod("p", #""nodeSelector":{"disk":"ssd"}"#), added))
        #expect(helps("NodeAffinity", try pod("p", #""nodeSelector":{"disk":"ssd"}"#), .nodeAdded(try node("a", labels: ["disk": "ssd"]))))
        #expect(!helps("NodeUnschedulable", small, .nodeAdded(try node("a", spec: #""unschedulable":true"#))))
        #expect(!helps("TaintToleration", small, .nodeAdded(try node("a", spec: #""taints":[{"key":"k","effect":"NoSchedule"}]"#))))
        #expect(helps("TaintToleration", small, added))
    }

    @Test func `a change of a node helps when it lifts what was in the way`() throws {
        let plain: PodInfo = try pod("p", asking(cpu: "5"))
        let tainted: NodeInfo = try node("a", spec: #""taints":[{"key":"k","effect":"NoSchedule"}]"#)
        let clean: NodeInfo = try node("a")
        #expect(helps("TaintToleration", plain, .nodeChanged(before: tainted, after: clean)))
        #expect(!helps("TaintToleration", plain, .nodeChanged(before: clean, after: tainted)))
        #expect(!helps("NodeResourcesFit", plain, .nodeChanged(before: tainted, after: clean)))
        #expect(helps("NodeResourcesFit", plain, .nodeChanged(before: clean, after: try node("a", cpu: "8"))))
        #expect(helps("NodeUnschedulable", plain, .nodeChanged(before: try node("a", spec: #""unschedulable":true"#), after: clean)))
    }

    @Test func `a pod that went helps whoever lacked what it had`() throws {
        func port(_ number: Int) throws -> PodInfo {
            try pod("p\(number)", #""containers":[{"name":"c","image":"i","ports":[{"containerPort":80,"hostPort":\#(number)}]}]"#)
        }
        #expect(helps("NodeResourcesFit", try pod("p"), .podGone(try pod("other"))))
        #expect(helps("NodePorts", try port(80), .podGone(try port(80))))
        #expect(!helps("NodePorts", try port(80), .podGone(try port(81))))
        #expect(!helps("NodeAffinity", try pod("p"), .podGone(try pod("other"))))
        #expect(!helps("TaintToleration", try pod("p"), .podGone(try pod("other"))))
    }

    private func near(_ kind: String, _ app: String) -> String {
        let term: String = #"{"labelSelector":{"matchLabels":{"app":"\#(app)"}},"topologyKey":"kubernetes.io/hostname"}"#
        return #""affinity":{"\#(kind)":{"requiredDuringSchedulingIgnoredDuringExecution":[\#(term)]}}"#
    }

    @Test func `neighbours that come help affinity, those that go help anti-affinity`() throws {
        let db: PodInfo = try pod("db", labels: ["app": "db"])
        let web: PodInfo = try pod("web", labels: ["app": "web"])
        let friend: PodInfo = try pod("p", near("podAffinity", "db"))
        let enemy: PodInfo = try pod("p", near("podAntiAffinity", "db"))
        #expect(helps("InterPodAffinity", friend, .podPlaced(db)) && !helps("InterPodAffinity", friend, .podPlaced(web)))
        #expect(helps("InterPodAffinity", enemy, .podGone(db)) && !helps("InterPodAffinity", enemy, .podGone(web)))
        // Who was kept away by another's terms.
        #expect(helps("InterPodAffinity", db, .podGone(enemy)) && !helps("InterPodAffinity", web, .podGone(enemy)))
    }

    @Test func `for spread only pods of the set matter`() throws {
        let constraint: String =
            #""topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"a"}}}]"#
        let waiting: PodInfo = try pod("p", constraint, labels: ["app": "a"])
        #expect(helps("PodTopologySpread", waiting, .podPlaced(try pod("other", labels: ["app": "a"]))))
        #expect(!helps("PodTopologySpread", waiting, .podPlaced(try pod("other", labels: ["app": "b"]))))
        #expect(!helps("PodTopologySpread", waiting, .podGone(try pod("other", labels: ["app": "a"], namespace: "else"))))
        #expect(helps("PodTopologySpread", waiting, .nodeAdded(try node("a", labels: ["zone": "z"]))))
        #expect(!helps("PodTopologySpread", waiting, .nodeAdded(try node("a"))))
    }

    private func using(_ claim: String) -> String { #""volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"\#(claim)"}}]"# }

    @Test func `for volumes the pod's own claims matter, and who lets go of one`() throws {
        let waiting: PodInfo = try pod("p", using("a"))
        let (own, other) = (ObjectKey(namespace: "default", name: "a"), ObjectKey(namespace: "default", name: "b"))
        for plugin in ["VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone"] {
            #expect(helps(plugin, waiting, .claimChanged(own)) && !helps(plugin, waiting, .claimChanged(other)), "\(plugin)")
            #expect(helps(plugin, waiting, .nodeAdded(try node("n"))) && !helps(plugin, waiting, .podPlaced(waiting)), "\(plugin)")
            #expect(helps(plugin, waiting, .volumeChanged("v")) == (plugin != "VolumeRestrictions"), "\(plugin)")
        }
        #expect(helps("VolumeRestrictions", waiting, .podGone(try pod("o", using("a")))))
        #expect(!helps("VolumeRestrictions", waiting, .podGone(try pod("o", using("b")))))
        #expect(helps("NodeVolumeLimits", waiting, .podGone(try pod("o", using("b")))))
        #expect(!helps("NodeVolumeLimits", waiting, .podGone(try pod("o"))))
        #expect(helps("NodeVolumeLimits", waiting, .storageDriversChanged(node: "n")))
        let labelled = ClusterEvent.nodeChanged(before: try node("n"), after: try node("n", labels: ["zone": "a"]))
        #expect(helps("VolumeBinding", waiting, labelled) && !helps("NodeVolumeLimits", waiting, labelled))
        #expect(helps("VolumeZone", waiting, .storageClassChanged("c")) && !helps("VolumeRestrictions", waiting, .storageClassChanged("c")))
    }

    @Test func `for devices those that get free matter, and the pod's own claims`() throws {
        let waiting: PodInfo = try pod("p", #""resourceClaims":[{"name":"gpu","resourceClaimName":"mine"}]"#)
        let (own, other) = (ObjectKey(namespace: "default", name: "mine"), ObjectKey(namespace: "default", name: "theirs"))
        #expect(helps("DynamicResources", waiting, .deviceClaimChanged(own, frees: false)))
        #expect(!helps("DynamicResources", waiting, .deviceClaimChanged(other, frees: false)))
        #expect(helps("DynamicResources", waiting, .deviceClaimChanged(other, frees: true)))
        #expect(!helps("DynamicResources", waiting, .deviceClaimChanged(ObjectKey(namespace: "else", name: "mine"), frees: false)))
        #expect(helps("DynamicResources", waiting, .devicesChanged) && !helps("DynamicResources", waiting, .podGone(waiting)))
    }

    @Test func `the pod's own change helps where it matters`() throws {
        let before: PodInfo = try pod("p", asking(cpu: "2"))
        let smaller = ClusterEvent.itself(before: before, after: try pod("p", asking(cpu: "1")))
        #expect(helps("NodeResourcesFit", try pod("p", asking(cpu: "1")), smaller))
        #expect(!helps("NodeAffinity", before, smaller))
        let tolerant: PodInfo = try pod("p", #""tolerations":[{"operator":"Exists"}]"#)
        #expect(helps("TaintToleration", tolerant, .itself(before: before, after: tolerant)))
    }
}
