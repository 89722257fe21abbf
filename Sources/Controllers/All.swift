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
            NamespaceController(context.acting(as: "namespace-controller")),
            ServiceAccountController(context.acting(as: "service-account-controller")),
            RootCAPublisher(context.acting(as: "root-ca-cert-publisher"), certificate: rootCA),
            ServiceAccountTokenController(context, certificate: rootCA, makeToken: makeToken),
            CertificateApprovingController(context.acting(as: "certificate-controller"), signer: signer),
            CertificateSigningController(context.acting(as: "certificate-controller"), signer: signer),
            CertificateCleaner(context.acting(as: "certificate-controller")),
            BootstrapSigner(context.acting(as: "bootstrap-signer")),
            BootstrapTokenCleaner(context.acting(as: "token-cleaner")),
            ClusterRoleAggregationController(context.acting(as: "clusterrole-aggregation-controller")),
            PolicyStatusController(context.acting(as: "validatingadmissionpolicy-status-controller")),
            DeploymentController(context.acting(as: "deployment-controller")),
            ReplicaController<ReplicaSet>(context.acting(as: "replicaset-controller")),
            ReplicaController<ReplicationController>(context.acting(as: "replication-controller")),
            StatefulSetController(context.acting(as: "statefulset-controller")),
            DaemonSetController(context.acting(as: "daemon-set-controller")),
            JobController(context.acting(as: "job-controller")),
            CronJobController(context.acting(as: "cronjob-controller")),
            JobExpiryController(context.acting(as: "ttl-after-finished-controller")),
            EndpointsController(context.acting(as: "endpoint-controller")),
            EndpointSliceController(context.acting(as: "endpointslice-controller")),
            ServiceRangeController(context.acting(as: "service-cidrs-controller")),
            EndpointSliceMirroringController(context.acting(as: "endpointslicemirroring-controller")),
            DisruptionController(context.acting(as: "disruption-controller")),
            GarbageCollector(context.acting(as: "generic-garbage-collector")),
            PodCollector(context.acting(as: "pod-garbage-collector")),
            EventExpiry(context.acting(as: "apiserver")),
            FlowSchemaController(context.acting(as: "apiserver")),
            ResourceQuotaController(context.acting(as: "resourcequota-controller")),
            VolumeBinder(context.acting(as: "persistent-volume-binder"), provisioner: HostPathProvisioner(folder: volumesFolder)),
            VolumeExpander(context.acting(as: "expand-controller")),
            EphemeralVolumeController(context.acting(as: "ephemeral-volume-controller")),
            ProtectionController(context, .claims),
            ProtectionController(context, .volumes),
            ProtectionController(context, .attributes),
            HorizontalController(context.acting(as: "horizontal-pod-autoscaler")),
            NodeRangeController(context.acting(as: "node-controller")),
            NodeTTLController(context.acting(as: "ttl-controller")),
            NodeTaintController(context.acting(as: "node-controller")),
            NodeLifecycleController(context.acting(as: "node-controller")),
            TaintEvictionController(context.acting(as: "node-controller")),
        ]
    }
}
