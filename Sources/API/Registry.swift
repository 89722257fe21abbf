/// Every built-in kind, by group: the one list that the server, discovery and the command line read.
package enum Registry {
    package static let kinds: [any Kind.Type] =
        core + apps + batch + access + admissionRegistration + autoscaling + devices + networking + storage + others + [HostImage.self]

    private static let core: [any Kind.Type] = [
        Binding.self,
        ComponentStatus.self,
        ConfigMap.self,
        Endpoints.self,
        Event.self,
        LimitRange.self,
        Namespace.self,
        Node.self,
        PersistentVolume.self,
        PersistentVolumeClaim.self,
        Pod.self,
        PodTemplate.self,
        ReplicationController.self,
        ResourceQuota.self,
        Secret.self,
        Service.self,
        ServiceAccount.self,
    ]

    private static let apps: [any Kind.Type] = [
        ControllerRevision.self,
        DaemonSet.self,
        Deployment.self,
        ReplicaSet.self,
        StatefulSet.self,
    ]

    private static let batch: [any Kind.Type] = [
        CronJob.self,
        Job.self,
    ]

    private static let admissionRegistration: [any Kind.Type] = [
        MutatingAdmissionPolicy.self,
        MutatingAdmissionPolicyBinding.self,
        MutatingWebhookConfiguration.self,
        ValidatingAdmissionPolicy.self,
        ValidatingAdmissionPolicyBinding.self,
        ValidatingWebhookConfiguration.self,
    ]

    private static let devices: [any Kind.Type] = [
        DeviceClass.self,
        ResourceClaim.self,
        ResourceClaimTemplate.self,
        ResourceSlice.self,
    ]

    private static let autoscaling: [any Kind.Type] = [
        HorizontalPodAutoscaler.self,
        HorizontalPodAutoscalerV1.self,
    ]

    private static let networking: [any Kind.Type] = [
        Ingress.self,
        IngressClass.self,
        NetworkPolicy.self,
        ServiceCIDR.self,
        ServiceIPAddress.self,
    ]

    private static let storage: [any Kind.Type] = [
        CSIDriver.self,
        CSINode.self,
        CSIStorageCapacity.self,
        StorageClass.self,
        VolumeAttachment.self,
        VolumeAttributesClass.self,
    ]

    private static let access: [any Kind.Type] = [
        LocalSubjectAccessReview.self,
        SelfSubjectAccessReview.self,
        SelfSubjectReview.self,
        SelfSubjectRulesReview.self,
        SubjectAccessReview.self,
        TokenReview.self,
        ClusterRole.self,
        ClusterRoleBinding.self,
        Role.self,
        RoleBinding.self,
    ]

    private static let others: [any Kind.Type] = [
        APIService.self,
        CertificateSigningRequest.self,
        ClusterTrustBundle.self,
        PodCertificateRequest.self,
        CustomResourceDefinition.self,
        EndpointSlice.self,
        FlowSchema.self,
        EventsV1Event.self,
        Lease.self,
        NodeMetrics.self,
        PodDisruptionBudget.self,
        PodMetrics.self,
        PriorityClass.self,
        PriorityLevelConfiguration.self,
        RuntimeClass.self,
    ]

    /// Kinds that are no resources: they exist as bodies of subresources only.
    package static let bodies: [any Kind.Type] = [
        Eviction.self,
        Scale.self,
        TokenRequest.self,
    ]

    /// In the order of ``kinds``.
    package static let types: [ResourceType] = kinds.map { erased($0) }

    /// In the order of ``bodies``.
    package static let bodyTypes: [ResourceType] = bodies.map { erased($0) }

    private static func erased<K: Kind>(_ kind: K.Type) -> ResourceType { ResourceType(kind) }
}
