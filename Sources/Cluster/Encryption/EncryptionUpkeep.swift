import Logging
import Machinery
import Sandbox
import Store

/// Keeps the encryption at rest as it shall be: looks at its file, asks the plugins of KMS providers each minute which key they use now (one
/// that does not answer, after ten seconds), and has the store write anew what an older key or provider encrypted.
struct EncryptionUpkeep {
    let encryption: EncryptionInForce
    let store: SQLiteStore
    let metrics: Metrics
    let log: Logger

    private static let every: Duration = .seconds(10)
    private static let looksPerMinute = 6

    /// Runs until the task is cancelled.
    func run() async {
        guard encryption.file != nil else { return }
        var look: Int = 0
        var mustReseal: Bool = false
        while (try? await Task.sleep(for: Self.every)) != nil {
            look += 1
            if await reload() { mustReseal = true }
            for envelope in encryption.envelopes where look % Self.looksPerMinute == 0 || !envelope.isWell {
                if await renew(envelope) { mustReseal = true }
            }
            guard mustReseal else { continue }
            do throws(StoreError) {
                let count: Int = try await store.reseal()
                mustReseal = false
                log.info("encrypted anew what is stored", metadata: ["versions": "\(count)"])
            } catch {
                log.error("cannot encrypt anew what is stored", metadata: ["error": "\(error)"])
            }
        }
    }

    private func reload() async -> Bool {
        let reloaded: Result<Bool, ClusterError> = await BlockingThread.run {
            Result { () throws(ClusterError) in try encryption.reload() }
        }
        do throws(ClusterError) {
            guard try reloaded.get() else { return false }
            count("success")
            log.info("took another encryption configuration", metadata: ["file": "\(encryption.file ?? "")"])
            return true
        } catch {
            count("failure")
            log.error("the encryption stays as it was", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func count(_ status: String) {
        metrics.counter(
            "apiserver_encryption_config_controller_automatic_reloads_total", "Readings of another encryption configuration, by outcome.",
            [MetricLabel("status", status)]
        ).add()
    }

    /// A plugin may take its time.
    private func renew(_ envelope: KeyEnvelope) async -> Bool {
        let renewed: Result<Bool, KeyFailure> = await BlockingThread.run {
            Result { () throws(KeyFailure) in try envelope.renew() }
        }
        do throws(KeyFailure) {
            guard try renewed.get() else { return false }
            log.info("a KMS plugin uses another key now", metadata: ["provider": "\(envelope.name)"])
            return true
        } catch {
            log.error("cannot ask a KMS plugin for its key", metadata: ["error": "\(error)"])
            return false
        }
    }
}
