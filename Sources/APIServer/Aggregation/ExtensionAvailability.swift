import API
package import Machinery
import Store

/// Looks at extension servers and says in their APIServices whether they are there. Reads APIServices, Services and EndpointSlices; writes
/// the condition `Available`.
///
/// Source: kube-aggregator/pkg/controllers/status/remote.
extension Aggregation {
    /// What is found of one server.
    struct Finding: Sendable, Equatable {
        let isAvailable: Bool
        let reason: String
        let message: String

        static let passed = Finding(isAvailable: true, reason: "Passed", message: "all checks passed")

        func condition(after known: View<APIServiceCondition>?, now: Time) -> JSON? {
            let status: String = isAvailable ? "True" : "False"
            if let known, known.status == status, known.reason == reason, known.message == message { return nil }
            let since: JSON = known.flatMap { $0.status == status ? $0.lastTransitionTime?.json : nil } ?? now.json
            return [
                "type": "Available", "status": .string(status), "lastTransitionTime": since, "reason": .string(reason),
                "message": .string(message),
            ]
        }
    }

    /// Runs until the task is cancelled. - Parameter write: writes a condition of the APIService of this name.
    package func run(_ write: @escaping @Sendable (_ name: String, _ condition: JSON) async -> Void) async {
        await withDiscardingTaskGroup { group in
            group.addTask { [clock, bell] in
                while (try? await clock.sleep(for: .seconds(30))) != nil { bell.continuation.yield() }
            }
            bell.continuation.yield()
            for await _ in bell.stream {
                guard !Task.isCancelled else { break }
                for server in servers { await look(at: server, write) }
            }
            group.cancelAll()
        }
    }

    private func look(at server: ExtensionServer, _ write: @Sendable (_ name: String, _ condition: JSON) async -> Void) async {
        let finding: Finding = await finding(of: server)
        if !finding.isAvailable { set(nil, of: server) }
        guard let object = Objects(store: store).find(APIService.self, ObjectKey(namespace: "", name: server.name)),
            let condition = finding.condition(after: object.status.conditions.first { $0.type == "Available" }, now: clock.time)
        else { return }
        count(finding, of: server.name)
        await write(server.name, condition)
    }

    /// Source: kube-aggregator/pkg/controllers/status/metrics.
    private func count(_ finding: Finding, of name: String) {
        guard !finding.isAvailable else { return }
        metrics.counter(
            "aggregator_unavailable_apiservice_total", "How often an APIService became unavailable, and why.",
            [MetricLabel("name", name), MetricLabel("reason", finding.reason)]
        ).add()
    }

    /// Tells which of those that are there now do not answer.
    func write(_ text: inout MetricsText) {
        text.family("aggregator_unavailable_apiservice", .gauge, "1 for an APIService that is not available.") { samples in
            for server in servers { samples.add([MetricLabel("name", server.name)], content(of: server) == nil ? 1 : 0) }
        }
    }

    private func finding(of server: ExtensionServer) async -> Finding {
        func missing(_ reason: String, _ message: String) -> Finding { Finding(isAvailable: false, reason: reason, message: message) }
        let (name, namespace): (String, String) = (server.service, server.namespace)
        guard let service = Objects(store: store).find(Service.self, ObjectKey(namespace: namespace, name: name)) else {
            return missing("ServiceNotFound", "service/\(name) in \"\(namespace)\" is not present")
        }
        guard let port = service.spec.ports.first(where: { $0.port == server.port }) else {
            return missing("ServicePortError", "service/\(name) in \"\(namespace)\" is not listening on port \(server.port)")
        }
        do throws(WebhookFailure) {
            _ = try client(of: server)
        } catch {
            return missing(
                "MissingEndpoints",
                "endpointslices for service/\(name) in \"\(namespace)\" have no addresses with port name \"\(port.name)\"")
        }
        do throws(WebhookFailure) {
            let bytes: [UInt8] = try await document(server.root, of: server)
            guard let resources = try? JSON(parsing: bytes), resources["resources"]?.array != nil else {
                return missing("FailedDiscoveryCheck", "failing or missing response from \(server.root): it is no list of resources")
            }
            if content(of: server)?.resources != resources {
                let swagger: JSON? = (try? await document("/openapi/v2", of: server)).flatMap { try? JSON(parsing: $0) }
                set(ExtensionContent(resources: resources, swagger: swagger.map { OpenAPISwagger($0) }), of: server)
            }
            return .passed
        } catch {
            return missing("FailedDiscoveryCheck", error.description)
        }
    }
}
