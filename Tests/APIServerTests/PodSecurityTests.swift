import API
import Machinery
import TestSupport
import Testing

/// The Pod Security Standards: pure checks, then the labels of a namespace on the real server. Outside source: the texts of
/// k8s.io/pod-security-admission.
@Suite struct PodSecurityTests {
    private static let good: JSON = [
        "securityContext": ["runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"]],
        "containers": [
            [
                "name": "main", "image": "host/sh", "command": ["sh"],
                "securityContext": ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]]],
            ]
        ],
    ]

    private func pod(_ name: String, _ spec: JSON) -> JSON {
        ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)], "spec": spec]
    }

    private func label(_ server: TestServer, _ labels: JSON) async throws -> TestServer.Reply {
        try await server.ask("PATCH", Place.namespaces + "/default", ["metadata": ["labels": labels]])
    }

    @Test func `a restricted namespace takes pods that need no rights, and says what others break`() async throws {
        let server = try await TestServer()
        #expect(try await label(server, ["pod-security.kubernetes.io/enforce": "restricted"]).code == 200)
        #expect(try await server.ask("POST", Place.pods, pod("good", Self.good)).code == 201)
        let refused: TestServer.Reply = try await server.ask("POST", Place.pods, Sample.pod("bad"))
        #expect(refused.code == 403)
        #expect(
            refused["message"]?.string == "pods \"bad\" is forbidden: violates PodSecurity \"restricted:latest\": "
                + "allowPrivilegeEscalation != false (container \"main\" must set securityContext.allowPrivilegeEscalation=false), "
                + "unrestricted capabilities (container \"main\" must set securityContext.capabilities.drop=[\"ALL\"]), "
                + "runAsNonRoot != true (pod or container \"main\" must set securityContext.runAsNonRoot=true), "
                + "seccompProfile (pod or container \"main\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
        )
        let deployment: TestServer.Reply = try await server.ask("POST", Place.deployments, Sample.deployment("web"))
        #expect(deployment.code == 201 && deployment.warnings.first?.hasPrefix("would violate PodSecurity \"restricted:latest\": ") == true)
    }

    @Test func `the baseline forbids what reaches beyond the pod`() async throws {
        let server = try await TestServer()
        _ = try await label(
            server, ["pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/enforce-version": "v1.30"])
        #expect(try await server.ask("POST", Place.pods, Sample.pod("plain")).code == 201)
        let spec: JSON = [
            "hostNetwork": true, "volumes": [["name": "v", "hostPath": ["path": "/etc"]]],
            "containers": [
                [
                    "name": "main", "image": "host/sh", "ports": [["containerPort": 80]],
                    "securityContext": ["privileged": true, "capabilities": ["add": ["NET_ADMIN"]]],
                ]
            ],
        ]
        let refused: TestServer.Reply = try await server.ask("POST", Place.pods, pod("bad", spec))
        #expect(
            refused["message"]?.string == "pods \"bad\" is forbidden: violates PodSecurity \"baseline:v1.30\": "
                + "non-default capabilities (container \"main\" must not include \"NET_ADMIN\" in securityContext.capabilities.add), "
                + "host namespaces (hostNetwork=true), hostPath volumes (volume \"v\"), hostPort (container \"main\" uses hostPort 80), "
                + "privileged (container \"main\" must not set securityContext.privileged=true)")
    }

    @Test func `a stricter label warns of the pods that are there, and a wrong one is refused`() async throws {
        let server = try await TestServer()
        for name in ["a", "b"] { try await server.ask("POST", Place.pods, Sample.pod(name)) }
        let labelled: TestServer.Reply = try await label(server, ["pod-security.kubernetes.io/enforce": "restricted"])
        #expect(
            labelled.warnings == [
                "existing pods in namespace \"default\" violate the new PodSecurity enforce level \"restricted:latest\"",
                "a (and 1 other pod): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile",
            ])
        let wrong: TestServer.Reply = try await label(server, ["pod-security.kubernetes.io/enforce": "strict"])
        #expect(
            wrong["message"]?.string
                == "Namespace \"default\" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": "
                + "must be one of privileged, baseline, restricted")
    }
}
