import API

/// One role for each controller, bound to the service account in kube-system that has its name.
extension BootstrapPolicy {
    /// A controller and its rights.
    struct ControllerRole: Sendable {
        let controller: String
        let rules: [Rule]

        init(_ controller: String, _ rules: [Rule], writesEvents: Bool = true) {
            self.controller = controller
            self.rules = writesEvents ? rules + [BootstrapPolicy.writesEvents] : rules
        }

        var role: Role { Role(name: "system:controller:" + controller, rules: rules) }
        var binding: Binding { Binding(name: role.name, role: role.name, accounts: [controller]) }
    }

    static let controllerRoles: [ControllerRole] =
        workloadControllers + serviceControllers + clusterControllers + volumeControllers

    private static let workloadControllers: [ControllerRole] = [
        ControllerRole(
            "cronjob-controller",
            [
                can(read + " update", "cronjobs", in: "batch"),
                can(read + " create update delete patch", "jobs", in: "batch"),
                can("update", "cronjobs/status", in: "batch"), can("update", "cronjobs/finalizers", in: "batch"),
                can("list watch delete", "pods"),
            ]),
        ControllerRole(
            "daemon-set-controller",
            [
                can(read, "daemonsets", in: "apps extensions"), can("update", "daemonsets/status", in: "apps extensions"),
                can("update", "daemonsets/finalizers", in: "apps extensions"), can("list watch", "nodes"),
                can("list watch create delete patch", "pods"), can("create", "pods/binding"),
                can(read + " create delete update patch", "controllerrevisions", in: "apps"),
            ]),
        ControllerRole(
            "deployment-controller",
            [
                can(read + " update", "deployments", in: "apps extensions"),
                can("update", "deployments/status", in: "apps extensions"),
                can("update", "deployments/finalizers", in: "apps extensions"),
                can(read + " create update patch delete", "replicasets", in: "apps extensions"), can(read + " update", "pods"),
            ]),
        ControllerRole(
            "disruption-controller",
            [
                can(read, "deployments", in: "apps extensions"), can(read, "replicasets", in: "apps extensions"),
                can(read, "replicationcontrollers"), can(read, "poddisruptionbudgets", in: "policy"),
                can(read, "statefulsets", in: "apps"), can("update", "poddisruptionbudgets/status", in: "policy"),
                can("patch update", "pods/status"), can("get", "*/scale", in: "*"),
            ]),
        ControllerRole(
            "horizontal-pod-autoscaler",
            [
                can(read, "horizontalpodautoscalers", in: "autoscaling"),
                can("update", "horizontalpodautoscalers/status", in: "autoscaling"), can("get update", "*/scale", in: "*"),
                can("list watch", "pods"), can("list watch", "pods", in: "metrics.k8s.io"),
                can(read, "*", in: "custom.metrics.k8s.io"), can(read, "*", in: "external.metrics.k8s.io"),
            ]),
        ControllerRole(
            "job-controller",
            [
                can(read + " update patch", "jobs", in: "batch"), can("update", "jobs/status", in: "batch"),
                can("update", "jobs/finalizers", in: "batch"), can("list watch create delete patch", "pods"),
            ]),
        ControllerRole(
            "replicaset-controller",
            [
                can(read + " update", "replicasets", in: "apps extensions"),
                can("update", "replicasets/status", in: "apps extensions"),
                can("update", "replicasets/finalizers", in: "apps extensions"), can("list watch patch create delete", "pods"),
            ]),
        ControllerRole(
            "replication-controller",
            [
                can(read + " update", "replicationcontrollers"), can("update", "replicationcontrollers/status"),
                can("update", "replicationcontrollers/finalizers"), can("list watch patch create delete", "pods"),
            ]),
        ControllerRole(
            "statefulset-controller",
            [
                can("list watch", "pods"), can(read, "statefulsets", in: "apps"), can("update", "statefulsets/status", in: "apps"),
                can("update", "statefulsets/finalizers", in: "apps"), can("get create delete update patch", "pods"),
                can(read + " create delete update patch", "controllerrevisions", in: "apps"),
                can(read + " create", "persistentvolumeclaims"), can("update delete", "persistentvolumeclaims"),
                can("update", "pods/finalizers"),
            ]),
        ControllerRole("ttl-after-finished-controller", [can(read + " delete", "jobs", in: "batch")]),
    ]

    private static let serviceControllers: [ControllerRole] = [
        ControllerRole(
            "endpoint-controller",
            [
                can(read, "services pods"), can(read + " create update delete", "endpoints"), can("create", "endpoints/restricted"),
            ]),
        ControllerRole(
            "endpointslice-controller",
            [
                can(read, "services pods nodes"), can("update", "services/finalizers"),
                can(read + " create update delete", "endpointslices", in: "discovery.k8s.io"),
            ]),
        ControllerRole(
            "endpointslicemirroring-controller",
            [
                can(read, "services endpoints"), can("update", "services/finalizers"), can("update", "endpoints/finalizers"),
                can(read + " create update delete", "endpointslices", in: "discovery.k8s.io"),
            ]),
        ControllerRole("route-controller", [can("list watch", "nodes"), can("patch", "nodes/status")]),
        ControllerRole(
            "service-controller", [can(read, "services"), can("patch update", "services/status"), can("list watch", "nodes")]),
        ControllerRole(
            "service-cidrs-controller",
            [
                can(read + " patch update", "servicecidrs", in: "networking.k8s.io"),
                can("patch update", "servicecidrs/finalizers", in: "networking.k8s.io"),
                can("patch update", "servicecidrs/status", in: "networking.k8s.io"),
                can(read, "ipaddresses", in: "networking.k8s.io"),
            ]),
    ]

    private static let clusterControllers: [ControllerRole] = [
        ControllerRole(
            "certificate-controller",
            [
                can(read + " delete", "certificatesigningrequests", in: "certificates.k8s.io"),
                can("update", "certificatesigningrequests/status certificatesigningrequests/approval", in: "certificates.k8s.io"),
                can("approve", "signers", in: "certificates.k8s.io", named: "kubernetes.io/kube-apiserver-client-kubelet"),
                can(
                    "sign", "signers", in: "certificates.k8s.io",
                    named: "kubernetes.io/legacy-unknown kubernetes.io/kube-apiserver-client "
                        + "kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving"),
                can("create", "subjectaccessreviews", in: "authorization.k8s.io"),
            ]),
        ControllerRole(
            "clusterrole-aggregation-controller", [can(read + " escalate update patch", "clusterroles", in: RBAC.group)],
            writesEvents: false),
        ControllerRole(
            "device-taint-eviction-controller",
            [
                can(read + " delete", "pods"), can("update patch", "pods/status"),
                can(read, "resourceclaims resourceslices deviceclasses devicetaintrules", in: "resource.k8s.io"),
            ]),
        ControllerRole("generic-garbage-collector", [can(read + " patch update delete", "*", in: "*")]),
        ControllerRole(
            "kube-apiserver-serving-clustertrustbundle-publisher",
            [
                can("attest", "signers", in: "certificates.k8s.io", named: "kubernetes.io/kube-apiserver-serving"),
                can(read + " create update delete", "clustertrustbundles", in: "certificates.k8s.io"),
            ]),
        ControllerRole("podcertificaterequestcleaner", [can(read + " delete", "podcertificaterequests", in: "certificates.k8s.io")]),
        ControllerRole(
            "legacy-service-account-token-cleaner",
            [can("get", "configmaps", named: "kube-apiserver-legacy-service-account-token-tracking"), can("patch delete", "secrets")],
            writesEvents: false),
        ControllerRole(
            "namespace-controller",
            [
                can(read + " delete", "namespaces"), can("update", "namespaces/finalize namespaces/status"),
                can(read + " delete deletecollection", "*", in: "*"),
            ], writesEvents: false),
        ControllerRole(
            "node-controller",
            [
                can(read + " update delete patch", "nodes"), can("patch update", "nodes/status"),
                can("patch update", "pods/status"), can(read + " delete", "pods"),
            ]),
        ControllerRole(
            "pod-garbage-collector",
            [can("list watch delete", "pods"), can(read, "nodes"), can("patch", "pods/status")], writesEvents: false),
        ControllerRole(
            "resource-claim-controller",
            [
                can(read, "pods"), can("update", "pods/finalizers"),
                can(read + " create delete", "resourceclaims", in: "resource.k8s.io"),
                can("update patch", "resourceclaims resourceclaims/status", in: "resource.k8s.io"),
                can("update patch", "pods/status"),
            ]),
        ControllerRole("resourcequota-controller", [can("list watch", "*", in: "*"), can("update", "resourcequotas/status")]),
        ControllerRole("root-ca-cert-publisher", [can("create update", "configmaps")]),
        ControllerRole("service-account-controller", [can("create", "serviceaccounts")]),
        ControllerRole("ttl-controller", [can("update patch list watch", "nodes")]),
        ControllerRole(
            "validatingadmissionpolicy-status-controller",
            [
                can(read, "validatingadmissionpolicies", in: "admissionregistration.k8s.io"),
                can("get patch update", "validatingadmissionpolicies/status", in: "admissionregistration.k8s.io"),
            ]),
    ]

    private static let volumeControllers: [ControllerRole] = [
        ControllerRole(
            "attachdetach-controller",
            [
                can("list watch", "persistentvolumes persistentvolumeclaims"), can(read, "nodes"),
                can("patch update", "nodes/status"), can("list watch", "pods"),
                can(read + " create delete", "volumeattachments", in: "storage.k8s.io"),
                can(read, "csidrivers", in: "storage.k8s.io"), can(read, "csinodes", in: "storage.k8s.io"),
            ]),
        ControllerRole(
            "ephemeral-volume-controller",
            [can(read, "pods"), can("update", "pods/finalizers"), can(read + " create", "persistentvolumeclaims")]),
        ControllerRole(
            "expand-controller",
            [
                can(read + " update patch", "persistentvolumes"), can("update patch", "persistentvolumeclaims/status"),
                can(read, "persistentvolumeclaims"), can("get", "services"),
            ]),
        ControllerRole(
            "persistent-volume-binder",
            [
                can(read + " update create delete", "persistentvolumes"), can("update", "persistentvolumes/status"),
                can(read + " update", "persistentvolumeclaims"), can("update", "persistentvolumeclaims/status"),
                can(read + " create delete", "pods"), can(read, "storageclasses", in: "storage.k8s.io"),
                can("list watch", "nodes"), can("watch", "events"), can("get", "services"),
            ]),
        ControllerRole("pv-protection-controller", [can(read + " update", "persistentvolumes")]),
        ControllerRole("pvc-protection-controller", [can(read + " update", "persistentvolumeclaims"), can(read, "pods")]),
        ControllerRole(
            "selinux-warning-controller",
            [
                can(read, "persistentvolumes"), can(read, "persistentvolumeclaims"), can(read, "pods"),
                can(read, "csidrivers", in: "storage.k8s.io"),
            ]),
        ControllerRole(
            "volumeattributesclass-protection-controller",
            [
                can(read, "persistentvolumeclaims"), can(read, "persistentvolumes"),
                can(read + " update", "volumeattributesclasses", in: "storage.k8s.io"),
            ]),
    ]
}
