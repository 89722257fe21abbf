import API
import Client
import Machinery

/// Reads metrics from the APIs that offer them.
///
/// `metrics.k8s.io` is the cluster's own; `custom.metrics.k8s.io` and `external.metrics.k8s.io` are served when somebody brings an
/// adapter. Source: pkg/controller/podautoscaler/metrics.
struct MetricReader: Sendable {
    let client: Client

    /// The use of a resource by pods, by name.
    ///
    /// - Parameter container: counts only this one; nil counts all.
    func resource(
        _ resource: String, namespace: String, selector: String, container: String?
    ) async throws -> [String: PodUsage.Sample] {
        let list: ObjectList<PodMetrics>
        do {
            list = try await client.list(PodMetrics.self, namespace: namespace, options: RequestOptions { $0.labelSelector = selector })
        } catch {
            throw PodUsage.Unknown(description: "unable to fetch metrics from resource metrics API: \(error)")
        }
        guard !list.items.isEmpty else { throw PodUsage.Unknown(description: "no metrics returned from resource metrics API") }
        var samples: [String: PodUsage.Sample] = [:]
        for metrics in list.items {
            let containers: [View<ContainerMetrics>] = metrics.containers.filter { container == nil || $0.name == container }
            if let container, containers.isEmpty {
                throw PodUsage.Unknown(
                    description: "container \(container) not present in metrics for pod \(namespace)/\(metrics.name)")
            }
            let amounts: [Quantity] = containers.compactMap { $0.usage[resource] }
            guard !containers.isEmpty, amounts.count == containers.count else { continue }
            samples[metrics.name] = PodUsage.Sample(
                value: amounts.reduce(0) { $0 + $1.milliValue }, at: metrics.timestamp ?? .epoch,
                window: (try? GoDuration.parse(metrics.window)) ?? .zero)
        }
        return samples
    }

    /// A metric of pods, by name.
    func pods(_ metric: View<MetricIdentifier>, namespace: String, selector: String) async throws -> [String: PodUsage.Sample] {
        let options = RequestOptions {
            $0.labelSelector = selector
            if let wanted = metric.selector?.text, !wanted.isEmpty { $0.other = [("metricLabelSelector", wanted)] }
        }
        let request = APIRequest(.get, Self.custom("pods"), namespace: namespace, name: "*", subresource: metric.name, options: options)
        var samples: [String: PodUsage.Sample] = [:]
        for item in try await items(request, "custom") {
            guard let name = item[["describedObject", "name"]]?.string, let value = item["value"] else { continue }
            samples[name] = PodUsage.Sample(
                value: Quantity.read(value).milliValue, at: item["timestamp"]?.string.flatMap { Time($0) } ?? .epoch,
                window: .seconds(item["windowSeconds"]?.int ?? 60))
        }
        return samples
    }

    /// A metric of one object, in thousandths.
    ///
    /// - Parameter resource: of the object.
    func object(
        _ metric: View<MetricIdentifier>, of name: String, _ resource: APIResource, namespace: String
    ) async throws -> Int64 {
        let options = RequestOptions {
            if let wanted = metric.selector?.text, !wanted.isEmpty { $0.other = [("metricLabelSelector", wanted)] }
        }
        let request = APIRequest(
            .get, Self.custom(resource.qualified), namespace: resource.isNamespaced ? namespace : nil, name: name, subresource: metric.name,
            options: options)
        guard let value = try await items(request, "custom").first?["value"] else {
            throw PodUsage.Unknown(description: "no metrics returned from custom metrics API")
        }
        return Quantity.read(value).milliValue
    }

    /// The sum of a metric from outside of the cluster, in thousandths.
    func external(_ metric: View<MetricIdentifier>, namespace: String) async throws -> Int64 {
        let resource = GroupVersionResource(group: "external.metrics.k8s.io", version: "v1beta1", resource: metric.name)
        let options = RequestOptions {
            if let wanted = metric.selector?.text, !wanted.isEmpty { $0.labelSelector = wanted }
        }
        let values: [JSON] = try await items(APIRequest(.list, resource, namespace: namespace, options: options), "external")
            .compactMap { $0["value"] }
        guard !values.isEmpty else { throw PodUsage.Unknown(description: "no metrics returned from external metrics API") }
        return values.reduce(0) { $0 + Quantity.read($1).milliValue }
    }

    private static func custom(_ resource: String) -> GroupVersionResource {
        GroupVersionResource(group: "custom.metrics.k8s.io", version: "v1beta2", resource: resource)
    }

    private func items(_ request: APIRequest, _ api: String) async throws -> [JSON] {
        do {
            return try await client.send(request)["items"]?.array ?? []
        } catch {
            throw PodUsage.Unknown(description: "unable to fetch metrics from \(api) metrics API: \(error)")
        }
    }
}
