package import API
package import Logging
package import Machinery

/// Tells of every object of a resource, by its metadata alone, and keeps no copy: for readers that care for all kinds, or only
/// for the fact that something changed.
package final class MetadataFeed: AnyInformer {
    package enum Change: Sendable {
        /// All objects as they are now: what is not among them is gone. Comes first, and again when a watch could not go on.
        case listed([View<ObjectMeta>])
        /// New or changed.
        case put(View<ObjectMeta>)
        case deleted(View<ObjectMeta>)
    }

    private let client: Client
    private let resource: GroupVersionResource
    private let log: Logger
    private let isWanted: @Sendable () -> Bool
    private let handler: @Sendable (Change) -> Void

    /// - Parameters:
    ///   - isWanted: asked before each list; the feed ends with the first no.
    ///   - handler: hears one change at a time, in their order; it must not block.
    package init(
        _ client: Client, _ resource: GroupVersionResource, log: Logger,
        while isWanted: @escaping @Sendable () -> Bool = { true }, _ handler: @escaping @Sendable (Change) -> Void
    ) {
        self.client = client
        self.resource = resource
        self.log = log
        self.isWanted = isWanted
        self.handler = handler
    }

    /// Lists and watches until the task is cancelled; starts anew after failures.
    package func run() async {
        await WatchLoop(log: log, what: resource.resource).run { [self] in try await follow() }
    }

    private func follow() async throws {
        guard isWanted() else { throw CancellationError() }
        let list: JSON = try await client.send(APIRequest(.list, resource, representation: .metadataList))
        handler(.listed((list["items"]?.array ?? []).map { View<ObjectMeta>($0["metadata"] ?? [:]) }))
        let options = RequestOptions {
            $0.resourceVersion = list[["metadata", "resourceVersion"]]?.string
            $0.allowWatchBookmarks = true
        }
        var watch = APIRequest(.watch, resource, options: options, representation: .metadata)
        watch.omitsManagedFields = true
        for try await event in try await client.watch(watch) {
            let metadata = View<ObjectMeta>(event.object["metadata"] ?? [:])
            switch event.kind {
            case .added, .modified: handler(.put(metadata))
            case .deleted: handler(.deleted(metadata))
            case .bookmark: break
            }
        }
    }
}
