import API
import Client
import Kubelet
import Machinery
import Sandbox
import TestSupport
import Testing

/// Volumes and variables as a process sees them.
@Suite(.serialized) struct VolumeTests {
    private static let cfg = ObjectKey(namespace: "default", name: "cfg")

    private func makeSources(_ node: TestNode) async throws {
        try await node.client.create(
            ConfigMap.new("cfg", namespace: "default") { $0.data = ["app.yaml": "color: blue\n", "LEVEL": "debug"] })
        try await node.client.create(Secret.new("sec", namespace: "default") { $0.data = ["password": "aHVudGVyMg=="] })
    }

    @Test func `files and variables come from ConfigMaps, Secrets and the pod itself`() async throws {
        let node = try await TestNode()
        try await makeSources(node)
        try await node.withKubelet { kubelet in
            let script = """
                echo $LEVEL $PASS $IP $CPU $TWICE; cat /cfg/app.yaml /cfg/sub/deep; stat -c %a /sec/..data/password; cat /info/labels; echo
                cat /etc/one; touch /cfg/x 2>/dev/null || echo read-only; echo data > /work/in; ls /work; touch /mem/x && ls /mem; df -k --output=size /mem | tail -1 | tr -d ' '
                """
            try await node.run(
                "vols",
                [
                    "restartPolicy": "Never",
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["sh", "-c", .string(script)],
                            "resources": ["limits": ["cpu": "1500m"]],
                            "envFrom": [["configMapRef": ["name": "cfg"], "prefix": "X_"]],
                            "env": [
                                ["name": "LEVEL", "valueFrom": ["configMapKeyRef": ["name": "cfg", "key": "LEVEL"]]],
                                ["name": "PASS", "valueFrom": ["secretKeyRef": ["name": "sec", "key": "password"]]],
                                ["name": "IP", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]],
                                ["name": "CPU", "valueFrom": ["resourceFieldRef": ["resource": "limits.cpu", "divisor": "1m"]]],
                                ["name": "TWICE", "value": "$(LEVEL)-$(X_LEVEL)-$(NONE)-$$(LEVEL)"],
                            ],
                            "volumeMounts": [
                                ["name": "cfg", "mountPath": "/cfg"], ["name": "sec", "mountPath": "/sec"],
                                ["name": "info", "mountPath": "/info"],
                                ["name": "cfg", "mountPath": "/etc/one", "subPath": "app.yaml"], ["name": "work", "mountPath": "/work"],
                                ["name": "mem", "mountPath": "/mem"],
                            ],
                        ]
                    ],
                    "volumes": [
                        [
                            "name": "cfg",
                            "projected": [
                                "sources": [
                                    ["configMap": ["name": "cfg"]],
                                    ["secret": ["name": "sec", "items": [["key": "password", "path": "sub/deep"]]]],
                                ]
                            ],
                        ],
                        ["name": "sec", "secret": ["secretName": "sec", "defaultMode": 0o440]],
                        ["name": "info", "downwardAPI": ["items": [["path": "labels", "fieldRef": ["fieldPath": "metadata.labels"]]]]],
                        ["name": "work", "emptyDir": [:]], ["name": "mem", "emptyDir": ["medium": "Memory", "sizeLimit": "1Mi"]],
                    ],
                ])
            let pod: View<Pod> = try await node.waitForPhase("vols", "Succeeded")
            let text: String = try await node.log(kubelet, pod)
            #expect(
                text == """
                    debug hunter2 \(pod.status.podIP) 1500 debug-debug-$(NONE)-$(LEVEL)
                    color: blue
                    hunter2440
                    app="vols"
                    color: blue
                    read-only
                    in
                    x
                    1024

                    """)
        }
        await node.end()
    }

    @Test func `authorities and a certificate of the pod's own become files`() async throws {
        let node = try await TestNode()
        // As much of a certificate as the API server looks at.
        let anchor: String = CertificatePEM.text(
            "CERTIFICATE", [0x30, 0x0C, 0x06, 0x03, 0x55, 0x1D, 0x13, 0x04, 0x05, 0x30, 0x03, 0x01, 0x01, 0xFF])
        try await node.client.create(
            ClusterTrustBundle.new("example.com:mesh:roots") {
                $0.metadata.labels = ["stage": "live"]
                $0.spec.signerName = "example.com/mesh"
                $0.spec.trustBundle = "# the only one\n" + anchor
            })
        try await node.withKubelet { kubelet in
            try await node.run(
                "trusting",
                [
                    "restartPolicy": "Never",
                    "containers": [
                        [
                            "name": "main", "image": "host",
                            "command": [
                                "sh", "-c",
                                "cat /tls/roots.pem /tls/chain.pem; head -1 /tls/key.pem; tail -c1 /tls/key.pem | wc -l; wc -l < /tls/none.pem",
                            ],
                            "volumeMounts": [["name": "tls", "mountPath": "/tls"]],
                        ]
                    ],
                    "volumes": [
                        [
                            "name": "tls",
                            "projected": [
                                "sources": [
                                    [
                                        "clusterTrustBundle": [
                                            "signerName": "example.com/mesh", "labelSelector": ["matchLabels": ["stage": "live"]],
                                            "path": "roots.pem",
                                        ]
                                    ],
                                    ["clusterTrustBundle": ["name": "absent", "optional": true, "path": "none.pem"]],
                                    [
                                        "podCertificate": [
                                            "signerName": "example.com/mesh", "keyType": "ECDSAP256", "keyPath": "key.pem",
                                            "certificateChainPath": "chain.pem",
                                        ]
                                    ],
                                ]
                            ],
                        ]
                    ],
                ])
            var request: View<PodCertificateRequest> = try await eventually(
                "the node asks", { try await node.client.list(PodCertificateRequest.self).items.first }, until: { $0 != nil })!
            #expect(request.spec.podName == "trusting" && request.spec.nodeName == TestNode.name)
            let now: Time = node.clock.time
            request.status.certificateChain = anchor
            request.status.notBefore = now
            request.status.beginRefreshAt = Time(seconds: now.seconds + 3000)
            request.status.notAfter = Time(seconds: now.seconds + 3600)
            request.status.conditions = [
                View<Condition>([
                    "type": "Issued", "status": "True", "reason": "Signed", "message": "", "lastTransitionTime": .string("\(now)"),
                ])
            ]
            try await node.client.updateStatus(request)
            let pod: View<Pod> = try await node.waitForPhase("trusting", "Succeeded")
            #expect(try await node.log(kubelet, pod) == anchor + anchor + "-----BEGIN PRIVATE KEY-----\n1\n0\n")
        }
        await node.end()
    }

    @Test func `a change of a ConfigMap reaches the files of running pods`() async throws {
        let node = try await TestNode()
        try await makeSources(node)
        try await node.withKubelet { kubelet in
            try await node.run(
                "reader",
                [
                    "terminationGracePeriodSeconds": 1,
                    "containers": [
                        [
                            "name": "main", "image": "host",
                            "command": [
                                "sh", "-c",
                                "until grep -q red /cfg/app.yaml; do sleep 0.02; done; ls -A /cfg | grep -v '^\\.\\.2' | sort; sleep 1000",
                            ],
                            "volumeMounts": [["name": "cfg", "mountPath": "/cfg"]],
                        ]
                    ],
                    "volumes": [["name": "cfg", "configMap": ["name": "cfg"]]],
                ])
            let pod: View<Pod> = try await node.waitForPhase("reader", "Running")
            let change: JSON = ["data": ["app.yaml": "color: red\n", "LEVEL": .null, "new": "1"]]
            try await node.client.patch(ConfigMap.self, Self.cfg, change, as: .mergePatch)
            try await eventually("the pod saw it") { try await node.log(kubelet, pod) == "..data\napp.yaml\nnew\n" }
            try await node.delete("reader")
            try await node.waitUntilGone("reader")
        }
        await node.end()
    }

    @Test func `a token is replaced by another one well before it runs out`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            let script = "while :; do t=$(cat /t/token); [ \"$t\" = \"$o\" ] || echo \"$t\"; o=$t; sleep 0.02; done"
            let token: JSON = ["serviceAccountToken": ["path": "token", "audience": "vault", "expirationSeconds": 600]]
            try await node.run(
                "holder",
                [
                    "terminationGracePeriodSeconds": 1, "serviceAccountName": "default",
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["sh", "-c", .string(script)],
                            "volumeMounts": [["name": "t", "mountPath": "/t"]],
                        ]
                    ],
                    "volumes": [["name": "t", "projected": ["sources": [token]]]],
                ])
            let pod: View<Pod> = try await node.waitForPhase("holder", "Running")
            func tokens() async throws -> [String] { try await node.log(kubelet, pod).split(separator: "\n").map(String.init) }
            try await eventually("there is a token") { try await tokens().count == 1 }
            // Of ten minutes four fifths go by, and a little.
            node.clock.advance(by: .seconds(485))
            try await eventually("there is another") { try await tokens().count == 2 }
            func isGood(_ token: String) async throws -> Bool {
                var review = View<TokenReview>(["apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"])
                review.spec.token = token
                review.spec.audiences = ["vault"]
                return try await node.client.create(review).status.authenticated
            }
            let both: [String] = try await tokens()
            for token in both { #expect(try await isGood(token)) }
            node.clock.advance(by: .seconds(150))
            #expect(try await !isGood(both[0]))
            #expect(try await isGood(both[1]))
            try await node.delete("holder")
            try await node.waitUntilGone("holder")
        }
        await node.end()
    }

    @Test func `memory belongs to the pod's group and is no more than the pod may have`() async throws {
        let node = try await TestNode()
        let hasGroups: Bool = node.network.identities > 1
        try await node.withKubelet { kubelet in
            let script = "df -k --output=size /m | tail -1 | tr -d ' '; stat -c '%a %g' /m; cat /proc/self/status | grep Groups | cut -f2"
            try await node.run(
                "memory",
                [
                    "restartPolicy": "Never", "securityContext": ["fsGroup": 2000],
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["sh", "-c", .string(script)],
                            "resources": ["limits": ["memory": "32Mi"]], "volumeMounts": [["name": "m", "mountPath": "/m"]],
                        ]
                    ],
                    "volumes": [["name": "m", "emptyDir": ["medium": "Memory"]]],
                ])
            let pod: View<Pod> = try await node.waitForPhase("memory", "Succeeded")
            let lines: [Substring] = try await node.log(kubelet, pod).split(separator: "\n")
            #expect(lines.first == "32768")
            if hasGroups { #expect(lines.dropFirst().first == "2777 2000") }
        }
        await node.end()
    }

    @Test func `a variable comes from a file that an init container wrote`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { kubelet in
            let source: JSON = ["fileKeyRef": ["volumeName": "data", "path": "out/env", "key": "NAME"]]
            try await node.run(
                "env",
                [
                    "restartPolicy": "Never",
                    "initContainers": [
                        [
                            "name": "writer", "image": "host",
                            "command": ["sh", "-c", "mkdir /data/out; echo \"NAME='a b'\" > /data/out/env"],
                            "volumeMounts": [["name": "data", "mountPath": "/data"]],
                        ]
                    ],
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["sh", "-c", "echo \"$GIVEN\""],
                            "env": [["name": "GIVEN", "valueFrom": source]],
                        ]
                    ],
                    "volumes": [["name": "data", "emptyDir": [:]]],
                ])
            let pod: View<Pod> = try await node.waitForPhase("env", "Succeeded")
            #expect(try await node.log(kubelet, pod) == "a b\n")
        }
        await node.end()
    }

    @Test func `a missing ConfigMap holds the pod until it is there`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run(
                "volume",
                [
                    "terminationGracePeriodSeconds": 1,
                    "containers": [
                        [
                            "name": "main", "image": "host", "command": ["sleep", "1000"],
                            "volumeMounts": [["name": "cfg", "mountPath": "/cfg"]],
                        ]
                    ],
                    "volumes": [["name": "cfg", "configMap": ["name": "cfg"]]],
                ])
            try await node.shell(
                "variable", "sleep 1000", ["env": [["name": "A", "valueFrom": ["configMapKeyRef": ["name": "cfg", "key": "LEVEL"]]]]])
            try await node.wait("volume", "waits") { $0.main.state.waiting?.reason == "ContainerCreating" }
            try await eventually("the event says why") {
                try await node.events("volume").contains(
                    "FailedMount: MountVolume.SetUp failed for volume \"cfg\" : configmap \"cfg\" not found")
            }
            let pod: View<Pod> = try await node.wait("variable", "waits") { $0.main.state.waiting?.reason == "CreateContainerConfigError" }
            #expect(pod.main.state.waiting?.message == "configmap \"cfg\" not found")
            try await makeSources(node)
            try await node.waitForPhase("volume", "Running")
            try await node.waitForPhase("variable", "Running")
        }
        await node.end()
    }

    @Test func `a volume that this version does not know says so`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            try await node.run(
                "nfs",
                [
                    "containers": [
                        ["name": "main", "image": "host", "command": ["true"], "volumeMounts": [["name": "v", "mountPath": "/v"]]]
                    ],
                    "volumes": [["name": "v", "nfs": ["server": "a", "path": "/"]]],
                ])
            try await eventually("the event says why") {
                try await node.events("nfs").contains {
                    $0.hasPrefix("FailedMount: MountVolume.SetUp failed for volume \"v\" : this version cannot mount volumes of type nfs")
                }
            }
        }
        await node.end()
    }
}
