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
        slices.list(namespace: key.namespace, label: Self.serviceLabel, value: key.name).filter {
            $0.metadata.label(Self.managed) == manager && !$0.isTerminating
        }.sorted { $0.name < $1.name }
    }

    func clear(_ key: ObjectKey) async throws {
        await slices.caughtUp()
        for slice in present(key) { try await context.delete(slice) }
    }

    /// Brings the slices of an owner in order. One that says what is wanted stays as it is.
    ///
    /// - Parameters:
    ///   - most: endpoints of one slice.
    ///   - labels: of every slice, beside those that say whose it is.
    ///   - trigger: what made a slice be written, from what it says of that so far; nil for nothing to tell.
    func keep<Owner: Kind>(
        _ contents: [SlicePlan.Group], most: Int, of owner: View<Owner>, labels: [String: String], annotations: [String: String] = [:],
        trigger: (String?) -> String? = { _ in nil }
    ) async throws {
        await slices.caughtUp()
        let labels: [String: String] = labels.merging([Self.serviceLabel: owner.metadata.name, Self.managed: manager]) { $1 }
        let present: [View<EndpointSlice>] = present(ObjectKey(namespace: owner.metadata.namespace, name: owner.metadata.name))
        let plan = SlicePlan(contents, present: present, most: most)
        var changes: [String: SlicePlan.Group] = [:]
        for change in plan.changes {
            if let name = change.name { changes[name] = change.content } else { try await make(change.content) }
        }
        for var slice in present where !plan.surplus.contains(slice.name) {
            let change: SlicePlan.Group? = changes[slice.name]
            var marks: [String: String] = slice.metadata.annotations
            let triggered: String? = marks.removeValue(forKey: ServiceBackends.trigger)
            guard change != nil || slice.metadata.labels != labels || marks != annotations else { continue }
            slice.metadata.labels = labels
            mark(&slice, trigger(triggered))
            if let change { Self.write(change, to: &slice) }
            slices.note(try await context.client.update(slice))
        }
        for slice in present where plan.surplus.contains(slice.name) { try await context.delete(slice) }

        func mark(_ slice: inout View<EndpointSlice>, _ time: String?) {
            var marks: [String: String] = annotations
            if let time { marks[ServiceBackends.trigger] = time }
            if marks.isEmpty { slice.metadata.remove(\.annotations) } else { slice.metadata.annotations = marks }
        }

        func make(_ content: SlicePlan.Group) async throws {
            var slice = View<EndpointSlice>(["apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice"])
            slice.metadata.labels = labels
            mark(&slice, trigger(nil))
            slice.metadata.generateName = owner.metadata.name + "-"
            slice.metadata.namespace = owner.metadata.namespace
            slice.metadata.ownerReferences = [View<OwnerReference>.controller(owner)]
            Self.write(content, to: &slice)
            try await context.createIfAbsent(slice, notedIn: slices)
        }
    }

    private static func write(_ content: SlicePlan.Group, to slice: inout View<EndpointSlice>) {
        slice.addressType = content.addressType
        slice.json["endpoints"] = .array(content.endpoints)
        slice.json["ports"] = .array(content.ports)
    }
}
