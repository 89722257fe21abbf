import API
import Client
import Logging
import Machinery
import Synchronization

/// Says in the catalogue which programs the node has: when an entry changes, and once a minute for programs that come and go.
struct HostImageReporter: Sendable {
    let client: Client
    let catalogue: Informer<HostImage>
    let clock: ClusterClock
    let log: Logger

    /// Runs until the task is cancelled.
    func run() async {
        let (news, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await catalogue.caughtUp()
        catalogue.onChange { _, _ in continuation.yield() }
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await clock.sleep(for: .seconds(60))) != nil { continuation.yield() }
                continuation.finish()
            }
            for await _ in news { await report() }
        }
    }

    private func report() async {
        for entry in catalogue.list() {
            let path: String? = entry.foundProgram
            let install: String = entry.spec.install
            let message: String = path != nil ? "" : "not on this node" + (install.isEmpty ? "" : ": " + install)
            let status: JSON = ["found": .bool(path != nil), "program": .string(path ?? ""), "message": .string(message)]
            let old: View<HostImageStatus> = entry.status
            guard old.found != (path != nil) || old.program != (path ?? "") || old.message != message else { continue }
            do {
                try await client.patch(HostImage.self, entry.key, ["status": status], as: .mergePatch, subresource: "status")
            } catch let status as APIStatus where status.isNotFound {
                // It went meanwhile.
            } catch {
                log.warning("writing a host image's status failed", metadata: ["image": "\(entry.name)", "error": "\(error)"])
            }
        }
    }
}
