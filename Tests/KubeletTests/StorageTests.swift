import API
import Client
import FoundationEssentials
import Images
import Kubelet
import Machinery
import Sandbox
import TestSupport
import Testing

/// Volumes of claims and images, and limits of the disk.
@Suite(.serialized) struct StorageTests {
    /// A volume and a claim that are bound to each other, as the controllers leave them.
    private static func bind(_ node: TestNode, _ name: String, _ source: JSON, phase: String = "Bound") async throws {
        let claim: View<PersistentVolumeClaim> = try await node.client.create(
            View<PersistentVolumeClaim>([
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": .string(name), "namespace": "default"],
                "spec": [
                    "accessModes": ["ReadWriteOnce"], "volumeName": .string("pv-" + name), "storageClassName": "",
                    "resources": ["requests": ["storage": "1Gi"]],
                ],
            ]))
        var spec: JSON = source
        spec["accessModes"] = ["ReadWriteOnce"]
        spec["capacity"] = ["storage": "1Gi"]
        spec["claimRef"] = ["name": .string(name), "namespace": "default", "uid": .string(claim.metadata.uid)]
        try await node.client.create(
            View<PersistentVolume>([
                "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": .string("pv-" + name)], "spec": spec,
            ]))
        try await node.client.patch(
            PersistentVolumeClaim.self, claim.key, ["status": ["phase": .string(phase)]], as: .mergePatch, subresource: "status")
    }

    private static func pod(_ claim: String, _ script: String, readOnly: Bool = false) -> JSON {
        [
            "restartPolicy": "Never",
            "containers": [
                [
                    "name": "main", "image": "host", "command": ["sh", "-c", .string(script)],
                    "volumeMounts": [["name": "data", "mountPath": "/data"]],
                ]
            ],
            "volumes": [["name": "data", "persistentVolumeClaim": ["claimName": .string(claim), "readOnly": .bool(readOnly)]]],
        ]
    }

    @Test func `what a claim's volume holds outlives the pod`() async throws {
        let node = try await TestNode()
        let folder: String = node.folder.file("volume")
        try await Self.bind(node, "disk", ["hostPath": ["path": .string(folder), "type": "DirectoryOrCreate"]])
        try await node.withKubelet { kubelet in
            try await node.run("writer", Self.pod("disk", "echo kept > /data/file"))
            try await node.waitForPhase("writer", "Succeeded")
            try await node.delete("writer")
            try await node.waitUntilGone("writer")
            try await node.run("reader", Self.pod("disk", "cat /data/file; touch /data/x 2>/dev/null || echo read-only", readOnly: true))
            let pod: View<Pod> = try await node.waitForPhase("reader", "Succeeded")
            #expect(try await node.log(kubelet, pod) == "kept\nread-only\n")
        }
        #expect(try node.folder.read("volume/file") == "kept\n")
        await node.end()
    }

    @Test func `a claim that can't be mounted says why`() async throws {
        let node = try await TestNode()
        try await Self.bind(node, "pending", ["hostPath": ["path": "/tmp"]], phase: "Pending")
        try await Self.bind(
            node, "lost",
            [
                "local": ["path": "/nowhere/at/all"],
                "nodeAffinity": [
                    "required": [
                        "nodeSelectorTerms": [
                            [
                                "matchExpressions": [["key": "kubernetes.io/hostname", "operator": "In", "values": ["node-1"]]]
                            ]
                        ]
                    ]
                ],
            ])
        try await Self.bind(node, "nfs", ["nfs": ["server": "a", "path": "/b"]])
        try await node.withKubelet { _ in
            let start = "FailedMount: MountVolume.SetUp failed for volume \"data\" : "
            for (claim, reason) in [
                ("pending", "error processing PVC default/pending: PVC is not bound"),
                (
                    "none",
                    "error processing PVC default/none: failed to fetch PVC from API server: persistentvolumeclaims \"none\" not found"
                ),
                ("lost", "path \"/nowhere/at/all\" does not exist"),
                ("nfs", "this version cannot mount persistent volumes of type nfs; it knows hostPath and local"),
            ] {
                try await node.run(claim, Self.pod(claim, "true"))
                try await eventually("the event of \(claim) says why") { try await node.events(claim).contains(start + reason) }
            }
        }
        await node.end()
    }

    @Test func `a pod whose volume grows beyond its limit is evicted`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run(
                "greedy",
                [
                    "restartPolicy": "Always", "terminationGracePeriodSeconds": 1000,
                    "containers": [
                        [
                            "name": "main", "image": "host",
                            "command": ["sh", "-c", "head -c 3000000 /dev/zero > /cache/x; touch /tmp/done; sleep 1000"],
                            "volumeMounts": [["name": "cache", "mountPath": "/cache"]],
                            "readinessProbe": ["exec": ["command": ["cat", "/tmp/done"]], "periodSeconds": 1],
                        ]
                    ],
                    "volumes": [["name": "cache", "emptyDir": ["sizeLimit": "1Mi"]]],
                ])
            try await node.wait("greedy", "has written") { $0.isReady }
            let pod: View<Pod> = try await eventually(
                "it is evicted",
                {
                    node.clock.advance(by: .seconds(10))
                    return try await node.pod("greedy")
                }, until: { $0.status.phase == "Failed" })
            let message = "Usage of EmptyDir volume \"cache\" exceeds the limit \"1Mi\". "
            #expect(pod.status.reason == "Evicted")
            #expect(pod.status.message == message)
            #expect(pod.condition("DisruptionTarget")?.reason == "TerminationByKubelet")
            #expect(try await node.events("greedy").contains("Evicted: " + message))
        }
        await node.end()
    }

    @Test func `an image is a volume: read-only, whole or in part, and no program in it runs`() async throws {
        let node = try await TestNode()
        let layers: [[UInt8]] = [
            ImageMaker.tar([.file("conf/app.yaml", "color: blue\n"), .file("bin/tool", "#!/bin/sh\n", 0o755), .file("gone", "x")]),
            ImageMaker.tar([.file(".wh.gone", ""), .file("conf/more.yaml", "more: 1\n")]),
        ]
        let path: String = node.folder.file("archive.tar")
        try Data(ImageMaker.dockerArchive(layers, tag: "team/files:1")).write(to: URL(filePath: path))
        _ = try ArchiveLoader(
            try ImageStore(folder: node.configuration.imagesFolder), platform: Platform(architecture: Host.architecture)
        ).load(path: path)
        try await node.withKubelet { kubelet in
            let script = """
                ls /image /image/conf; cat /part/more.yaml; cat /one; touch /image/x 2>/dev/null || echo read-only
                /image/bin/tool 2>/dev/null || echo no program
                """
            try await node.run(
                "reader",
                [
                    "restartPolicy": "Never",
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["sh", "-c", .string(script)],
                            "volumeMounts": [
                                ["name": "files", "mountPath": "/image"], ["name": "files", "mountPath": "/part", "subPath": "conf"],
                                ["name": "files", "mountPath": "/one", "subPath": "conf/app.yaml"],
                            ],
                        ]
                    ],
                    "volumes": [["name": "files", "image": ["reference": "team/files:1", "pullPolicy": "IfNotPresent"]]],
                ])
            let pod: View<Pod> = try await node.waitForPhase("reader", "Succeeded")
            #expect(
                try await node.log(kubelet, pod)
                    == "/image:\nbin\nconf\n\n/image/conf:\napp.yaml\nmore.yaml\nmore: 1\ncolor: blue\nread-only\nno program\n")
            try await node.run(
                "never",
                [
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["true"],
                            "volumeMounts": [["name": "files", "mountPath": "/image"]],
                        ]
                    ],
                    "volumes": [["name": "files", "image": ["reference": "127.0.0.1:1/none:1", "pullPolicy": "Never"]]],
                ])
            try await eventually("the event says why") {
                try await node.events("never").contains {
                    $0.hasSuffix("Container image \"127.0.0.1:1/none:1\" is not present with pull policy of Never")
                }
            }
        }
        await node.end()
    }
}
