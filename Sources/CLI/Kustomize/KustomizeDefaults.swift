extension KustomizeConfiguration {
    /// The fields that kustomize knows of built-in kinds.
    /// Source: sigs.k8s.io/kustomize/api/internal/konfig/builtinpluginconsts of kubectl 1.37.
    static let builtIn = KustomizeConfiguration(
        fields: [
            "namePrefix": [KustomizeField("metadata/name")], "nameSuffix": [KustomizeField("metadata/name")],
            "namespace": namespaces, "commonLabels": selectors + [KustomizeField("metadata/labels", creates: true)] + templateLabels,
            "templateLabels": templateLabels, "commonAnnotations": annotations, "varReference": variables,
            "images": ["spec/", "spec/template/spec/"].flatMap { place in
                ["containers[]/image", "initContainers[]/image", "volumes[]/image/reference"].map {
                    KustomizeField(place + $0, creates: true)
                }
            },
            "replicas": ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"].map {
                KustomizeField("spec/replicas", $0, creates: true)
            },
        ],
        references: names)

    private static let namespaces: [KustomizeField] = [
        KustomizeField("metadata/name", "Namespace", creates: true),
        KustomizeField("spec/service/namespace", "APIService", group: "apiregistration.k8s.io", creates: true),
        KustomizeField(
            "spec/conversion/webhook/clientConfig/service/namespace", "CustomResourceDefinition", group: "apiextensions.k8s.io"),
    ]

    // MARK: - Labels and annotations

    private static let cronJob: [String] = ["spec/jobTemplate/metadata/", "spec/jobTemplate/spec/template/metadata/"]

    private static let templateLabels: [KustomizeField] =
        [
            KustomizeField("spec/template/metadata/labels", "ReplicationController", version: "v1", creates: true),
            KustomizeField("spec/template/metadata/labels", "Deployment", creates: true),
            KustomizeField("spec/template/metadata/labels", "ReplicaSet", creates: true),
            KustomizeField("spec/template/metadata/labels", "DaemonSet", creates: true),
            KustomizeField("spec/template/metadata/labels", "StatefulSet", group: "apps", creates: true),
            KustomizeField("spec/volumeClaimTemplates[]/metadata/labels", "StatefulSet", group: "apps", creates: true),
            KustomizeField("spec/template/metadata/labels", "Job", group: "batch", creates: true),
        ] + cronJob.map { KustomizeField($0 + "labels", "CronJob", group: "batch", creates: true) }

    private static let annotations: [KustomizeField] =
        [
            KustomizeField("metadata/annotations", creates: true),
            KustomizeField("spec/template/metadata/annotations", "ReplicationController", version: "v1", creates: true),
        ]
        + ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"].map {
            KustomizeField("spec/template/metadata/annotations", $0, creates: true)
        } + [KustomizeField("spec/template/metadata/annotations", "Job", group: "batch", creates: true)]
        + cronJob.map { KustomizeField($0 + "annotations", "CronJob", group: "batch", creates: true) }

    private static let selectors: [KustomizeField] =
        [
            KustomizeField("spec/selector", "Service", version: "v1", creates: true),
            KustomizeField("spec/selector", "ReplicationController", version: "v1", creates: true),
            KustomizeField("spec/selector/matchLabels", "Deployment", creates: true),
            KustomizeField("spec/selector/matchLabels", "ReplicaSet", creates: true),
            KustomizeField("spec/selector/matchLabels", "DaemonSet", creates: true),
            KustomizeField("spec/selector/matchLabels", "StatefulSet", group: "apps", creates: true),
            KustomizeField("spec/selector/matchLabels", "Job", group: "batch"),
            KustomizeField("spec/jobTemplate/spec/selector/matchLabels", "CronJob", group: "batch"),
            KustomizeField("spec/selector/matchLabels", "PodDisruptionBudget", group: "policy"),
        ]
        + ["spec/podSelector", "spec/ingress/from/podSelector", "spec/egress/to/podSelector"].map {
            KustomizeField($0 + "/matchLabels", "NetworkPolicy", group: "networking.k8s.io")
        }
        + ["Deployment", "StatefulSet"].flatMap { kind in
            podSelectors.map { KustomizeField("spec/template/spec/\($0)/matchLabels", kind, group: "apps") }
        }

    private static let podSelectors: [String] =
        ["affinity/podAffinity/", "affinity/podAntiAffinity/"].flatMap { kind in
            [
                kind + "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector",
                kind + "requiredDuringSchedulingIgnoredDuringExecution/labelSelector",
            ]
        } + ["topologySpreadConstraints/labelSelector"]

    // MARK: - Names and variables

    /// Where the pod spec of a kind stands.
    private static func podSpec(_ kind: String) -> String {
        switch kind {
        case "Pod": "spec/"
        case "PodTemplate": "template/spec/"
        case "CronJob": "spec/jobTemplate/spec/template/spec/"
        default: "spec/template/spec/"
        }
    }

    private static func inPods(of kinds: [String], _ paths: [String]) -> [KustomizeField] {
        kinds.flatMap { kind in paths.map { KustomizeField(podSpec(kind) + $0, kind) } }
    }

    private static let workloads: [String] = ["DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"]
    /// Kinds whose volumes and accounts are followed. ReplicaSet and PodTemplate are not among them, in kustomize as well.
    private static let owners: [String] = ["CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicationController", "StatefulSet"]

    private static let variables: [KustomizeField] =
        inPods(
            of: ["CronJob", "Pod"] + workloads,
            ["containers/", "initContainers/"].flatMap { list in
                ["args", "command", "env/value", "volumeMounts/mountPath"].map { list + $0 }
            })
        + inPods(of: ["DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet"], ["volumes/nfs/server"])
        + [
            KustomizeField("spec/jobTemplate/spec/template/volumes/nfs/server", "CronJob"),
            KustomizeField("spec/template/metadata/annotations", "Deployment"), KustomizeField("spec/rules/host", "Ingress"),
            KustomizeField("spec/tls/hosts", "Ingress"), KustomizeField("spec/tls/secretName", "Ingress"),
            KustomizeField("spec/ports/port", "Service"), KustomizeField("spec/ports/targetPort", "Service"),
            KustomizeField("spec/volumeClaimTemplates/spec/nfs/server", "StatefulSet"),
            KustomizeField("spec/nfs/server", "PersistentVolume"), KustomizeField("metadata/labels"),
            KustomizeField("metadata/annotations"),
        ]

    /// What pods take from ConfigMaps and Secrets.
    private static func sources(_ keyRef: String, _ ref: String, _ others: [String]) -> [KustomizeField] {
        inPods(
            of: ["Pod", "PodTemplate", "CronJob"] + workloads,
            ["containers/", "initContainers/"].flatMap { ["\($0)env/valueFrom/\(keyRef)/name", "\($0)envFrom/\(ref)/name"] } + others)
    }

    private static let rbac: String = "rbac.authorization.k8s.io"
    private static let admission: String = "admissionregistration.k8s.io"

    private static let names: [Reference] =
        ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map {
            reference($0, [KustomizeField("spec/scaleTargetRef/name", "HorizontalPodAutoscaler")])
        } + [
            reference(
                "ConfigMap", version: "v1",
                sources("configMapKeyRef", "configMapRef", ["volumes/configMap/name", "volumes/projected/sources/configMap/name"]) + [
                    KustomizeField("spec/configSource/configMap", "Node"), KustomizeField("rules/resourceNames", "Role"),
                    KustomizeField("rules/resourceNames", "ClusterRole"),
                    KustomizeField("metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap", "Ingress"),
                ]),
            reference(
                "Secret", version: "v1",
                sources(
                    "secretKeyRef", "secretRef",
                    ["volumes/secret/secretName", "volumes/projected/sources/secret/name", "imagePullSecrets/name"])
                    + ["", "nginx."].map { KustomizeField("metadata/annotations/\($0)ingress.kubernetes.io\\/auth-secret", "Ingress") }
                    + ["secretName", "adminSecretName", "userSecretName", "secretRef"].map {
                        KustomizeField("parameters/" + $0, "StorageClass")
                    } + [
                        KustomizeField("metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret", "Ingress"),
                        KustomizeField("spec/tls/secretName", "Ingress"), KustomizeField("imagePullSecrets/name", "ServiceAccount"),
                        KustomizeField("rules/resourceNames", "Role"), KustomizeField("rules/resourceNames", "ClusterRole"),
                        KustomizeField(
                            "spec/template/spec/containers/env/valueFrom/secretKeyRef/name", "Service", group: "serving.knative.dev",
                            version: "v1"),
                        KustomizeField("spec/azureFile/secretName", "PersistentVolume"),
                    ]),
            reference(
                "Service", version: "v1",
                [
                    KustomizeField("spec/serviceName", "StatefulSet", group: "apps"),
                    KustomizeField("spec/rules/http/paths/backend/serviceName", "Ingress"),
                    KustomizeField("spec/backend/serviceName", "Ingress"),
                    KustomizeField("spec/rules/http/paths/backend/service/name", "Ingress"),
                    KustomizeField("spec/defaultBackend/service/name", "Ingress"),
                    KustomizeField("spec/service/name", "APIService", group: "apiregistration.k8s.io"),
                    KustomizeField("webhooks/clientConfig/service", "ValidatingWebhookConfiguration", group: admission),
                    KustomizeField("webhooks/clientConfig/service", "MutatingWebhookConfiguration", group: admission),
                ]),
            reference("Role", group: rbac, [KustomizeField("roleRef/name", "RoleBinding", group: rbac)]),
            reference(
                "ClusterRole", group: rbac,
                [
                    KustomizeField("roleRef/name", "RoleBinding", group: rbac),
                    KustomizeField("roleRef/name", "ClusterRoleBinding", group: rbac),
                ]),
            reference(
                "ServiceAccount", version: "v1",
                [
                    KustomizeField("subjects", "RoleBinding", group: rbac), KustomizeField("subjects", "ClusterRoleBinding", group: rbac),
                ] + inPods(of: owners, ["serviceAccountName"])),
            reference("PersistentVolumeClaim", version: "v1", inPods(of: owners, ["volumes/persistentVolumeClaim/claimName"])),
            reference(
                "PersistentVolume", version: "v1",
                [KustomizeField("spec/volumeName", "PersistentVolumeClaim"), KustomizeField("rules/resourceNames", "ClusterRole")]),
            reference(
                "StorageClass", group: "storage.k8s.io", version: "v1",
                [
                    KustomizeField("spec/storageClassName", "PersistentVolume"),
                    KustomizeField("spec/storageClassName", "PersistentVolumeClaim"),
                    KustomizeField("spec/volumeClaimTemplates/spec/storageClassName", "StatefulSet"),
                ]),
            reference("PriorityClass", group: "scheduling.k8s.io", version: "v1", inPods(of: owners, ["priorityClassName"])),
            // The group is written like this in kustomize, so that references to ingress classes are not followed there.
            reference("IngressClass", group: "networking.k8s.io/v1", version: "v1", [KustomizeField("spec/ingressClassName", "Ingress")]),
            reference(
                "ValidatingAdmissionPolicy", group: admission,
                [KustomizeField("spec/policyName", "ValidatingAdmissionPolicyBinding", group: admission)]),
        ]

    private static func reference(_ kind: String, group: String = "", version: String = "", _ fields: [KustomizeField]) -> Reference {
        Reference(target: KustomizeType(group: group, version: version, kind: kind), fields: fields)
    }
}
