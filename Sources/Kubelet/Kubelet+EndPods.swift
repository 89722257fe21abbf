import Sandbox

extension Kubelet {
    /// Ends every pod of a node whose kubelet does not run: TERM, a moment to end in order, KILL. Their folders stay for the next start.
    package static func endPods(stateFolder: String, gracePeriod: Duration = .seconds(2)) async {
        let folder: String = stateFolder + "/pods"
        guard let runtime = try? SandboxRuntime() else { return }
        await withDiscardingTaskGroup { group in
            for uid in Files.names(in: folder) {
                group.addTask {
                    // No sandbox there, or one that answers no more: nothing of it is left to end.
                    let sandboxFolder: String = folder + "/" + uid + "/sandbox"
                    guard let sandbox = try? await runtime.adopt(folder: sandboxFolder) else {
                        return await BlockingThread.run { SandboxRuntime.endLeftovers(folder: sandboxFolder) }
                    }
                    await sandbox.shutdown(gracePeriod: gracePeriod)
                }
            }
        }
    }
}
