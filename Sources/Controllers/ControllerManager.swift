package import Client
package import Logging
package import Machinery

/// Runs all controllers.
package struct ControllerManager: Sendable {
    private let context: ControllerContext
    private let controllers: [any Controller]

    /// - Parameters:
    ///   - clients: the client of each controller, by the name of its service account in kube-system; `kube-controller-manager` acts as the
    ///     manager itself, `apiserver` as the server.
    ///   - rootCA: PEM of the authority that signed the API server's certificate.
    ///   - signer: issues certificates that are asked for through the API.
    ///   - volumesFolder: where the default storage class makes its volumes.
    ///   - makeToken: makes the tokens for Secrets that ask for one.
    ///   - metrics: where the controllers' queues tell of themselves.
    package init(
        clients: @escaping @Sendable (String) -> Client, informers: Informers, clock: ClusterClock, log: Logger, rootCA: String,
        signer: any CertificateSigner, volumesFolder: String, makeToken: @escaping LegacyTokenMaker, metrics: Metrics = Metrics()
    ) {
        context = ControllerContext(
            acting: "kube-controller-manager", clients: clients, informers: informers, clock: clock, log: log, metrics: metrics)
        controllers = Self.all(context, rootCA: rootCA, signer: signer, volumesFolder: volumesFolder, makeToken: makeToken)
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
