import API
import Client
import Logging
import TestSupport
import Testing

@Suite struct InformersTests {
    @Test(.timeLimit(.minutes(1)))
    func `who waits for an informer is let go of when the informers have ended, before and after it was asked for`() async throws {
        let server = try await TestServer()
        let informers = Informers(server.client, log: Logger(label: "test"))
        let run = Task { await informers.run() }
        let pods: Informer<Pod> = informers.informer()
        await pods.caughtUp()
        run.cancel()
        await run.value
        let nodes: Informer<Node> = informers.informer()
        await nodes.caughtUp()
        await pods.caughtUp()
        #expect(nodes.list().isEmpty && pods.list().isEmpty)
    }
}
