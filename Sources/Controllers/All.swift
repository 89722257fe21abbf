import API
import Client
import Logging
import Machinery

/// Every controller of the cluster: the one list.
extension ControllerManager {
    static func all(
        _ context: ControllerContext, rootCA: String, signer: any CertificateSigner, volumesFolder: String,
        makeToken: @escaping LegacyTokenMaker
    ) -> [any Controller] {
        [
            NamespaceController(context: context.acting(as: "namespace-controller")),
            ServiceAccountController(context: context.acting(as: "service-account-controller")),
            RootCAPublisher(context: context.acting(as: "root-ca-cert-publisher"), certificate: rootCA),
            ServiceAccountTokenController(context: context, certificate: rootCA, makeToken: makeToken),
            LegacyTokenTracking(context: context.acting(as: "apiserver")),
            LegacyTokenCleaner(context: context.acting(as: "legacy-service-account-token-cleaner")),
            CertificateApprovingController(context: context.acting(as: "certificate-controller"), signer: signer),
            CertificateSigningController(context: context.acting(as: "certificate-controller"), signer: signer),
            CertificateCleaner(context: context.acting(as: "certificate-controller"), signer: signer),
            PodCertificateCleaner(context: context.acting(as: "podcertificaterequestcleaner")),
            TrustBundlePublisher(
                context: context.acting(as: "kube-apiserver-serving-clustertrustbundle-publisher"), certificate: rootCA),
            BootstrapSigner(context: context.acting(as: "bootstrap-signer")),
            BootstrapTokenCleaner(context: context.acting(as: "token-cleaner")),
            ClusterRoleAggregationController(context: context.acting(as: "clusterrole-aggregation-controller")),
            PolicyStatusController(context: context.acting(as: "validatingadmissionpolicy-status-controller")),
            DeploymentController(context: context.acting(as: "deployment-controller")),
            ReplicaController<ReplicaSet>(context: context.acting(as: "replicaset-controller")),
            ReplicaController<ReplicationController>(context: context.acting(as: "replication-controller")),
            StatefulSetController(context: context.acting(as: "statefulset-controller")),
            DaemonSetController(context: context.acting(as: "daemon-set-controller")),
            JobController(context: context.acting(as: "job-controller")),
            CronJobController(context: context.acting(as: "cronjob-controller")),
            JobExpiryController(context: context.acting(as: "ttl-after-finished-controller")),
            EndpointsController(context: context.acting(as: "endpoint-controller")),
            EndpointSliceController(context: context.acting(as: "endpointslice-controller")),
            ServiceRangeController(context: context.acting(as: "service-cidrs-controller")),
            EndpointSliceMirroringController(context: context.acting(as: "endpointslicemirroring-controller")),
            DisruptionController(context: context.acting(as: "disruption-controller")),
            GarbageCollector(context: context.acting(as: "generic-garbage-collector")),
            PodCollector(context: context.acting(as: "pod-garbage-collector")),
            FinishedPodCollector(context: context.acting(as: "pod-garbage-collector")),
            EventExpiry(context: context.acting(as: "apiserver")),
            FlowSchemaController(context: context.acting(as: "apiserver")),
            ResourceQuotaController(context: context.acting(as: "resourcequota-controller")),
            VolumeBinder(context: context.acting(as: "persistent-volume-binder"), provisioner: HostPathProvisioner(folder: volumesFolder)),
            VolumeExpander(context: context.acting(as: "expand-controller")),
            EphemeralVolumeController(context: context.acting(as: "ephemeral-volume-controller")),
            ResourceClaimController(context: context.acting(as: "resource-claim-controller")),
            DeviceTaintEvictionController(context: context.acting(as: "device-taint-eviction-controller")),
            PodClaimController(context: context.acting(as: "resource-claim-controller")),
            ProtectionController(context, .claims),
            ProtectionController(context, .volumes),
            ProtectionController(context, .attributes),
            HorizontalController(context: context.acting(as: "horizontal-pod-autoscaler")),
            NodeRangeController(context: context.acting(as: "node-controller")),
            NodeTTLController(context: context.acting(as: "ttl-controller")),
            NodeTaintController(context: context.acting(as: "node-controller")),
            NodeLifecycleController(context: context.acting(as: "node-controller")),
            TaintEvictionController(context: context.acting(as: "node-controller")),
        ]
    }
}
