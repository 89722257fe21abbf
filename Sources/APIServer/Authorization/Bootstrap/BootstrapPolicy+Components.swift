import API

/// Roles for the parts of a cluster, for nodes and for what runs beside them.
extension BootstrapPolicy {
    static let componentRoles: [Role] =
        [
            Role(
                name: "system:kube-controller-manager",
                rules: [
                    writesEvents,
                    can("create", "leases", in: "coordination.k8s.io"),
                    can("get update", "leases", in: "coordination.k8s.io", named: "kube-controller-manager"),
                    can("create", "secrets serviceaccounts"),
                    can("delete", "secrets"),
                    can("get", "namespaces secrets serviceaccounts configmaps"),
                    can("update", "secrets serviceaccounts"),
                    can("create", "tokenreviews", in: "authentication.k8s.io"),
                    can("create", "subjectaccessreviews", in: "authorization.k8s.io"),
                    can("list watch", "*", in: "*"),
                    can("create", "serviceaccounts/token"),
                ]),
            Role(name: "system:kube-scheduler", rules: schedulerRules),
            Role(
                name: "system:volume-scheduler",
                rules: [
                    can(read + " patch update", "persistentvolumes"),
                    can(read, "storageclasses", in: "storage.k8s.io"),
                    can(read + " patch update", "persistentvolumeclaims"),
                ]),
            Role(name: "system:node", rules: nodeRules),
            Role(
                name: "system:node-problem-detector", rules: [can("get", "nodes"), can("patch", "nodes/status"), writesEvents]),
            Role(
                name: "system:node-proxier",
                rules: [
                    can("list watch", "services endpoints"), can(read, "nodes"), writesEvents,
                    can("list watch", "endpointslices", in: "discovery.k8s.io"),
                    can("list watch", "servicecidrs", in: "networking.k8s.io"),
                ]),
            Role(
                name: "system:kubelet-api-admin",
                rules: [
                    can(read, "nodes"), can("proxy", "nodes"),
                    can("*", "nodes/proxy nodes/metrics nodes/stats nodes/log nodes/healthz nodes/pods nodes/configz"),
                ]),
            Role(
                name: "system:node-bootstrapper",
                rules: [can(read + " create", "certificatesigningrequests", in: "certificates.k8s.io")]),
            Role(
                name: "system:auth-delegator",
                rules: [
                    can("create", "tokenreviews", in: "authentication.k8s.io"),
                    can("create", "subjectaccessreviews", in: "authorization.k8s.io"),
                ]),
            Role(name: "system:kube-aggregator", rules: [can(read, "services endpoints")]),
            Role(
                name: "system:kube-dns",
                rules: [can("list watch", "endpoints services"), can("list watch", "endpointslices", in: "discovery.k8s.io")]),
            Role(
                name: "system:persistent-volume-provisioner",
                rules: [
                    can(read + " create delete", "persistentvolumes"), can(read + " update", "persistentvolumeclaims"),
                    can(read, "storageclasses", in: "storage.k8s.io"), can("watch", "events"), writesEvents,
                ]),
            Role(
                name: "system:heapster",
                rules: [can(read, "events pods nodes namespaces"), can(read, "deployments", in: "extensions")]),
        ] + certificateRoles

    private static let schedulerRules: [Rule] = [
        writesEvents,
        can("create", "leases", in: "coordination.k8s.io"),
        can("get update", "leases", in: "coordination.k8s.io", named: "kube-scheduler"),
        can("create", "leasecandidates", in: "coordination.k8s.io"),
        can(read, "nodes"),
        can(read + " delete", "pods"),
        can("create", "pods/binding bindings"),
        can("patch update", "pods/status"),
        can(read, "services replicationcontrollers"),
        can(read, "replicasets", in: "apps extensions"),
        can(read, "statefulsets", in: "apps"),
        can(read, "poddisruptionbudgets", in: "policy"),
        can(read, "persistentvolumeclaims persistentvolumes"),
        can("create", "tokenreviews", in: "authentication.k8s.io"),
        can("create", "subjectaccessreviews", in: "authorization.k8s.io"),
        can(read, "csinodes", in: "storage.k8s.io"),
        can(read, "namespaces"),
        can(read, "csidrivers", in: "storage.k8s.io"),
        can(read, "csistoragecapacities", in: "storage.k8s.io"),
        can(read, "volumeattachments", in: "storage.k8s.io"),
        can(read, "resourceclaims resourceslices deviceclasses", in: "resource.k8s.io"),
        can("patch update", "resourceclaims resourceclaims/status", in: "resource.k8s.io"),
        can("create delete", "resourceclaims", in: "resource.k8s.io"),
        can("update", "pods/finalizers"),
    ]

    static let nodeRules: [Rule] = [
        can("create", "tokenreviews", in: "authentication.k8s.io"),
        can("create", "subjectaccessreviews localsubjectaccessreviews", in: "authorization.k8s.io"),
        can(read, "services"),
        can(read + " create", "nodes"),
        can("patch update", "nodes/status"),
        can("patch update", "nodes"),
        can("create patch update", "events", in: "core events.k8s.io"),
        can(read, "pods"),
        can("create delete", "pods"),
        can("patch update", "pods/status"),
        can("create", "pods/eviction"),
        can(read, "secrets configmaps"),
        can("get", "persistentvolumeclaims persistentvolumes"),
        can("get", "endpoints"),
        can(read + " create", "certificatesigningrequests", in: "certificates.k8s.io"),
        can(read, "clustertrustbundles", in: "certificates.k8s.io"),
        can(read + " create", "podcertificaterequests", in: "certificates.k8s.io"),
        can("create delete get patch update", "leases", in: "coordination.k8s.io"),
        can("get", "volumeattachments", in: "storage.k8s.io"),
        can("create", "serviceaccounts/token"),
        can("get patch update", "persistentvolumeclaims/status"),
        can(read, "csidrivers", in: "storage.k8s.io"),
        can("create delete get patch update", "csinodes", in: "storage.k8s.io"),
        can(read, "runtimeclasses", in: "node.k8s.io"),
        // swkube's own: the node says which programs it has.
        can(read, "hostimages", in: "swkube.dev"),
        can("patch update", "hostimages/status", in: "swkube.dev"),
        can("get", "resourceclaims", in: "resource.k8s.io"),
        can(read + " create delete deletecollection patch update", "resourceslices", in: "resource.k8s.io"),
    ]

    /// Who may approve which certificates.
    private static let certificateRoles: [Role] =
        ["nodeclient", "selfnodeclient"].map { kind in
            Role(
                name: "system:certificates.k8s.io:certificatesigningrequests:" + kind,
                rules: [can("create", "certificatesigningrequests/" + kind, in: "certificates.k8s.io")])
        }
        + [
            ("legacy-unknown-approver", "kubernetes.io/legacy-unknown"),
            ("kubelet-serving-approver", "kubernetes.io/kubelet-serving"),
            ("kube-apiserver-client-kubelet-approver", "kubernetes.io/kube-apiserver-client-kubelet"),
            ("kube-apiserver-client-approver", "kubernetes.io/kube-apiserver-client"),
        ].map { name, signer in
            Role(
                name: "system:certificates.k8s.io:" + name,
                rules: [can("approve", "signers", in: "certificates.k8s.io", named: signer)])
        }
}
