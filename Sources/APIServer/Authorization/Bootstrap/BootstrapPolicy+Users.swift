import API

/// Roles for people, and for what everybody may do.
extension BootstrapPolicy {
    static let userRoles: [Role] = [
        Role(name: "cluster-admin", rules: [can("*", "*", in: "*"), can("*", paths: "*")]),
        Role(name: "admin", aggregate: "admin"),
        Role(name: "edit", part: "admin", aggregate: "edit"),
        Role(name: "view", part: "edit", aggregate: "view"),
        Role(
            name: "system:aggregate-to-admin", part: "admin",
            rules: [
                can("create", "localsubjectaccessreviews", in: "authorization.k8s.io"),
                can(read + " " + write, "roles rolebindings", in: RBAC.group),
            ]),
        Role(name: "system:aggregate-to-edit", part: "edit", rules: editRules),
        Role(name: "system:aggregate-to-view", part: "view", rules: viewRules),
        Role(
            name: "system:discovery",
            rules: [
                can("get", paths: "/healthz /livez /readyz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*")
            ]),
        Role(
            name: "system:basic-user",
            rules: [
                can("create", "selfsubjectaccessreviews selfsubjectrulesreviews", in: "authorization.k8s.io"),
                can("create", "selfsubjectreviews", in: "authentication.k8s.io"),
            ]),
        Role(name: "system:public-info-viewer", rules: [can("get", paths: "/healthz /livez /readyz /version /version/")]),
        Role(
            name: "system:monitoring",
            rules: [can("get", paths: "/metrics /metrics/slis /healthz /healthz/* /livez /livez/* /readyz /readyz/*")]),
        Role(
            name: "system:service-account-issuer-discovery",
            rules: [can("get", paths: "/.well-known/openid-configuration /openid/v1/jwks")]),
    ]

    private static let editRules: [Rule] = [
        can(read, "pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy"),
        can("impersonate", "serviceaccounts"),
        can(write, "pods pods/attach pods/proxy pods/exec pods/portforward"),
        can("create", "pods/eviction"),
        can("patch update", "pods/resize"),
        can(
            write,
            "replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy persistentvolumeclaims "
                + "configmaps secrets events"),
        can("create", "serviceaccounts/token"),
        can(
            write,
            "statefulsets statefulsets/scale daemonsets deployments deployments/scale deployments/rollback replicasets "
                + "replicasets/scale", in: "apps"),
        can(write, "horizontalpodautoscalers", in: "autoscaling"),
        can(write, "jobs cronjobs", in: "batch"),
        can(
            write,
            "daemonsets deployments deployments/scale deployments/rollback ingresses replicasets replicasets/scale "
                + "replicationcontrollers/scale networkpolicies", in: "extensions"),
        can(write, "poddisruptionbudgets", in: "policy"),
        can(write, "networkpolicies ingresses", in: "networking.k8s.io"),
        can(read + " " + write, "leases", in: "coordination.k8s.io"),
        can(write, "resourceclaims resourceclaimtemplates", in: "resource.k8s.io"),
    ]

    private static let viewRules: [Rule] = [
        can(
            read,
            "pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status endpoints "
                + "persistentvolumeclaims persistentvolumeclaims/status configmaps"),
        can(
            read,
            "limitranges resourcequotas bindings events pods/status resourcequotas/status namespaces/status "
                + "replicationcontrollers/status pods/log"),
        can(read, "namespaces"),
        can(read, "endpointslices", in: "discovery.k8s.io"),
        can(
            read,
            "controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets daemonsets/status deployments "
                + "deployments/status deployments/scale replicasets replicasets/status replicasets/scale", in: "apps"),
        can(read, "horizontalpodautoscalers horizontalpodautoscalers/status", in: "autoscaling"),
        can(read, "jobs jobs/status cronjobs cronjobs/status", in: "batch"),
        can(
            read,
            "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status replicasets "
                + "replicasets/scale replicasets/status replicationcontrollers/scale networkpolicies", in: "extensions"),
        can(read, "poddisruptionbudgets poddisruptionbudgets/status", in: "policy"),
        can(read, "networkpolicies ingresses ingresses/status", in: "networking.k8s.io"),
        can(read, "resourceclaims resourceclaims/status resourceclaimtemplates", in: "resource.k8s.io"),
    ]
}
