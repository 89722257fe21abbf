import API
import Client
import Machinery
import Scheduler

/// Reads what a forecast needs: nodes, pods and what puts them into sets, namespaces, storage, and how the scheduler was configured.
struct ClusterReading {
    let session: Session

    func forecast() async throws -> Forecast {
        async let nodes: [View<Node>] = all()
        async let pods: [View<Pod>] = all()
        async let namespaces: [View<Namespace>] = all()
        async let claims: [View<PersistentVolumeClaim>] = all()
        async let volumes: [View<PersistentVolume>] = all()
        async let classes: [View<StorageClass>] = all()
        async let drivers: [View<CSINode>] = all()
        async let slices: [View<ResourceSlice>] = all()
        async let deviceClasses: [View<DeviceClass>] = all()
        async let deviceClaims: [View<ResourceClaim>] = all()
        async let services: [View<Service>] = all()
        async let sets: [String: LabelMatch] = sets()
        async let configuration: SchedulerConfiguration = configuration()
        return try await Forecast(
            nodes: nodes, pods: pods, namespaces: namespaces, claims: claims, volumes: volumes, classes: classes, drivers: drivers,
            services: services, sets: sets, devices: Forecast.Devices(slices: slices, classes: deviceClasses, claims: deviceClaims),
            configuration: configuration)
    }

    /// Selectors of what makes pods, by uid.
    private func sets() async throws -> [String: LabelMatch] {
        var sets: [String: LabelMatch] = [:]
        for set in try await all(ReplicaSet.self) { sets[set.metadata.uid] = set.spec.selector?.match }
        for set in try await all(StatefulSet.self) { sets[set.metadata.uid] = set.spec.selector?.match }
        for set in try await all(ReplicationController.self) {
            if let selector = try? LabelMatch(labels: set.spec.selector) { sets[set.metadata.uid] = selector }
        }
        return sets
    }

    /// The default where the cluster doesn't tell.
    private func configuration() async throws -> SchedulerConfiguration {
        let (namespace, name): (String, String) = (SchedulerConfiguration.home.namespace, SchedulerConfiguration.home.name)
        do {
            let map = View<ConfigMap>(
                try await session.send(APIRequest(.get, ConfigMap.names.resource, namespace: namespace, name: name)))
            guard let text = map.data[SchedulerConfiguration.key] else { return SchedulerConfiguration() }
            return try SchedulerConfiguration(yaml: text)
        } catch let status as APIStatus where status.isNotFound || status.code == 403 {
            return SchedulerConfiguration()
        }
    }

    /// All objects of a kind, page by page.
    func all<K: Kind>(_ kind: K.Type = K.self) async throws -> [View<K>] {
        var objects: [View<K>] = []
        var request = APIRequest(.list, K.names.resource, options: RequestOptions { $0.limit = 500 })
        repeat {
            let list: JSON = try await session.send(request)
            objects += (list["items"]?.array ?? []).map { View<K>($0) }
            request.options.continueToken = list.continueToken
        } while request.options.continueToken != nil
        return objects
    }

    /// `pod/x`, `pods/x` or `x`.
    func pod(_ word: String) async throws -> View<Pod> {
        var name: String = word
        for prefix in ["pod/", "pods/", "po/"] where word.hasPrefix(prefix) { name = String(word.dropFirst(prefix.count)) }
        return View<Pod>(
            try await session.send(APIRequest(.get, Pod.names.resource, namespace: session.namespace, name: name)))
    }
}
