package import Client
package import Logging
package import Machinery

/// Runs all controllers.
package struct ControllerManager: Sendable {
    private let context: ControllerContext
    private let controllers: [any Controller]

    /// - Parameter rootCA: PEM of the authority that signed the API server's certificate.
    package init(client: Client, informers: Informers, clock: ClusterClock, log: Logger, rootCA: String) {
        context = ControllerContext(client: client, informers: informers, clock: clock, log: log)
        controllers = Self.all(context, rootCA: rootCA)
    }

    /// Returns when the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for controller in controllers { group.addTask { await run(controller) } }
        }
    }

    private func run<C: Controller>(_ controller: C) async {
        await ControllerRunner(controller: controller, context: context).run()
    }
}
