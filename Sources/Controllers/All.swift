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
            ReplicaSetController(context.acting(as: "replicaset-controller")),
            JobController(context.acting(as: "job-controller")),
            EndpointsController(context.acting(as: "endpoint-controller")),
            EndpointSliceController(context.acting(as: "endpointslice-controller")),
            DisruptionController(context.acting(as: "disruption-controller")),
            GarbageCollector(context.acting(as: "generic-garbage-collector")),
            PodCollector(context.acting(as: "pod-garbage-collector")),
            EventExpiry(context),
            ResourceQuotaController(context),
            ClaimProtectionController(context),
            VolumeProtectionController(context),
            NodeTaintController(context),
        ]
    }
}
