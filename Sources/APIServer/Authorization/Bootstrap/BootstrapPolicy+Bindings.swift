import API

/// Who has the roles from the beginning, and the few roles in kube-system and kube-public.
extension BootstrapPolicy {
    static let bindings: [Binding] =
        [
            Binding(name: "cluster-admin", role: "cluster-admin", groups: [Authorizer.superusers]),
            Binding(name: "system:monitoring", role: "system:monitoring", groups: ["system:monitoring"]),
            Binding(name: "system:discovery", role: "system:discovery", groups: ["system:authenticated"]),
            Binding(name: "system:basic-user", role: "system:basic-user", groups: ["system:authenticated"]),
            Binding(
                name: "system:public-info-viewer", role: "system:public-info-viewer",
                groups: ["system:authenticated", "system:unauthenticated"]),
            Binding(name: "system:node-proxier", role: "system:node-proxier", users: ["system:kube-proxy"]),
            Binding(
                name: "system:kube-controller-manager", role: "system:kube-controller-manager", users: ["system:kube-controller-manager"]),
            Binding(name: "system:kube-dns", role: "system:kube-dns", accounts: ["kube-dns"]),
            Binding(name: "system:kube-scheduler", role: "system:kube-scheduler", users: ["system:kube-scheduler"]),
            Binding(name: "system:volume-scheduler", role: "system:volume-scheduler", users: ["system:kube-scheduler"]),
            // Nodes have their rights from the node authorizer; the binding is there for those who look for it.
            Binding(name: "system:node", role: "system:node"),
            Binding(
                name: "system:service-account-issuer-discovery", role: "system:service-account-issuer-discovery",
                groups: ["system:serviceaccounts"]),
        ] + controllerRoles.map(\.binding) + namespaceBindings

    static let namespaceRoles: [Role] = [
        Role(
            name: "extension-apiserver-authentication-reader", namespace: "kube-system",
            rules: [can(read, "configmaps", named: "extension-apiserver-authentication")]),
        Role(
            name: "system:controller:bootstrap-signer", namespace: "kube-system", rules: [can(read, "secrets")]),
        Role(
            name: "system:controller:cloud-provider", namespace: "kube-system", rules: [can(read + " create", "configmaps")]),
        Role(
            name: "system:controller:token-cleaner", namespace: "kube-system",
            rules: [can(read + " delete", "secrets"), writesEvents]),
        Role(name: leaderLocking + "kube-controller-manager", namespace: "kube-system", rules: leaderRules),
        Role(name: leaderLocking + "kube-scheduler", namespace: "kube-system", rules: leaderRules),
        Role(
            name: "system:controller:bootstrap-signer", namespace: "kube-public",
            rules: [can(read, "configmaps"), can("update", "configmaps", named: "cluster-info"), writesEvents]),
    ]

    private static let leaderLocking = "system::leader-locking-"

    private static let leaderRules: [Rule] = [
        can(read + " create update", "leases", in: "coordination.k8s.io"),
        can(read + " create update", "leasecandidates", in: "coordination.k8s.io"),
    ]

    private static let namespaceBindings: [Binding] = [
        Binding(
            name: "system:controller:bootstrap-signer", role: "system:controller:bootstrap-signer", namespace: "kube-system",
            accounts: ["bootstrap-signer"]),
        Binding(
            name: "system:controller:cloud-provider", role: "system:controller:cloud-provider", namespace: "kube-system",
            accounts: ["cloud-provider"]),
        Binding(
            name: "system:controller:token-cleaner", role: "system:controller:token-cleaner", namespace: "kube-system",
            accounts: ["token-cleaner"]),
        Binding(
            name: "system::extension-apiserver-authentication-reader", role: "extension-apiserver-authentication-reader",
            namespace: "kube-system", users: ["system:kube-controller-manager", "system:kube-scheduler"]),
        Binding(
            name: leaderLocking + "kube-controller-manager", role: leaderLocking + "kube-controller-manager", namespace: "kube-system",
            users: ["system:kube-controller-manager"], accounts: ["kube-controller-manager", "leader-election-controller"]),
        Binding(
            name: leaderLocking + "kube-scheduler", role: leaderLocking + "kube-scheduler", namespace: "kube-system",
            users: ["system:kube-scheduler"], accounts: ["kube-scheduler"]),
        Binding(
            name: "system:controller:bootstrap-signer", role: "system:controller:bootstrap-signer", namespace: "kube-public",
            accounts: ["bootstrap-signer"]),
    ]
}
