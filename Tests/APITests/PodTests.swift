import API
import Machinery
import Testing

/// Pods: what a creator gets without asking, and what is refused. Source: kube-apiserver v1.36.
struct PodTests {
    private func pod(_ spec: String, metadata: String = "") throws -> Created<Pod> {
        try Created(Pod.self, #"{"metadata":{"name":"web","namespace":"default"\#(metadata)},"spec":{\#(spec)}}"#)
    }

    private let container: String = #""containers":[{"name":"c","image":"nginx"}]"#

    @Test func `a minimal pod gets upstream's defaults`() throws {
        let made = try pod(container)
        #expect(made.problems == [])
        let spec: View<PodSpec> = made.object.spec
        #expect(spec.restartPolicy == "Always" && spec.dnsPolicy == "ClusterFirst" && spec.schedulerName == "default-scheduler")
        #expect(spec.terminationGracePeriodSeconds == 30 && spec.enableServiceLinks == true && spec.json["securityContext"] == [:])
        let expected: JSON = [
            "name": "c", "image": "nginx", "resources": [:], "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File", "imagePullPolicy": "Always",
        ]
        #expect(spec.json["containers"] == [expected])
        #expect(made.object.status.phase == "Pending" && made.object.status.qosClass == "BestEffort")
    }

    @Test func `what a pod gets after it had its defaults has them too`() throws {
        let complete: JSON = try pod(container + #","volumes":[{"name":"a","configMap":{"name":"m"}}]"#).object.json
        var changed = View<Pod>(complete)
        changed.spec.containers[0].ports.append(View<ContainerPort>(["containerPort": 80]))
        changed.spec.containers.append(View<Container>(["name": "d", "image": "nginx"]))
        changed.spec.volumes.append(View<Volume>(["name": "b", "projected": ["sources": [["serviceAccountToken": ["path": "token"]]]]]))
        var (afresh, since): (JSON, JSON) = (changed.json, changed.json)
        Pod.definition.schema.applyDefaults(&afresh)
        Pod.definition.schema.applyDefaults(&since, since: complete)
        #expect(afresh == since && since != changed.json)
    }

    @Test func `limits without requests become requests, in pods only`() throws {
        let resources: String = #"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"0.5"}}"#
        let spec: String = #""containers":[{"name":"c","image":"i","resources":\#(resources)}]"#
        let made = try pod(spec)
        #expect(made.object.spec.json["containers"]?.array?[0]["resources"]?["requests"] == ["cpu": "500m", "memory": "1Gi"])
        #expect(made.object.status.qosClass == "Burstable")
        var template: JSON = try JSON(parsing: #"{"spec":{\#(spec)}}"#)
        PodTemplateSpec.definition.schema.applyDefaults(&template)
        #expect(View<PodTemplateSpec>(template).spec.containers[0].resources.requests.keys.sorted() == ["cpu"])
        #expect(View<PodTemplateSpec>(template).spec.enableServiceLinks == nil)
    }

    @Test(arguments: [
        ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1.27", "IfNotPresent"), ("host:5000/nginx", "Always"),
        ("host:5000/nginx:1", "IfNotPresent"), ("nginx@sha256:00", "IfNotPresent"), ("nginx:latest@sha256:00", "Always"),
    ])
    func `the tag decides when an image is pulled`(image: String, policy: String) {
        #expect(ImageName.pullPolicy(image) == policy)
    }

    @Test func `probes, ports, volumes and references get their defaults`() throws {
        let made = try pod(
            #"""
            "serviceAccountName":"robot","hostNetwork":true,"volumes":[{"name":"a"},{"name":"b","configMap":{"name":"m"}},
            {"name":"p","projected":{"sources":[{"serviceAccountToken":{"path":"token"}}]}}],
            "containers":[{"name":"c","image":"i","ports":[{"containerPort":80}],
            "livenessProbe":{"httpGet":{"port":80},"periodSeconds":0},"readinessProbe":{"grpc":{"port":80}},
            "env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
            {"name":"B","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}]}]
            """#)
        #expect(made.problems == [])
        let spec: JSON = made.object.spec.json
        #expect(spec["serviceAccount"] == "robot")
        #expect(spec["volumes"]?.array?[0] == ["name": "a", "emptyDir": [:]])
        #expect(spec["volumes"]?.array?[1] == ["name": "b", "configMap": ["name": "m", "defaultMode": 420]])
        #expect(spec["volumes"]?.array?[2]["projected"]?["sources"]?.array?[0]["serviceAccountToken"]?["expirationSeconds"] == 3600)
        let container: JSON = spec["containers"]?.array?[0] ?? .null
        #expect(container["ports"] == [["containerPort": 80, "protocol": "TCP", "hostPort": 80]])
        #expect(
            container["livenessProbe"] == [
                "httpGet": ["port": 80, "path": "/", "scheme": "HTTP"], "timeoutSeconds": 1, "periodSeconds": 10,
                "successThreshold": 1, "failureThreshold": 3,
            ])
        #expect(container["readinessProbe"]?["grpc"] == ["port": 80, "service": ""])
        #expect(container["env"]?.array?[0]["valueFrom"]?["fieldRef"]?["apiVersion"] == "v1")
        #expect(container["env"]?.array?[1]["valueFrom"]?["resourceFieldRef"]?["divisor"] == "0")
    }

    @Test(arguments: [
        (#""image":"i""#, "name: Required value"),
        (#""name":"c""#, "image: Required value"),
        (
            #""name":"c","image":"i","imagePullPolicy":"No""#,
            #"imagePullPolicy: Unsupported value: "No": supported values: "Always", "IfNotPresent", "Never""#
        ),
        (
            #""name":"c","image":"i","ports":[{"containerPort":70000}]"#,
            "ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"
        ),
        (
            #""name":"c","image":"i","volumeMounts":[{"name":"data","mountPath":"/data"}]"#,
            #"volumeMounts[0].name: Not found: "data""#
        ),
        (
            #""name":"c","image":"i","volumeMounts":[{"name":"a","mountPath":"/x"},{"name":"a","mountPath":"/x"}]"#,
            #"volumeMounts[1].mountPath: Invalid value: "/x": must be unique"#
        ),
        (
            #""name":"c","image":"i","resources":{"limits":{"cpu":"1"},"requests":{"cpu":"2"}}"#,
            #"resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1"#
        ),
        (
            #""name":"c","image":"i","resources":{"requests":{"pods":"1"}}"#,
            #"resources.requests[pods]: Invalid value: "pods": must be a standard resource for containers"#
        ),
        (#""name":"c","image":"i","livenessProbe":{}"#, "livenessProbe: Required value: must specify a handler type"),
        (
            #""name":"c","image":"i","livenessProbe":{"exec":{"command":["a"]},"successThreshold":2}"#,
            "livenessProbe.successThreshold: Invalid value: 2: must be 1"
        ),
        (
            #""name":"c","image":"i","env":[{"name":"A","value":"x","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]"#,
            #"env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty"#
        ),
        (
            #""name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.nam"}}}]"#,
            #"env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.nam": "#
                + "error converting fieldPath: field label not supported: metadata.nam"
        ),
    ])
    func `what is wrong with a container is said in Kubernetes' words`(container: String, problem: String) throws {
        let made = try pod(#""volumes":[{"name":"a"}],"containers":[{\#(container)}]"#)
        #expect(made.problems == ["spec.containers[0]." + problem])
    }

    @Test(arguments: [
        (#""restartPolicy":"Always""#, "containers: Required value"),
        (
            #"CONTAINER,"restartPolicy":"Sometimes""#,
            #"restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never""#
        ),
        (
            #""containers":[{"name":"c","image":"i"},{"name":"c","image":"i"}]"#,
            #"containers[1].name: Duplicate value: "c""#
        ),
        (
            #"CONTAINER,"volumes":[{"name":"a","emptyDir":{},"hostPath":{"path":"/"}}]"#,
            "volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"
        ),
        (
            #"CONTAINER,"initContainers":[{"name":"i","image":"i","readinessProbe":{"exec":{"command":["a"]}}}]"#,
            "initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"
        ),
        (
            #"CONTAINER,"tolerations":[{"operator":"Equal","value":"x"}]"#,
            #"tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, "#
                + #"which means "match all values and all keys""#
        ),
        (
            #"CONTAINER,"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[]}}}"#,
            "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: "
                + "Required value: must have at least one node selector term"
        ),
        (
            #"CONTAINER,"affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":"#
                + #"[{"weight":0,"podAffinityTerm":{"topologyKey":"h"}}]}}"#,
            "affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: "
                + "must be in the range 1-100"
        ),
        (
            #"CONTAINER,"topologySpreadConstraints":[{"maxSkew":0,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule"}]"#,
            "topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"
        ),
    ])
    func `what is wrong with a pod is said in Kubernetes' words`(spec: String, problem: String) throws {
        let own: String = #""containers":[{"name":"c","image":"i"}]"#
        let made = try pod(spec.hasPrefix("CONTAINER") ? own + spec.dropFirst("CONTAINER".count) : spec)
        #expect(made.problems == ["spec." + problem])
    }

    @Test func `rights that exclude each other are refused`() throws {
        let made = try pod(
            #""containers":[{"name":"c","image":"i","securityContext":{"privileged":true,"allowPrivilegeEscalation":false}}]"#)
        let problem: String = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        #expect(made.problems.count == 1 && made.problems[0].hasSuffix(problem))
    }

    @Test func `all problems are said at once`() throws {
        let made = try pod(#""dnsPolicy":"None","activeDeadlineSeconds":0,"containers":[{"name":"c","image":" i","tty":true}]"#)
        #expect(
            made.problems == [
                "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
                #"spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace"#,
                "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
            ])
    }

    @Test func `a resource that nobody knows is told twice, as upstream tells it`() throws {
        let made = try pod(#""containers":[{"name":"c","image":"i","resources":{"limits":{"cpus":"1"}}}]"#)
        let problem: String = #"spec.containers[0].resources.limits[cpus]: Invalid value: "cpus": must be a standard resource "#
        #expect(made.problems.contains(problem + "type or fully qualified") && made.problems.contains(problem + "for containers"))
    }

    @Test func `an update may change the image and add tolerations, and little else`() throws {
        let old = try pod(container)
        func updated(_ spec: String) -> String { #"{"metadata":{"name":"web","namespace":"default"},"spec":{\#(spec)}}"# }
        let allowed: String = #"""
            "containers":[{"name":"c","image":"nginx:2","imagePullPolicy":"Always"}],"tolerations":[{"operator":"Exists"}]
            """#
        #expect(try old.problems(updatingTo: updated(allowed)) == [])
        let refused: [String] = try old.problems(updatingTo: updated(#""hostname":"h",\#(container)"#))
        #expect(refused.count == 1)
        #expect(
            refused[0].hasPrefix(
                "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
                    + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
                    + "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
                    + "(allow it to be set to 1 if it was previously negative)\n"))
        #expect(refused[0].hasSuffix("\n- spec.hostname: null\n+ spec.hostname: \"h\""))
        let two: String = #""containers":[{"name":"c","image":"i"},{"name":"d","image":"i"}]"#
        #expect(
            try old.problems(updatingTo: updated(two)) == ["spec.containers: Forbidden: pod updates may not add or remove containers"])
    }

    @Test func `labels of the pod complete the selectors that ask for them`() throws {
        let made = try pod(
            #"""
            \#(container),"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule",
            "labelSelector":{"matchLabels":{"app":"web"}},"matchLabelKeys":["rev","none"]}]
            """#, metadata: #","labels":{"app":"web","rev":"7"}"#)
        #expect(made.problems == [])
        #expect(
            made.object.spec.topologySpreadConstraints[0].labelSelector?.json["matchExpressions"]
                == [["key": "rev", "operator": "In", "values": ["7"]]])
    }
}
