import API
import Client
import Logging
import Machinery

/// Every controller of the cluster: the one list.
extension ControllerManager {
    static func all(_ context: ControllerContext, rootCA: String, makeToken: @escaping LegacyTokenMaker) -> [any Controller] {
        [
            NamespaceController(context.acting(as: "namespace-controller")),
            ServiceAccountController(context.acting(as: "service-account-controller")),
            RootCAPublisher(context.acting(as: "root-ca-cert-publisher"), certificate: rootCA),
            ServiceAccountTokenController(context, certificate: rootCA, makeToken: makeToken),
            ClusterRoleAggregationController(context.acting(as: "clusterrole-aggregation-controller")),
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
            DisruptionController(context.acting(as: "disruption-controller")),
            GarbageCollector(context.acting(as: "generic-garbage-collector")),
            PodCollector(context.acting(as: "pod-garbage-collector")),
            EventExpiry(context.acting(as: "generic-garbage-collector")),
            ResourceQuotaController(context.acting(as: "resourcequota-controller")),
            ClaimProtectionController(context.acting(as: "pvc-protection-controller")),
            VolumeProtectionController(context.acting(as: "pv-protection-controller")),
            NodeTaintController(context.acting(as: "node-controller")),
            NodeLifecycleController(context.acting(as: "node-controller")),
            TaintEvictionController(context.acting(as: "node-controller")),
        ]
    }
}
