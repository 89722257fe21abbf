import API
import Store

/// How many seats a request takes.
///
/// Source: k8s.io/apiserver/pkg/util/flowcontrol/request/list_work_estimator.go.
extension APIServer {
    private static let objectsPerSeat = 100
    private static let mostSeats = 10

    /// One for each hundred objects that a list walks, ten at most; 1 for everything else.
    func seats(of request: APIRequest) -> Int {
        guard request.verb == .list || (request.verb == .watch && request.options.sendInitialEvents == true),
            let type = type(of: request.resource), found[type.names.qualifiedResource] == nil
        else { return 1 }
        var count: Int = store.count(prefix: ObjectKeys.prefix(type.storedNames, namespace: request.namespace))
        let isSelecting: Bool = request.options.labelSelector != nil || request.options.fieldSelector != nil
        if let limit = request.options.limit, limit > 0, !isSelecting { count = min(count, limit) }
        return max(1, min(Self.mostSeats, (count + Self.objectsPerSeat - 1) / Self.objectsPerSeat))
    }
}
