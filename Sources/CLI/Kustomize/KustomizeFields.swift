import Machinery

/// A field that a transformer changes, where the kind has it.
struct KustomizeField {
    let path: [String]
    /// Kinds that have it; empty for all.
    var kinds: Set<String> = []
    var creates: Bool = false
    var group: String?

    init(_ path: String, _ kinds: Set<String> = [], creates: Bool = false, group: String? = nil) {
        self.path = path.split(separator: "/").map(String.init)
        self.kinds = kinds
        self.creates = creates
        self.group = group
    }

    func suits(_ resource: KustomizeResource) -> Bool {
        (kinds.isEmpty || kinds.contains(resource.kind)) && (group == nil || group == resource.group)
    }

    /// Changes the values at the path; `name[]` steps into each element of a list.
    func change(_ json: inout JSON, _ body: (inout JSON) throws -> Void) rethrows { try Self.change(&json, path[...], creates, body) }

    static func change(_ json: inout JSON, _ path: ArraySlice<String>, _ creates: Bool, _ body: (inout JSON) throws -> Void) rethrows {
        guard let step = path.first else { return try body(&json) }
        let isList: Bool = step.hasSuffix("[]")
        let name: String = isList ? String(step.dropLast(2)) : step
        guard json.object != nil else { return }
        guard var child: JSON = json[name] ?? (creates && !isList ? Optional.some([:]) : Optional<JSON>.none) else { return }
        if isList || child.array != nil {
            guard var elements = child.array else { return }
            for index in elements.indices { try change(&elements[index], path.dropFirst(), creates, body) }
            child = .array(elements)
        } else {
            if child.isNull, creates, path.count > 1 { child = [:] }
            try change(&child, path.dropFirst(), creates, body)
        }
        json[name] = child
    }
}

/// The fields that kustomize knows of built-in kinds.
/// Source: sigs.k8s.io/kustomize/api/internal/konfig/builtinpluginconsts.
enum KustomizeFields {
    private static let workloads: Set<String> = ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "ReplicationController", "Job"]

    /// Labels of pods made from a template.
    static let templateLabels: [KustomizeField] = [
        KustomizeField("spec/template/metadata/labels", workloads, creates: true),
        KustomizeField("spec/jobTemplate/metadata/labels", ["CronJob"], creates: true),
        KustomizeField("spec/jobTemplate/spec/template/metadata/labels", ["CronJob"], creates: true),
        KustomizeField("spec/volumeClaimTemplates[]/metadata/labels", ["StatefulSet"], creates: true),
    ]

    private static let affinities: [KustomizeField] = ["podAffinity", "podAntiAffinity"].flatMap { kind in
        ["preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm", "requiredDuringSchedulingIgnoredDuringExecution"].map { term in
            KustomizeField("spec/template/spec/affinity/\(kind)/\(term)/labelSelector/matchLabels", ["Deployment", "StatefulSet"])
        }
    }

    /// Selectors that have to follow the labels.
    static let selectors: [KustomizeField] =
        [
            KustomizeField("spec/selector", ["Service", "ReplicationController"], creates: true, group: ""),
            KustomizeField("spec/selector/matchLabels", ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"], creates: true),
            KustomizeField("spec/selector/matchLabels", ["Job", "PodDisruptionBudget"]),
            KustomizeField("spec/jobTemplate/spec/selector/matchLabels", ["CronJob"]),
            KustomizeField("spec/podSelector/matchLabels", ["NetworkPolicy"]),
            KustomizeField("spec/ingress/from/podSelector/matchLabels", ["NetworkPolicy"]),
            KustomizeField("spec/egress/to/podSelector/matchLabels", ["NetworkPolicy"]),
            KustomizeField("spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels", ["Deployment", "StatefulSet"]),
        ] + affinities

    static let annotations: [KustomizeField] = [
        KustomizeField("metadata/annotations", creates: true),
        KustomizeField("spec/template/metadata/annotations", workloads, creates: true),
        KustomizeField("spec/jobTemplate/metadata/annotations", ["CronJob"], creates: true),
        KustomizeField("spec/jobTemplate/spec/template/metadata/annotations", ["CronJob"], creates: true),
    ]

    /// Where pod specs stand.
    private static let podSpecs: [(path: String, kinds: Set<String>)] = [
        ("spec", ["Pod"]), ("spec/template/spec", workloads), ("spec/jobTemplate/spec/template/spec", ["CronJob"]),
        ("template/spec", ["PodTemplate"]),
    ]

    private static func inPods(_ paths: [String]) -> [KustomizeField] {
        podSpecs.flatMap { place in paths.map { KustomizeField(place.path + "/" + $0, place.kinds) } }
    }

    /// Fields that hold names of objects of a kind.
    static let references: [(kind: String, fields: [KustomizeField])] = [
        (
            "ConfigMap",
            inPods([
                "volumes/configMap/name", "containers/env/valueFrom/configMapKeyRef/name", "containers/envFrom/configMapRef/name",
                "initContainers/env/valueFrom/configMapKeyRef/name", "initContainers/envFrom/configMapRef/name",
                "volumes/projected/sources/configMap/name",
            ]) + [
                KustomizeField("spec/configSource/configMap/name", ["Node"]),
                KustomizeField("rules/resourceNames", ["Role", "ClusterRole"]),
            ]
        ),
        (
            "Secret",
            inPods([
                "volumes/secret/secretName", "containers/env/valueFrom/secretKeyRef/name", "containers/envFrom/secretRef/name",
                "initContainers/env/valueFrom/secretKeyRef/name", "initContainers/envFrom/secretRef/name", "imagePullSecrets/name",
                "volumes/projected/sources/secret/name",
            ]) + [
                KustomizeField("secrets/name", ["ServiceAccount"]), KustomizeField("imagePullSecrets/name", ["ServiceAccount"]),
                KustomizeField("spec/tls/secretName", ["Ingress"]),
                KustomizeField("metadata/annotations/ingress.kubernetes.io~1auth-secret", ["Ingress"]),
            ]
        ),
        (
            "Service",
            [
                KustomizeField("spec/serviceName", ["StatefulSet"]),
                KustomizeField("spec/rules/http/paths/backend/service/name", ["Ingress"]),
                KustomizeField("spec/defaultBackend/service/name", ["Ingress"]), KustomizeField("spec/service/name", ["APIService"]),
                KustomizeField(
                    "webhooks/clientConfig/service/name", ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]),
            ]
        ),
        (
            "ServiceAccount",
            inPods(["serviceAccountName", "serviceAccount"])
        ),
        ("PersistentVolumeClaim", inPods(["volumes/persistentVolumeClaim/claimName"])),
        ("PersistentVolume", [KustomizeField("spec/volumeName", ["PersistentVolumeClaim"])]),
        (
            "StorageClass",
            [
                KustomizeField("spec/storageClassName", ["PersistentVolume", "PersistentVolumeClaim"]),
                KustomizeField("spec/volumeClaimTemplates/spec/storageClassName", ["StatefulSet"]),
            ]
        ),
        ("PriorityClass", inPods(["priorityClassName"])),
        ("IngressClass", [KustomizeField("spec/ingressClassName", ["Ingress"])]),
    ]

    /// References whose own `kind` says what they name.
    static let typedReferences: [KustomizeField] = [
        KustomizeField("spec/scaleTargetRef", ["HorizontalPodAutoscaler"]),
        KustomizeField("roleRef", ["RoleBinding", "ClusterRoleBinding"]),
        KustomizeField("subjects", ["RoleBinding", "ClusterRoleBinding"]),
    ]
}
