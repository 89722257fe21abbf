import API
import Client
import Machinery
import Testing

@testable import CLI

/// Servers before 1.25 have some built-in kinds in beta versions only.
@Suite struct ServedVersionTests {
    /// Has CronJobs in batch/v1beta1.
    private struct OldServer: Transport {
        func send(_ request: APIRequest) async throws -> APIResponse {
            guard request.path == "/apis/batch/v1beta1/namespaces/default/cronjobs/nightly" else {
                guard request.path.hasPrefix("/apis/batch/v1beta1/") else { throw APIStatus.pathNotFound }
                throw APIStatus.notFound(CronJob.names, request.name ?? "")
            }
            return APIResponse(code: 200, body: Array(#"{"apiVersion":"batch/v1beta1","kind":"CronJob"}"#.utf8))
        }

        func stream(_ request: APIRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> { throw APIStatus.pathNotFound }

        func raw(_ path: String, accept: String) async throws -> APIResponse {
            let answers: [String: String] = [
                "/api": #"{"kind":"APIVersions","versions":[]}"#,
                "/apis": #"{"kind":"APIGroupList","groups":[{"name":"batch","versions":[{"groupVersion":"batch/v1beta1"}]}]}"#,
                "/apis/batch/v1beta1": #"{"resources":[{"name":"cronjobs","kind":"CronJob","namespaced":true}]}"#,
            ]
            guard let answer = answers[path] else { throw APIStatus.pathNotFound }
            return APIResponse(code: 200, body: Array(answer.utf8))
        }
    }

    private let session: Session = Session(
        OldServer(), access: ClusterAccess(server: ServerAddress(isTLS: true, host: "old", port: 443)),
        shell: Shell(output: Output { _, _ in }, environment: { _ in nil }, now: { Time(seconds: 0) }), isNamespaceGiven: false,
        warningsAreErrors: false)

    @Test func `a built-in kind is read in the version that the server has`() async throws {
        let found: JSON = try await session.send(APIRequest(.get, CronJob.names.resource, namespace: "default", name: "nightly"))
        #expect(found["apiVersion"] == "batch/v1beta1")
    }

    @Test(arguments: [(CronJob.names.resource, "weekly"), (Deployment.names.resource, "web")])
    func `what is not there stays so`(_ resource: GroupVersionResource, _ name: String) async throws {
        let request = APIRequest(.get, resource, namespace: "default", name: name)
        await #expect { _ = try await session.send(request) } throws: { ($0 as? APIStatus)?.isNotFound == true }
    }
}
