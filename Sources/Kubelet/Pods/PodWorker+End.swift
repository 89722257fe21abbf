import API
import Client
import Logging
import Machinery
import Network
import Sandbox

/// Towards the end: what a round does for a pod that is to go.
extension PodWorker {
    /// Stops what runs: all containers at once, then the sidecars, the last one first.
    func windDown(_ ending: Ending) async {
        var order: [[String]] = [
            pod.spec.containers.map(\.name) + pod.spec.ephemeralContainers.map(\.name)
                + pod.spec.initContainers.filter { !$0.isSidecar }.map(\.name)
        ]
        order += pod.spec.initContainers.filter(\.isSidecar).map { [$0.name] }.reversed()
        for names in order {
            let running: [String] = names.filter { records[$0]?.isRunning == true }
            guard !running.isEmpty else { continue }
            for name in running where stopping[name] == nil {
                stop(name, message: "Stopping container \(name)", grace: ending.grace)
            }
            return await killOverdue()
        }
        isShutDown = true
        if isPoweredOff { await powerOff() } else { await releaseSandbox() }
    }

    /// Ends the sandbox; its containers have ended. Logs stay, volumes go.
    func releaseSandbox() async {
        node.admitted.forget(uid)
        guard sandbox != nil || Files.kind(folders.state) != nil else { return }
        if let old: Sandbox = sandbox {
            guard await report() else { return }  // the ends, before the sandbox forgets them
            sandbox = nil
            await old.shutdown()
        }
        await removeState()
        node.addresses.release(uid)
        node.hostPorts.close(uid)
    }

    /// Ends the sandbox and leaves the files.
    private func powerOff() async {
        let old: Sandbox? = sandbox
        sandbox = nil
        await old?.shutdown()
    }

    func removeState() async {
        let folder: String = folders.state
        let network: ClusterNetwork = node.network
        let problem: String? = await BlockingThread.run { [groups = node.configuration.controlGroups, uid] in
            SandboxRuntime.endLeftovers(folder: folder + "/sandbox")
            groups.remove(uid)
            do { try network.remove(folder) } catch { return "\(error)" }
            return nil
        }
        if let problem { log.warning("files of a pod stayed", metadata: ["problem": "\(problem)"]) }
    }

    /// The last act: the API forgets the pod, and its logs go.
    func leave() async {
        if !isGone {
            guard isDue(.deletion) else { return }
            do {
                try await node.client.delete(Pod.self, key, uid: uid, gracePeriodSeconds: 0)
            } catch let status as APIStatus where status.isNotFound || status.isConflict {
                // Somebody was faster.
            } catch {
                log.warning("deleting a pod that has ended failed", metadata: ["error": "\(error)"])
                return note(.deletion, first: .seconds(1), limit: .seconds(30))
            }
        }
        if isStatic { await removeMirror() }
        let logs: String = folders.logs
        let links: [String] = self.links
        _ = await BlockingThread.run {
            for link in links { try? Files.remove(link) }
            try? removeFolder(logs)
        }
        isDone = true
    }
}
