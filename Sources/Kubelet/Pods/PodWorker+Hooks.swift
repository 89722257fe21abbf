import API
import Client
import Logging
import Machinery

/// Lifecycle hooks. Source: the container lifecycle hooks page of the Kubernetes documentation.
extension PodWorker {
    /// Runs beside the container; until it is over the container does not count as running.
    func beginPostStart(_ hook: View<LifecycleHandler>, _ container: View<Container>, attempt: Int) {
        let name: String = container.name
        let id: String = "\(name).\(attempt)"
        begin { [weak self] in
            let problem: String? = await self?.run(hook, in: container, id: id, limit: .seconds(24 * 3600))
            await self?.postStartEnded(name, attempt: attempt, problem)
        }
    }

    private func postStartEnded(_ name: String, attempt: Int, _ problem: String?) {
        guard let record = records[name], record.attempt == attempt, record.isRunning else { return }
        records[name]?.isHooked = false
        if let problem {
            tell(name, .warning, "FailedPostStartHook", "PostStartHook failed")
            log.info("a postStart hook failed", metadata: ["container": "\(name)", "problem": "\(problem)"])
            stop(name, message: "FailedPostStartHook", grace: pod.spec.terminationGracePeriodSeconds)
        }
        poke()
    }

    /// nil when the hook did its work, else why not.
    func run(_ hook: View<LifecycleHandler>, in container: View<Container>, id: String, limit: Duration) async -> String? {
        if let action: View<ExecAction> = hook.exec { return await execute(action.command, in: container, id: id, limit: limit) }
        if let action: View<HTTPGetAction> = hook.httpGet {
            return await get(action, container, seconds: Int(clamping: max(1, limit.components.seconds)))
        }
        if let action: View<SleepAction> = hook.sleep {
            try? await node.clock.sleep(for: min(.seconds(action.seconds), limit))
            return nil
        }
        return "invalid handler: tcpSocket hooks do nothing in Kubernetes"
    }
}
