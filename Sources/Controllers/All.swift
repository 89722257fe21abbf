import Client
import Logging
import Machinery

/// Every controller of the cluster: the one list.
extension ControllerManager {
    static func all(_ context: ControllerContext, rootCA: String) -> [any Controller] {
        [
            NamespaceController(context),
            ServiceAccountController(context),
            RootCAPublisher(context, certificate: rootCA),
            DeploymentController(context),
            ReplicaSetController(context),
            JobController(context),
            EndpointsController(context),
            EndpointSliceController(context),
            DisruptionController(context),
            GarbageCollector(context),
            PodCollector(context),
            EventExpiry(context),
        ]
    }
}
