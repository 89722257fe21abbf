import API
import Machinery
import Testing

@testable import Scheduler

/// Which nodes a pod may have. Texts: kube-scheduler v1.36.
struct FilterTests {
    @Test func `without nodes there is nothing to choose from`() throws {
        #expect(place(try pod("a"), []) == "no nodes available to schedule pods")
    }

    @Test func `reasons are counted and sorted as text`() throws {
        let nodes: [NodeInfo] = [
            try node("a", cpu: "1"), try node("b", cpu: "1", memory: "1Gi"), try node("c", spec: #""unschedulable":true"#),
        ]
        #expect(
            place(try pod("p", asking(cpu: "2", memory: "2Gi")), nodes)
                == "0/3 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, 2 Insufficient cpu.")
    }

    @Test(arguments: [
        (asking(cpu: "3"), "a"), (asking(cpu: "3001m"), "0/1 nodes are available: 1 Insufficient cpu."),
        (asking(memory: "7Gi"), "a"), (asking(memory: "7.5Gi"), "0/1 nodes are available: 1 Insufficient memory."),
        (asking(others: ["example.com/gpu": "1"]), "a"),
        (asking(others: ["example.com/gpu": "2"]), "0/1 nodes are available: 1 Insufficient example.com/gpu."),
        (asking(others: ["hugepages-2Mi": "2Mi"]), "0/1 nodes are available: 1 Insufficient hugepages-2Mi."),
        (asking(others: ["ephemeral-storage": "1Gi"]), "0/1 nodes are available: 1 Insufficient ephemeral-storage."),
    ])
    func `requests must fit beside those of the pods that run there`(spec: String, expected: String) throws {
        let nodes: [NodeInfo] = [
            try node("a", others: ["example.com/gpu": "1"], running: [try pod("old", asking(cpu: "1", memory: "1Gi"))])
        ]
        #expect(place(try pod("p", spec), nodes) == expected)
    }

    @Test func `a node has room for so many pods`() throws {
        let full: NodeInfo = try node("a", pods: 1, running: [try pod("old")])
        #expect(place(try pod("p"), [full]) == "0/1 nodes are available: 1 Too many pods.")
    }

    @Test(arguments: [
        ("", "0/1 nodes are available: 1 node(s) had untolerated taint(s)."),
        (#"{"key":"team","operator":"Equal","value":"red","effect":"NoSchedule"}"#, "a"),
        (#"{"key":"team","value":"red"}"#, "a"), (#"{"operator":"Exists"}"#, "a"), (#"{"key":"team","operator":"Exists"}"#, "a"),
        (#"{"key":"team","value":"blue"}"#, "0/1 nodes are available: 1 node(s) had untolerated taint(s)."),
        (#"{"key":"team","value":"red","effect":"NoExecute"}"#, "0/1 nodes are available: 1 node(s) had untolerated taint(s)."),
    ])
    func `taints keep pods away that don't tolerate them`(toleration: String, expected: String) throws {
        let tainted: NodeInfo = try node("a", spec: #""taints":[{"key":"team","value":"red","effect":"NoSchedule"}]"#)
        #expect(place(try pod("p", "\"tolerations\":[\(toleration)]"), [tainted]) == expected)
    }

    @Test func `numbers in taints can be compared`() throws {
        let tainted: NodeInfo = try node("a", spec: #""taints":[{"key":"sla","value":"950","effect":"NoSchedule"}]"#)
        #expect(place(try pod("p", #""tolerations":[{"key":"sla","operator":"Gt","value":"900"}]"#), [tainted]) == "a")
        #expect(place(try pod("p", #""tolerations":[{"key":"sla","operator":"Lt","value":"900"}]"#), [tainted]).hasPrefix("0/1"))
    }

    private static let google = #""gcePersistentDisk":{"pdName":"d"}"#
    private static let googleToRead = #""gcePersistentDisk":{"pdName":"d","readOnly":true}"#
    private static let rbd = #""rbd":{"monitors":["a","b"],"pool":"p","image":"i"}"#

    @Test(arguments: [
        (google, google, false), (google, googleToRead, false), (googleToRead, googleToRead, true),
        (google, #""gcePersistentDisk":{"pdName":"e"}"#, true),
        (#""awsElasticBlockStore":{"volumeID":"v","readOnly":true}"#, #""awsElasticBlockStore":{"volumeID":"v","readOnly":true}"#, false),
        (#""iscsi":{"iqn":"q","lun":0}"#, #""iscsi":{"iqn":"q","lun":1}"#, false),
        (rbd, #""rbd":{"monitors":["b","c"],"pool":"p","image":"i"}"#, false),
        (rbd, #""rbd":{"monitors":["c"],"pool":"p","image":"i"}"#, true),
        (rbd, #""rbd":{"monitors":["a"],"pool":"p","image":"j"}"#, true), (google, #""emptyDir":{}"#, true),
    ])
    func `pods share a disk of a node as far as its kind allows`(old: String, new: String, isShared: Bool) throws {
        func user(_ name: String, _ source: String) throws -> PodInfo { try pod(name, #""volumes":[{"name":"v",\#(source)}]"#) }
        let full: NodeInfo = try node("a", running: [try user("old", old)])
        #expect(place(try user("p", new), [full]) == (isShared ? "a" : "0/1 nodes are available: 1 node(s) had no available disk."))
        #expect(place(try user("p", new), [full, try node("b")]) != "0/2 nodes are available: 2 node(s) had no available disk.")
        let gone = ClusterEvent.podGone(try user("old", old))
        let helps: Bool = Profile().mayHelp(
            try user("p", new), gone, refusedBy: ["VolumeRestrictions"], Snapshot(nodes: [], namespaces: [:]))
        #expect(helps != isShared)
    }

    @Test func `a cordoned node takes only pods that tolerate that`() throws {
        let cordoned: NodeInfo = try node("a", spec: #""unschedulable":true"#)
        #expect(place(try pod("p"), [cordoned]) == "0/1 nodes are available: 1 node(s) were unschedulable.")
        let tolerant: PodInfo = try pod("p", #""tolerations":[{"key":"node.kubernetes.io/unschedulable","operator":"Exists"}]"#)
        #expect(place(tolerant, [cordoned]) == "a")
    }

    @Test(arguments: [
        (#""nodeSelector":{"disk":"ssd"}"#, "b"),
        (#""nodeSelector":{"disk":"tape"}"#, "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."),
        (required(#"{"matchExpressions":[{"key":"disk","operator":"NotIn","values":["hdd"]}]}"#), "b"),
        (required(#"{"matchExpressions":[{"key":"cores","operator":"Gt","values":["8"]}]}"#), "b"),
        (
            required(
                #"{"matchExpressions":[{"key":"gone","operator":"Exists"}]},{"matchExpressions":[{"key":"disk","operator":"Exists"}]}"#),
            "a"
        ),
        (required(#"{"matchFields":[{"key":"metadata.name","operator":"In","values":["b"]}]}"#), "b"),
        (required(#"{"matchFields":[{"key":"metadata.name","operator":"NotIn","values":["a"]}]}"#), "b"),
        (required("{}"), "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."),
    ])
    func `selector and required affinity choose among nodes`(spec: String, expected: String) throws {
        let nodes: [NodeInfo] = [
            try node("a", labels: ["disk": "hdd", "cores": "4"]), try node("b", labels: ["disk": "ssd", "cores": "16"]),
        ]
        #expect(place(try pod("p", spec), nodes) == expected)
    }

    private static func required(_ terms: String) -> String {
        "\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[\(terms)]}}}"
    }

    @Test(arguments: [
        (#"{"containerPort":80,"hostPort":8080}"#, false), (#"{"containerPort":80,"hostPort":8080,"protocol":"UDP"}"#, true),
        (#"{"containerPort":80,"hostPort":8081}"#, true), (#"{"containerPort":80,"hostPort":8080,"hostIP":"127.0.0.2"}"#, true),
        (#"{"containerPort":80,"hostPort":8080,"hostIP":"127.0.0.1"}"#, false), (#"{"containerPort":8080}"#, true),
    ])
    func `a host port can be had once an address`(port: String, fits: Bool) throws {
        func ports(_ port: String) -> String { "\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"ports\":[\(port)]}]" }
        let taken: PodInfo = try pod("old", ports(#"{"containerPort":80,"hostPort":8080,"hostIP":"127.0.0.1"}"#))
        let answer: String = place(try pod("p", ports(port)), [try node("a", running: [taken])])
        #expect(answer == (fits ? "a" : "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."))
    }

    @Test func `what this version cannot give is said, not skipped`() throws {
        let answer: String = place(try pod("p", #""schedulingGroup":{"podGroupName":"x"}"#), [try node("a")])
        #expect(answer.contains("spec.schedulingGroup asks for scheduling as a group, which this version of swkube doesn't do"))
    }
}

/// Volumes of claims.
struct VolumeFilterTests {
    private func claim(
        _ name: String, volume: String = "", storageClass: String = "", modes: JSON = ["ReadWriteOnce"]
    ) -> View<PersistentVolumeClaim> {
        PersistentVolumeClaim.new(name, namespace: "default") {
            $0.metadata.uid = "uid-" + name
            $0.json["spec"] = [
                "accessModes": modes, "resources": ["requests": ["storage": "1Gi"]], "storageClassName": .string(storageClass),
            ]
            if !volume.isEmpty {
                $0.spec.volumeName = volume
                $0.metadata.annotations = ["pv.kubernetes.io/bind-completed": "yes"]
                $0.status.phase = "Bound"
            }
        }
    }

    /// - Parameter node: the only one that reaches it; empty for all.
    private func volume(_ name: String, node: String = "", size: String = "1Gi") -> View<PersistentVolume> {
        PersistentVolume.new(name) {
            $0.json["spec"] = ["capacity": ["storage": .string(size)], "accessModes": ["ReadWriteOnce"], "storageClassName": "local"]
            if !node.isEmpty {
                $0.json[["spec", "nodeAffinity", "required", "nodeSelectorTerms"]] = [
                    ["matchExpressions": [["key": "kubernetes.io/hostname", "operator": "In", "values": [.string(node)]]]]
                ]
            }
            $0.status.phase = "Available"
        }
    }

    private func storage(
        _ claims: [View<PersistentVolumeClaim>], _ volumes: [View<PersistentVolume>] = [],
        provisioner: String = "kubernetes.io/no-provisioner"
    ) -> StorageView {
        var view = StorageView()
        for claim in claims { view.claims[claim.key] = claim }
        for volume in volumes { view.volumes[volume.name] = volume }
        view.classes["local"] = StorageClass.new("local") {
            $0.provisioner = provisioner
            $0.volumeBindingMode = "WaitForFirstConsumer"
        }
        return view
    }

    private let user = #""volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}]"#

    private func place(_ storage: StorageView, nodes: [NodeInfo]? = nil) throws -> String {
        let nodes: [NodeInfo] = try nodes ?? [node("a"), node("b")]
        return Decision.make(for: try pod("p", user), Snapshot(nodes: nodes, storage: storage)).text
    }

    @Test func `a pod goes where its volume is, and waits for a claim that has none yet`() throws {
        #expect(try place(storage([])) == #"0/2 nodes are available: persistentvolumeclaim "data" not found."#)
        #expect(try place(storage([claim("data")])) == "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.")
        #expect(try place(storage([claim("data", volume: "v")], [volume("v", node: "b")])) == "b")
        #expect(
            try place(storage([claim("data", volume: "v")], [volume("v", node: "c")]))
                == "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity.")
    }

    @Test func `a claim that waits for its first pod gets a volume that the node reaches, or one that is made there`() throws {
        let waiting = claim("data", storageClass: "local")
        #expect(try place(storage([waiting], [volume("v", node: "b")])) == "b")
        #expect(
            try place(storage([waiting])) == "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.")
        #expect(try place(storage([waiting], provisioner: "swkube.dev/host-path")) == "a")
    }

    @Test func `a volume that was promised to another claim is not taken`() throws {
        var view = storage([claim("data", storageClass: "local")], [volume("v")])
        view.promised["v"] = ObjectKey(namespace: "default", name: "other")
        #expect(try place(view) == "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.")
    }

    @Test func `two pods don't share a claim that is for one pod`() throws {
        let view = storage([claim("data", volume: "v", modes: ["ReadWriteOncePod"])], [volume("v")])
        let nodes = [try node("a", running: [try pod("old", user)])]
        #expect(
            try place(view, nodes: nodes)
                == "0/1 nodes are available: 1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod."
        )
    }
}
