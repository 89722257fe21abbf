import API
import Client
import Machinery

/// Deletes requests for pods' certificates half an hour after they were made: a node has its answer long before.
/// Source: pkg/controller/certificates/cleaner/pcrcleaner.go.
struct PodCertificateCleaner: ObjectController {
    static let name = "podcertificaterequestcleaner"
    static let queueName = "podcertificaterequestcleaner"

    let context: ControllerContext

    func reconcile(_ request: View<PodCertificateRequest>) async throws -> Duration? {
        guard !request.isTerminating, let made = request.metadata.creationTimestamp else { return nil }
        let left: Duration = .seconds(made.seconds + 30 * 60 - context.clock.time.seconds)
        guard left <= .zero else { return left }
        try await context.delete(request)
        return nil
    }
}
