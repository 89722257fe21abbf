import API
import Client
import Machinery

/// The EndpointSlices that one controller keeps for objects of their names: filled, made and deleted until they say what is wanted.
struct SliceKeeper: Sendable {
    let context: ControllerContext
    /// Who keeps the slices, as their label says.
    let manager: String

    private static let managed = "endpointslice.kubernetes.io/managed-by"
    private static let serviceLabel = "kubernetes.io/service-name"
    private var slices: Informer<EndpointSlice> { context.copy() }

    /// Asks for work where somebody else changed a slice.
    func watch(_ queue: WorkQueue) {
        slices.onChange { [manager] before, after in
            guard let slice = after ?? before, slice.metadata.labels[Self.managed] == manager,
                let service = slice.metadata.labels[Self.serviceLabel]
            else { return }
            queue.add(ObjectKey(namespace: slice.namespace, name: service))
        }
    }

    /// The slices there are, by name.
    func present(_ key: ObjectKey) -> [View<EndpointSlice>] {
        slices.list(namespace: key.namespace).filter {
            $0.metadata.labels[Self.serviceLabel] == key.name && $0.metadata.labels[Self.managed] == manager && !$0.isTerminating
        }.sorted { $0.name < $1.name }
    }

    func clear(_ key: ObjectKey) async throws {
        await slices.caughtUp()
        for slice in present(key) { try await context.delete(slice) }
    }

    /// Brings the slices of an owner in order. One that says what is wanted stays as it is.
    ///
    /// - Parameters:
    ///   - contents: kind of addresses, endpoints and ports of each slice.
    ///   - labels: of every slice, beside those that say whose it is.
    func keep<Owner: Kind>(
        _ contents: [JSON], of owner: View<Owner>, labels: [String: String], annotations: [String: String] = [:]
    ) async throws {
        await slices.caughtUp()
        let labels: [String: String] = labels.merging([Self.serviceLabel: owner.metadata.name, Self.managed: manager]) { $1 }
        var present: [View<EndpointSlice>] = present(ObjectKey(namespace: owner.metadata.namespace, name: owner.metadata.name))
        var rest: [JSON] = []
        for content in contents {
            let same: Int? = present.firstIndex { slice in
                Self.content(of: slice) == content && slice.metadata.labels == labels && slice.metadata.annotations == annotations
            }
            if let same { present.remove(at: same) } else { rest.append(content) }
        }
        for content in rest {
            // The kind of addresses of a slice never changes.
            let index: Int? = present.firstIndex { $0.json["addressType"] == content["addressType"] }
            let found: View<EndpointSlice>? = index.map { present.remove(at: $0) }
            var slice: View<EndpointSlice> = found ?? View<EndpointSlice>(["apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice"])
            slice.metadata.labels = labels
            if annotations.isEmpty { slice.metadata.remove(\.annotations) } else { slice.metadata.annotations = annotations }
            for field in Self.fields { slice.json[field] = content[field] }
            if found == nil {
                slice.metadata.generateName = owner.metadata.name + "-"
                slice.metadata.namespace = owner.metadata.namespace
                slice.metadata.ownerReferences = [View<OwnerReference>.controller(owner)]
                try await context.createIfAbsent(slice, notedIn: slices)
            } else {
                slices.note(try await context.client.update(slice))
            }
        }
        for slice in present { try await context.delete(slice) }
    }

    private static let fields = ["addressType", "endpoints", "ports"]

    private static func content(of slice: View<EndpointSlice>) -> JSON {
        .object(JSONObject(fields.map { ($0, slice.json[$0] ?? []) }))
    }
}
