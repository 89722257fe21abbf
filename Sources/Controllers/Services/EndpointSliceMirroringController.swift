import API
import Client
import Machinery

/// Shows Endpoints that somebody wrote by hand as EndpointSlices too, so that readers need to know slices only.
///
/// Reads Services, Endpoints and EndpointSlices. Mirrored are Endpoints of a Service without selector, unless they say that they are not to
/// be. Source: pkg/controller/endpointslicemirroring.
struct EndpointSliceMirroringController: ObjectController {
    static let name = "endpointslicemirroring-controller"
    static let queueName = "endpoint_slice_mirroring"

    private static let skipLabel = "endpointslice.kubernetes.io/skip-mirror"
    private static let leader = "control-plane.alpha.kubernetes.io/leader"
    /// Addresses of one subset that are mirrored.
    private static let most = 1000

    let context: ControllerContext
    private var services: Informer<Service> { context.copy() }
    private var keeper: SliceKeeper { SliceKeeper(context: context, manager: "endpointslicemirroring-controller.k8s.io") }

    var others: [any ObjectCopy] { [services] }

    func watchOthers(_ queue: WorkQueue) {
        services.onChange { before, after in
            guard let service = after ?? before, before?.spec.selector != after?.spec.selector || before == nil else { return }
            queue.add(service.key)
        }
        keeper.watch(queue)
    }

    func clear(_ key: ObjectKey) async throws { try await keeper.clear(key) }

    func reconcile(_ source: View<Endpoints>) async throws -> Duration? {
        guard let service = services.get(source.key), service.spec.selector.isEmpty, !service.isTerminating, !Self.isExempt(source) else {
            try await keeper.clear(source.key)
            return nil
        }
        var labels: [String: String] = source.metadata.labels
        labels[Self.skipLabel] = nil
        let annotations: [String: String] = source.metadata.annotations.filter {
            $0.key != "kubectl.kubernetes.io/last-applied-configuration" && $0.key != "endpoints.kubernetes.io/last-change-trigger-time"
        }
        try await keeper.keep(Self.contents(source), most: Self.most, of: source, labels: labels, annotations: annotations)
        return nil
    }

    private static func isExempt(_ source: View<Endpoints>) -> Bool {
        source.isTerminating || source.metadata.labels[skipLabel] == "true" || source.metadata.annotations[leader] != nil
            || source.metadata.labels["endpoints.kubernetes.io/managed-by"] != nil
    }

    /// Pure: what the slices are to say.
    static func contents(_ source: View<Endpoints>) -> [SlicePlan.Group] {
        var contents: [SlicePlan.Group] = []
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
                contents.append(SlicePlan.Group(addressType: type, ports: ports, endpoints: Array(all.prefix(most))))
            }
        }
        return contents
    }
}
