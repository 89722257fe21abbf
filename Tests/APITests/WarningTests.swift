import API
import Machinery
import Testing

/// Texts of `Warning:` headers. Outside source: pkg/api/pod/warnings.go and its neighbours for other kinds in Kubernetes 1.36.
@Suite struct WarningTests {
    private func pod(_ spec: String, annotations: String = "") throws -> [String] {
        let made = try Created(
            Pod.self,
            #"{"metadata":{"name":"p","namespace":"default","annotations":{\#(annotations)}},"spec":{\#(spec)}}"#)
        return Pod.warnings(made.object, from: nil)
    }

    private static let plain = #""containers":[{"name":"c","image":"i"}]"#
    private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    private static let noSelector = "a null labelSelector results in matching no pod"

    private struct Case: Sendable {
        let spec: String
        let warnings: [String]

        init(_ spec: String, _ warnings: String...) {
            self.spec = spec
            self.warnings = warnings
        }
    }

    private static let placement: [Case] = [
        Case(plain),
        Case(
            #"\#(plain),"nodeSelector":{"beta.kubernetes.io/os":"linux"}"#,
            #"spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead"#),
        Case(
            #"""
            \#(plain),"affinity":{"nodeAffinity":{"\#(preferred)":[{"weight":1,"preference":
            {"matchExpressions":[{"key":"node-role.kubernetes.io/master","operator":"Exists"}]}}]}}
            """#,
            #"""
            spec.affinity.nodeAffinity.\#(preferred)[0].preference.matchExpressions[0].key: \#
            node-role.kubernetes.io/master is use "node-role.kubernetes.io/control-plane" instead
            """#),
        Case(
            #"\#(plain),"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"a","whenUnsatisfiable":"DoNotSchedule"}]"#,
            "spec.topologySpreadConstraints[0].labelSelector: \(noSelector)"),
        Case(
            #"\#(plain),"affinity":{"podAntiAffinity":{"\#(preferred)":[{"weight":1,"podAffinityTerm":{"topologyKey":"a"}}]}}"#,
            "spec.affinity.podAntiAffinity.\(preferred)[0].podAffinityTerm.labelSelector: \(noSelector)"),
    ]

    private static let volumes: [Case] = [
        Case(
            #"\#(plain),"volumes":[{"name":"v","storageos":{}},{"name":"w","rbd":{"monitors":["m"],"image":"i"}}]"#,
            "spec.volumes[0].storageOS: deprecated in v1.22, non-functional in v1.25+",
            "spec.volumes[1].rbd: deprecated in v1.28, non-functional in v1.31+"),
        Case(
            #"""
            \#(plain),"volumes":[{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"token"}},
            {"secret":{"name":"s","items":[{"key":"k","path":"token"}]}}]}}]
            """#,
            #"spec.volumes[0].projected.sources.secrets[0]: has duplicated path with ServiceAccountToken "token""#),
    ]

    private static let lists: [Case] = [
        Case(
            #"\#(plain),"hostAliases":[{"ip":"1.2.3.4"},{"ip":"1.2.3.4"}],"imagePullSecrets":[{"name":"a"},{"name":"a"},{}]"#,
            #"spec.hostAliases[1].ip: duplicate ip "1.2.3.4""#, #"spec.imagePullSecrets[1].name: duplicate name "a""#,
            #"spec.imagePullSecrets[2].name: invalid empty name """#),
        Case(
            #"\#(plain),"terminationGracePeriodSeconds":-1"#,
            "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"),
        Case(
            #""containers":[{"name":"c","image":"i","resources":{"limits":{"memory":"1500m"}}}]"#,
            #"spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer"#,
            #"spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer"#),
        Case(
            #"""
            "containers":[{"name":"c","image":"i","env":[{"name":"A","value":"x"},{"name":"A","value":"$(A)y"},
            {"name":"A","value":"$(A)"}]}]
            """#,
            #"spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply"#),
    ]

    private static let ports: [Case] = [
        Case(
            #"""
            "containers":[{"name":"a","image":"i","ports":[{"containerPort":80}]},
            {"name":"b","image":"i","ports":[{"containerPort":80},{"containerPort":81,"hostIP":"1.1.1.1"}]}]
            """#,
            "spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]",
            "spec.containers[1].ports[1]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:81 Protocol:TCP HostIP:1.1.1.1}"),
        Case(
            #""containers":[{"name":"a","image":"i","ports":[{"containerPort":80},{"containerPort":80,"hostPort":80}]}]"#,
            "spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]"),
        Case(
            #"""
            "containers":[{"name":"a","image":"i","ports":[{"containerPort":80,"hostPort":80,"hostIP":"1.1.1.1"},
            {"containerPort":80,"hostPort":80}]}]
            """#,
            "spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]"),
    ]

    @Test func `a pod that is taken though something is amiss says so`() throws {
        for sample in Self.placement + Self.volumes + Self.lists + Self.ports {
            #expect(try pod(sample.spec) == sample.warnings, "\(sample.spec)")
        }
    }

    @Test func `annotations of former days are told`() throws {
        let (critical, seccomp, armor): (String, String, String) = (
            "scheduler.alpha.kubernetes.io/critical-pod", "seccomp.security.alpha.kubernetes.io/pod",
            "container.apparmor.security.beta.kubernetes.io/c"
        )
        let expected: [String] = [
            #"metadata.annotations[\#(critical)]: non-functional in v1.16+; use the "priorityClassName" field instead"#,
            #"metadata.annotations[\#(seccomp)]: non-functional in v1.27+; use the "seccompProfile" field instead"#,
            #"metadata.annotations[\#(armor)]: deprecated since v1.30; use the "appArmorProfile" field instead"#,
        ]
        #expect(try pod(Self.plain, annotations: #""\#(critical)":"","\#(seccomp)":"a","\#(armor)":"unconfined""#) == expected)
    }

    @Test func `a template is told of when it is new or the object has changed`() throws {
        let made = try Created(
            Deployment.self,
            #"{"metadata":{"name":"a.b","namespace":"default","generation":1},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":"#
                + #"{"metadata":{"labels":{"a":"b"}},"spec":{\#(Self.plain),"nodeSelector":{"beta.kubernetes.io/arch":"x"}}}}}"#)
        let old: View<Deployment> = made.object
        let label: String =
            #"spec.template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead"#
        let name: String =
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; "
            + "a DNS label is recommended: [must not contain dots]"
        #expect(Deployment.warnings(old, from: nil) == [name, label])
        #expect(Deployment.warnings(old, from: old) == [])
        var new: View<Deployment> = old
        new.metadata.generation = 2
        #expect(Deployment.warnings(new, from: old) == [label])
    }

    @Test(arguments: [
        (#""clusterIP":"None","externalIPs":["1.2.3.4"]"#, ["spec.externalIPs is ignored for headless services"]),
        (#""externalIPs":["1.2.3.4"]"#, ["spec.externalIPs is deprecated and may no longer be implemented in some clusters"]),
        (#""externalName":"a.b""#, [#"spec.externalName is ignored when spec.type is not "ExternalName""#]),
        (
            #""trafficDistribution":"PreferClose""#,
            [#"spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone""#]
        ),
    ])
    func `a service names what it leaves out`(spec: String, warnings: [String]) throws {
        let made = try Created(
            Service.self, #"{"metadata":{"name":"s","namespace":"default"},"spec":{\#(spec),"ports":[{"port":80}]}}"#)
        #expect(Service.warnings(made.object, from: nil) == warnings)
    }

    @Test func `a volume names what is out of use`() throws {
        let made = try Created(
            PersistentVolume.self,
            #"{"metadata":{"name":"v"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/a"},"#
                + #""persistentVolumeReclaimPolicy":"Recycle"}}"#)
        #expect(
            PersistentVolume.warnings(made.object, from: nil) == [
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. "
                    + "Instead, the recommended approach is to use dynamic provisioning."
            ])
    }
}
