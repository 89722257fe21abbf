import API
import Client
import Logging

/// Runs one controller: keys from its queue, several at a time, each again when it failed.
struct ControllerRunner<C: Controller>: Sendable {
    let controller: C
    let context: ControllerContext
    var workers = 4

    func run() async {
        let queue = WorkQueue(
            clock: context.clock, measures: WorkQueueMeasures(context.metrics, name: C.queueName, clock: context.clock))
        controller.watch(queue)
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for _ in 0..<workers {
                    group.addTask { while let key = await queue.next() { await work(on: key, queue) } }
                }
            }
        } onCancel: {
            queue.close()
        }
    }

    private func work(on key: ObjectKey, _ queue: WorkQueue) async {
        defer { queue.done(key) }
        do {
            let delay: Duration? = try await controller.reconcile(key)
            queue.forget(key)
            if let delay { queue.add(key, after: delay) }
        } catch let status as APIStatus where status.isConflict {
            // Somebody was faster; what is there now is read anew.
            queue.addAfterFailure(key)
        } catch {
            guard !Task.isCancelled else { return }
            context.log.warning(
                "a reconciliation failed", metadata: ["controller": "\(C.name)", "key": "\(key)", "error": "\(error)"])
            queue.addAfterFailure(key)
        }
    }
}
