import API
import Machinery
import Testing

/// PersistentVolumes, claims and the kinds of storage.k8s.io. Source: kube-apiserver v1.36.
struct VolumeTests {
    private func volume(_ spec: String) throws -> Created<PersistentVolume> {
        try Created(PersistentVolume.self, #"{"metadata":{"name":"pv"},"spec":{\#(spec)}}"#)
    }

    private func claim(_ spec: String) throws -> Created<PersistentVolumeClaim> {
        try Created(PersistentVolumeClaim.self, #"{"metadata":{"name":"c","namespace":"default"},"spec":{\#(spec)}}"#)
    }

    private static let good = #""capacity":{"storage":"1Gi"},"accessModes":["ReadWriteMany","ReadWriteOnce"],"hostPath":{"path":"/data"}"#
    private static let wish = #""accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}"#

    @Test func `a minimal volume is kept when its claim goes`() throws {
        let made = try volume(Self.good)
        #expect(made.problems == [])
        #expect(made.object.spec.persistentVolumeReclaimPolicy == "Retain" && made.object.spec.volumeMode == "Filesystem")
        #expect(made.object.spec.hostPath?.type == "")
        let cells: [String] = ["pv", "1Gi", "RWO,RWX", "Retain", "Pending", "", "", "<unset>", "", "<unknown>", "Filesystem"]
        #expect(made.cells == cells)
    }

    @Test(arguments: [
        (#""capacity":{"storage":"1Gi"},"hostPath":{"path":"/d"}"#, "spec.accessModes: Required value"),
        (#""accessModes":["ReadWriteOnce"],"hostPath":{"path":"/d"}"#, "spec.capacity: Required value"),
        (
            #""accessModes":["Fast"],"capacity":{"storage":"1"},"hostPath":{"path":"/d"}"#,
            #"spec.accessModes: Unsupported value: "Fast": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "#
                + #""ReadWriteOncePod""#
        ),
        (good + #","nfs":{"server":"s","path":"/p"}"#, "spec.nfs: Forbidden: may not specify more than 1 volume type"),
        (#""accessModes":["ReadWriteOnce"],"capacity":{"storage":"1"}"#, "spec: Required value: must specify a volume type"),
        (
            #""accessModes":["ReadWriteOnce"],"capacity":{"storage":"1"},"local":{"path":"/d"}"#,
            "metadata.annotations: Required value: Local volume requires node affinity"
        ),
        (
            #""accessModes":["ReadWriteOnce"],"capacity":{"storage":"1"},"persistentVolumeReclaimPolicy":"Recycle","hostPath":{"path":"/"}"#,
            "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"
        ),
    ])
    func `a volume that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        let problems: [String] = try volume(spec).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `a claim names its source twice and shows nothing while it waits`() throws {
        let made = try claim(Self.wish + #","dataSource":{"kind":"PersistentVolumeClaim","name":"old"}"#)
        #expect(made.problems == [])
        #expect(made.object.spec.dataSourceRef?.name == "old")
        #expect(made.cells == ["c", "Pending", "", "", "", "", "<unset>", "<unknown>", "Filesystem"])
        #expect(
            try claim(Self.wish + #","dataSource":{"kind":"Pod","name":"old"}"#).problems.contains(
                #"spec.dataSource: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup"#))
        #expect(
            try claim(#""accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"0"}}"#).problems
                == [#"spec.resources[storage]: Invalid value: "0": must be greater than zero"#])
    }

    @Test func `only the size of a bound claim changes, and not below what it got`() throws {
        let old = try claim(Self.wish)
        let head = #"{"metadata":{"name":"c","namespace":"default"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":"#
        let fixed =
            "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        #expect(try old.problems(updatingTo: head + #"{"storage":"2Gi"}}}}"#) == [fixed])
        #expect(try old.problems(updatingTo: head + #"{"storage":"1Gi"}},"volumeName":"pv"}}"#) == [])
        var before: View<PersistentVolumeClaim> = old.object
        before.status.phase = "Bound"
        before.status.capacity = ["storage": Quantity(5)]
        var after: View<PersistentVolumeClaim> = before
        after.spec.resources.requests["storage"] = Quantity(5)
        var problems = Problems()
        PersistentVolumeClaim.validateUpdate(after, from: before, .root, &problems)
        #expect(
            problems.all.map { "\($0)" }
                == ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"])
    }

    @Test func `a driver gets the defaults of Kubernetes and counts its changes`() throws {
        let made = try Created(CSIDriver.self, #"{"metadata":{"name":"d.example.com"},"spec":{"tokenRequests":[{"audience":"a"}]}}"#)
        #expect(made.problems == [])
        #expect(made.cells == ["d.example.com", "true", "false", "false", "a", "false", "Persistent", "<unknown>"])
        var changed: View<CSIDriver> = made.object
        changed.spec.podInfoOnMount = true
        CSIDriver.prepareForUpdate(&changed, from: made.object)
        #expect(changed.metadata.generation == 1)
        let bad = try Created(
            CSIDriver.self,
            #"{"metadata":{"name":"d"},"spec":{"fsGroupPolicy":"X","tokenRequests":[{"audience":"a"},{"audience":"a","expirationSeconds":1}]}}"#
        )
        #expect(
            bad.problems == [
                #"spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType""#,
                "spec.tokenRequests[1].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
                #"spec.tokenRequests[1].audience: Duplicate value: "a""#,
            ])
    }

    @Test func `an attachment names one volume and never changes`() throws {
        let head = #"{"metadata":{"name":"a"},"spec":{"attacher":"d.example.com","nodeName":"n","source":"#
        let made = try Created(VolumeAttachment.self, head + #"{"persistentVolumeName":"pv"}}}"#)
        #expect(made.problems == [])
        #expect(made.cells == ["a", "d.example.com", "pv", "n", "false", "<unknown>"])
        let changed: [String] = try made.problems(updatingTo: head + #"{"persistentVolumeName":"other"}}}"#)
        #expect(changed.count == 1 && changed[0].hasSuffix("field is immutable"))
        let none = try Created(VolumeAttachment.self, head + "{}}}")
        #expect(
            none.problems
                == ["spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"])
    }

    @Test func `nodes, rooms and attributes of drivers say what is wrong`() throws {
        let node = try Created(
            CSINode.self,
            #"{"metadata":{"name":"n"},"spec":{"drivers":[{"name":"d","nodeID":"1"},{"name":"d","nodeID":""}]}}"#)
        #expect(node.problems == ["spec.drivers[1].nodeID: Required value", #"spec.drivers[1].name: Duplicate value: "d""#])
        let room = try Created(
            CSIStorageCapacity.self,
            #"{"metadata":{"name":"r","namespace":"default"},"storageClassName":"fast","capacity":"-1Gi"}"#)
        #expect(room.problems == [#"capacity: Invalid value: "-1Gi": must be greater than or equal to 0"#])
        #expect(room.cells == ["r", "fast", "-1Gi"])
        let attributes = try Created(VolumeAttributesClass.self, #"{"metadata":{"name":"v"},"driverName":"d"}"#)
        #expect(attributes.problems == ["parameters: Required value: must contain at least one key/value pair"])
    }
}
