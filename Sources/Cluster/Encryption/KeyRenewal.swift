import Logging
import Sandbox

/// Asks the plugins of KMS providers each minute which key they use now, so that what is written from then on is encrypted with it.
///
/// What an older key encrypted is written anew at the next start.
struct KeyRenewal {
    let envelopes: [KeyEnvelope]
    let log: Logger

    private static let every: Duration = .seconds(60)

    /// Runs until the task is cancelled.
    func run() async {
        while !envelopes.isEmpty, (try? await Task.sleep(for: Self.every)) != nil {
            for envelope in envelopes {
                // A plugin may take its time.
                let renewed: Result<Bool, KeyFailure> = await BlockingThread.run {
                    Result { () throws(KeyFailure) in try envelope.renew() }
                }
                do throws(KeyFailure) {
                    if try renewed.get() { log.info("a KMS plugin uses another key now", metadata: ["provider": "\(envelope.name)"]) }
                } catch {
                    log.error("cannot ask a KMS plugin for its key", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
