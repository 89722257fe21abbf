package import Client
package import Logging
package import Machinery

/// Runs all controllers.
package struct ControllerManager: Sendable {
    private let context: ControllerContext
    private let controllers: [any Controller]

    /// - Parameters:
    ///   - client: of the controllers that act under no name of their own, and for what they share.
    ///   - clients: the client of each controller, by the name of its service account in kube-system.
    ///   - rootCA: PEM of the authority that signed the API server's certificate.
    ///   - makeToken: makes the tokens for Secrets that ask for one.
    package init(
        client: Client, clients: @escaping @Sendable (String) -> Client, informers: Informers, clock: ClusterClock, log: Logger,
        rootCA: String,
        makeToken: @escaping LegacyTokenMaker
    ) {
        context = ControllerContext(
            client: client, clients: clients, informers: informers, clock: clock, log: log)
        controllers = Self.all(context, rootCA: rootCA, makeToken: makeToken)
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
