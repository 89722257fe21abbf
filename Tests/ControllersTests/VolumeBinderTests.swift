import API
import Client
import FoundationEssentials
import Machinery
import TestSupport
import Testing

@testable import Controllers

struct VolumeBinderTests {
    private func claim(_ spec: JSON, annotations: [String: String] = [:], uid: String = "claim") -> View<PersistentVolumeClaim> {
        PersistentVolumeClaim.new("data", namespace: "default") {
            $0.metadata.uid = uid
            $0.metadata.annotations = annotations
            $0.json["spec"] = spec
            $0.json[["spec", "accessModes"]] = spec["accessModes"] ?? ["ReadWriteOnce"]
            if spec["resources"] == nil { $0.json[["spec", "resources"]] = ["requests": ["storage": "1Gi"]] }
        }
    }

    private func volume(_ name: String, size: String = "1Gi", phase: String = "Available", _ more: JSON = [:]) -> View<PersistentVolume> {
        PersistentVolume.new(name) {
            $0.json["spec"] = ["capacity": ["storage": .string(size)], "accessModes": ["ReadWriteOnce", "ReadOnlyMany"]]
            for member in more.object ?? [:] { $0.json[["spec", member.key]] = member.value }
            $0.status.phase = phase
        }
    }

    private func storage(_ provisioner: String, mode: String = "Immediate") -> View<StorageClass> {
        StorageClass.new("fast") {
            $0.provisioner = provisioner
            $0.volumeBindingMode = mode
        }
    }

    @Test func `the smallest volume that is large enough is taken`() {
        let volumes = [volume("large", size: "9Gi"), volume("small", size: "512Mi"), volume("fitting", size: "2Gi")]
        #expect(claim([:]).bestMatch(among: volumes)?.name == "fitting")
        #expect(ClaimPlan(claim([:]), volumes: volumes, storage: nil) == .bind(volumes[2]))
    }

    private static let unfit: [(JSON, JSON)] = [
        (["accessModes": ["ReadWriteMany"]], [:]), (["volumeMode": "Block"], [:]), (["storageClassName": "fast"], [:]),
        ([:], ["storageClassName": "slow"]),
        (["selector": ["matchLabels": ["disk": "ssd"]]], [:]), ([:], ["claimRef": ["name": "other", "namespace": "default"]]),
    ]

    @Test(arguments: unfit) func `a volume must suit in class, mode, access and labels, and be free`(asked: JSON, had: JSON) {
        #expect(claim(asked).bestMatch(among: [volume("v", had)]) == nil)
    }

    @Test func `a volume that is kept for a claim is taken before others`() {
        let kept = volume("kept", size: "9Gi", ["claimRef": ["name": "data", "namespace": "default"]])
        #expect(claim([:]).bestMatch(among: [volume("v"), kept])?.name == "kept")
    }

    @Test func `a claim waits, asks for a volume, or says what it lacks`() {
        func words(_ plan: ClaimPlan) -> String {
            switch plan {
            case .wait(let phase, let news): "\(phase) \(news?.reason ?? "")"
            case .bind(let volume): "bind \(volume.name)"
            case .provision: "provision"
            }
        }
        let ours = storage("swkube.dev/host-path")
        #expect(words(ClaimPlan(claim([:]), volumes: [], storage: nil)) == "Pending FailedBinding")
        #expect(words(ClaimPlan(claim(["storageClassName": "fast"]), volumes: [], storage: nil)) == "Pending ProvisioningFailed")
        #expect(words(ClaimPlan(claim(["storageClassName": "fast"]), volumes: [], storage: ours)) == "provision")
        let late = storage("swkube.dev/host-path", mode: "WaitForFirstConsumer")
        #expect(words(ClaimPlan(claim(["storageClassName": "fast"]), volumes: [], storage: late)) == "Pending WaitForFirstConsumer")
        let chosen = claim(["storageClassName": "fast"], annotations: ["volume.kubernetes.io/selected-node": "a"])
        #expect(words(ClaimPlan(chosen, volumes: [], storage: late)) == "provision")
        #expect(words(ClaimPlan(claim(["volumeName": "v"]), volumes: [], storage: nil)) == "Pending ")
        #expect(words(ClaimPlan(claim(["volumeName": "v"]), volumes: [volume("v", size: "1Mi")], storage: nil)) == "Pending VolumeMismatch")
        let bound = ["pv.kubernetes.io/bind-completed": "yes"]
        #expect(words(ClaimPlan(claim(["volumeName": "v"], annotations: bound), volumes: [], storage: nil)) == "Lost ClaimLost")
        let others = volume("v", ["claimRef": ["name": "data", "namespace": "default", "uid": "former"]])
        #expect(words(ClaimPlan(claim(["volumeName": "v"], annotations: bound), volumes: [others], storage: nil)) == "Lost ClaimMisbound")
    }

    @Test func `a volume is available, bound, released or deleted, as its claim is`() {
        let mine: JSON = ["claimRef": ["name": "data", "namespace": "default", "uid": "claim"]]
        #expect(VolumePlan(volume("v"), claim: nil) == .phase("Available"))
        #expect(VolumePlan(volume("v", ["claimRef": ["name": "data", "namespace": "default"]]), claim: nil) == .phase("Available"))
        #expect(VolumePlan(volume("v", mine), claim: claim(["volumeName": "v"])) == .phase("Bound"))
        #expect(VolumePlan(volume("v", mine), claim: claim(["volumeName": "other"])) == .free)
        #expect(VolumePlan(volume("v", mine), claim: nil) == .phase("Released"))
        #expect(VolumePlan(volume("v", phase: "Released", mine), claim: nil) == .phase("Released"))
        var deleted = volume("v", phase: "Released", mine)
        deleted.spec.persistentVolumeReclaimPolicy = "Delete"
        #expect(VolumePlan(deleted, claim: claim([:], uid: "another")) == .delete)
    }

    @Test func `the default class makes a folder for a claim, lets it grow and deletes it with the claim`() async throws {
        try await TestControlPlane.with { plane in
            try await plane.create(
                StorageClass.self, "{metadata: {name: standard}, provisioner: swkube.dev/host-path, allowVolumeExpansion: true}")
            let claim = try await plane.create(
                PersistentVolumeClaim.self,
                """
                metadata: {name: data}
                spec: {storageClassName: standard, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
                """)
            let bound = try await plane.eventually("bound", PersistentVolumeClaim.self, "data") { $0.status.phase == "Bound" }
            #expect(bound.status.capacity["storage"]?.description == "1Gi")
            let volume = try await plane.client.get(PersistentVolume.self, ObjectKey(namespace: "", name: bound.spec.volumeName))
            #expect(volume.status.phase == "Bound")
            let path: String = try #require(volume.spec.hostPath?.path)
            #expect(path.hasPrefix(plane.folder.path))
            #expect(FileManager.default.fileExists(atPath: path))

            try await plane.client.patch(
                PersistentVolumeClaim.self, claim.key, ["spec": ["resources": ["requests": ["storage": "2Gi"]]]])
            try await plane.eventually("grown", PersistentVolumeClaim.self, "data") {
                $0.status.capacity["storage"]?.description == "2Gi"
            }
            try await plane.client.delete(PersistentVolumeClaim.self, claim.key)
            try await eventually("the volume goes") { try await plane.client.find(PersistentVolume.self, volume.key) == nil }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `a volume that was made by hand is bound and released, and its content kept`() async throws {
        try await TestControlPlane.with { plane in
            try await plane.create(
                PersistentVolume.self,
                """
                metadata: {name: disk}
                spec:
                  capacity: {storage: 5Gi}
                  accessModes: [ReadWriteOnce]
                  hostPath: {path: /nowhere}
                """)
            try await plane.eventually("available", PersistentVolume.self, "disk") { $0.status.phase == "Available" }
            let claim = try await plane.create(
                PersistentVolumeClaim.self,
                """
                metadata: {name: data}
                spec: {storageClassName: "", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
                """)
            try await plane.eventually("bound", PersistentVolume.self, "disk") { $0.status.phase == "Bound" }
            try await plane.eventually("bound", PersistentVolumeClaim.self, "data") { $0.status.phase == "Bound" }
            try await plane.client.delete(PersistentVolumeClaim.self, claim.key)
            try await plane.eventually("released", PersistentVolume.self, "disk") { $0.status.phase == "Released" }
        }
    }

    @Test func `a pod gets the claims of its ephemeral volumes`() async throws {
        try await TestControlPlane.with { plane in
            try await plane.create(
                Pod.self,
                """
                metadata: {name: web}
                spec:
                  containers: [{name: web, image: web}]
                  volumes:
                  - name: scratch
                    ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}
                """)
            let claim = try await plane.eventually("made", PersistentVolumeClaim.self, "web-scratch") { _ in true }
            #expect(claim.metadata.ownerReferences.map(\.kind) == ["Pod"])
        }
    }
}
