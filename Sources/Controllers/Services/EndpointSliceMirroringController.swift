import API
import Client
import Machinery

/// Shows Endpoints that somebody wrote by hand as EndpointSlices too, so that readers need to know slices only.
///
/// Reads Services, Endpoints and EndpointSlices. Mirrored are Endpoints of a Service without selector, unless they say that they are not to
/// be. Source: pkg/controller/endpointslicemirroring.
struct EndpointSliceMirroringController: Controller {
    static let name = "endpointslicemirroring-controller"
    static let queueName = "endpoint_slice_mirroring"

    private static let managed = "endpointslice.kubernetes.io/managed-by"
    private static let manager = "endpointslicemirroring-controller.k8s.io"
    private static let serviceLabel = "kubernetes.io/service-name"
    private static let skipLabel = "endpointslice.kubernetes.io/skip-mirror"
    private static let leader = "control-plane.alpha.kubernetes.io/leader"
    /// Addresses of one subset that are mirrored.
    private static let most = 1000

    private let context: ControllerContext
    private let services: Informer<Service>
    private let endpoints: Informer<Endpoints>
    private let slices: Informer<EndpointSlice>

    init(_ context: ControllerContext) {
        self.context = context
        services = context.informers.informer()
        endpoints = context.informers.informer()
        slices = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        services.onChange { before, after in
            guard let service = after ?? before, before?.spec.selector != after?.spec.selector || before == nil else { return }
            queue.add(service.key)
        }
        endpoints.onChange { before, after in if let object = after ?? before { queue.add(object.key) } }
        slices.onChange { before, after in
            guard let slice = after ?? before, slice.metadata.labels[Self.managed] == Self.manager,
                let service = slice.metadata.labels[Self.serviceLabel]
            else { return }
            queue.add(ObjectKey(namespace: slice.namespace, name: service))
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await services.caughtUp()
        await endpoints.caughtUp()
        await slices.caughtUp()
        var present: [View<EndpointSlice>] = slices.list(namespace: key.namespace).filter {
            $0.metadata.labels[Self.serviceLabel] == key.name && $0.metadata.labels[Self.managed] == Self.manager && !$0.isTerminating
        }.sorted { $0.name < $1.name }
        if let source = endpoints.get(key), let service = services.get(key), service.spec.selector.isEmpty, !service.isTerminating,
            !Self.isExempt(source)
        {
            var rest: [JSON] = []
            for content in Self.contents(source) {
                if let index = present.firstIndex(where: { Self.content(of: $0) == content }) {
                    present.remove(at: index)
                } else {
                    rest.append(content)
                }
            }
            for content in rest {
                // The kind of addresses of a slice never changes.
                let index: Int? = present.firstIndex { $0.json["addressType"] == content["addressType"] }
                try await write(content, into: index.map { present.remove(at: $0) }, source)
            }
        }
        for slice in present {
            do {
                try await context.client.delete(EndpointSlice.self, slice.key, uid: slice.metadata.uid)
            } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        }
        return nil
    }

    private static func isExempt(_ source: View<Endpoints>) -> Bool {
        source.isTerminating || source.metadata.labels[skipLabel] == "true" || source.metadata.annotations[leader] != nil
            || source.metadata.labels["endpoints.kubernetes.io/managed-by"] != nil
    }

    /// Pure: kind of addresses, endpoints and ports of each slice.
    static func contents(_ source: View<Endpoints>) -> [JSON] {
        var contents: [JSON] = []
        for subset in source.json["subsets"]?.array ?? [] {
            let ports: [JSON] = (subset["ports"]?.array ?? []).map { port in
                var port: JSON = port
                if port["name"] == nil { port["name"] = "" }
                return port
            }
            var endpoints: [String: [JSON]] = [:]
            for (list, isReady) in [("addresses", true), ("notReadyAddresses", false)] {
                for address in subset[list]?.array ?? [] {
                    let ip: String = address["ip"]?.string ?? ""
                    var endpoint: JSON = ["addresses": [.string(ip)], "conditions": ["ready": .bool(isReady)]]
                    for (field, name) in [("hostname", "hostname"), ("nodeName", "nodeName"), ("targetRef", "targetRef")] {
                        if let value = address[field], !value.isEmpty { endpoint[name] = value }
                    }
                    endpoints[ip.contains(":") ? "IPv6" : "IPv4", default: []].append(endpoint)
                }
            }
            for (type, all) in endpoints.sorted(by: { $0.key < $1.key }) {
                contents.append([
                    "addressType": .string(type), "endpoints": .array(Array(all.prefix(most))), "ports": .array(ports),
                ])
            }
        }
        return contents
    }

    private static func content(of slice: View<EndpointSlice>) -> JSON {
        [
            "addressType": slice.json["addressType"] ?? .null, "endpoints": slice.json["endpoints"] ?? [],
            "ports": slice.json["ports"] ?? [],
        ]
    }

    private func write(_ content: JSON, into slice: View<EndpointSlice>?, _ source: View<Endpoints>) async throws {
        var labels: [String: String] = source.metadata.labels
        labels[Self.skipLabel] = nil
        labels[Self.serviceLabel] = source.name
        labels[Self.managed] = Self.manager
        let annotations: [String: String] = source.metadata.annotations.filter {
            $0.key != "kubectl.kubernetes.io/last-applied-configuration" && $0.key != "endpoints.kubernetes.io/last-change-trigger-time"
        }
        var wanted: View<EndpointSlice> =
            slice ?? View<EndpointSlice>(["apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice"])
        if slice == nil {
            wanted.metadata.generateName = source.name + "-"
            wanted.metadata.namespace = source.namespace
            wanted.metadata.ownerReferences = [View<OwnerReference>.controller(source)]
        }
        wanted.metadata.labels = labels
        if !annotations.isEmpty { wanted.metadata.annotations = annotations }
        for field in ["addressType", "endpoints", "ports"] { wanted.json[field] = content[field] }
        if slice == nil {
            try await context.createIfAbsent(wanted, notedIn: slices)
        } else {
            slices.note(try await context.client.update(wanted))
        }
    }
}
