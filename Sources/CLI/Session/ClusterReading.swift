import API
import Client
import Machinery
import Scheduler

/// Reads what a forecast needs: nodes, pods, namespaces and storage.
struct ClusterReading {
    let session: Session

    func forecast() async throws -> Forecast {
        async let nodes: [View<Node>] = all()
        async let pods: [View<Pod>] = all()
        async let namespaces: [View<Namespace>] = all()
        async let claims: [View<PersistentVolumeClaim>] = all()
        async let volumes: [View<PersistentVolume>] = all()
        async let classes: [View<StorageClass>] = all()
        return try await Forecast(
            nodes: nodes, pods: pods, namespaces: namespaces, claims: claims, volumes: volumes, classes: classes)
    }

    /// All objects of a kind, page by page.
    func all<K: Kind>(_ kind: K.Type = K.self) async throws -> [View<K>] {
        var objects: [View<K>] = []
        var request = APIRequest(.list, K.names.resource, options: RequestOptions { $0.limit = 500 })
        repeat {
            let list: JSON = try await session.send(request)
            objects += (list["items"]?.array ?? []).map { View<K>($0) }
            request.options.continueToken = list[["metadata", "continue"]]?.string
        } while request.options.continueToken?.isEmpty == false
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
