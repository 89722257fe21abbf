import APIServer
import Client
import HTTP
import Logging
import Machinery

/// What `start` is told about the audit: a policy, and where the events go.
package struct AuditSettings: Sendable {
    /// File with an object of audit.k8s.io/v1, kind Policy; nil records nothing.
    package var policyFile: String?
    /// Where lines of JSON are written; `-` is standard output.
    package var logPath: String?
    /// Bytes of a log file before the next one is begun.
    package var logSize = 100 << 20
    /// How many full log files are kept; 0 keeps all.
    package var logBackups = 0
    /// Days that full log files are kept; 0 is for ever.
    package var logDays = 0
    /// A kubeconfig whose cluster is the webhook.
    package var webhookFile: String?

    package init() {}

    /// Reads the files. nil without a policy. Throws ``ClusterError`` with what is wrong in which file.
    func audit(clock: ClusterClock, metrics: Metrics, log: Logger) throws(ClusterError) -> Audit? {
        guard let policyFile else { return nil }
        let policy: AuditPolicy
        do {
            policy = try AuditPolicy(try Self.object(in: policyFile))
        } catch let error as AuditPolicy.Malformed {
            throw ClusterError("the audit policy \(policyFile) can't be used: \(error)")
        } catch {
            throw error as? ClusterError ?? ClusterError("the audit policy \(policyFile) can't be read: \(error)")
        }
        var backends: [any AuditBackend] = []
        if let logPath {
            var limits = AuditLogFile.Limits()
            limits.size = logSize
            limits.backups = logBackups
            limits.days = logDays
            do throws(AuditLogFile.Failure) {
                backends.append(
                    try AuditLogFile(
                        path: logPath, limits: limits, loss: AuditLoss("log", metrics: metrics, log: log)))
            } catch {
                throw ClusterError(error.description)
            }
        }
        if let webhookFile { backends.append(try Self.webhook(webhookFile, metrics, log)) }
        return Audit(policy: policy, backends: backends, clock: clock, metrics: metrics)
    }

    private static func object(in file: String) throws -> JSON {
        guard let document = try YAML.documents(try PrivateFile.read(file), file: file).first else { return .null }
        return document.json
    }

    private static func webhook(_ file: String, _ metrics: Metrics, _ log: Logger) throws(ClusterError) -> AuditWebhook {
        do {
            let access = try ClusterAccess(Kubeconfig(parsing: try PrivateFile.read(file), file: file), AccessOverrides())
            var tls: HTTPClientConfiguration.TLS?
            if access.server.isTLS {
                tls = HTTPClientConfiguration.TLS(
                    caPEM: access.caPEM, serverName: access.serverName, insecureSkipVerify: access.insecureSkipVerify,
                    certificatePEM: access.certificatePEM, keyPEM: access.keyPEM)
            }
            let client = HTTPClient(HTTPClientConfiguration(host: access.server.host, port: access.server.port, tls: tls))
            var headers: HTTPHeaders = ["Content-Type": "application/json"]
            if let authorization = access.authorization { headers.set("Authorization", authorization) }
            let target: String = access.server.path.isEmpty ? "/" : access.server.path
            return AuditWebhook(loss: AuditLoss("webhook", metrics: metrics, log: log)) { [headers] body in
                let answer = try await client.send(
                    HTTPClientRequest(method: "POST", target: target, headers: headers, body: body, timeout: .seconds(30)))
                guard (200..<300).contains(answer.status) else { throw ClusterError("it answered \(answer.status)") }
            }
        } catch {
            throw error as? ClusterError ?? ClusterError("the audit webhook's configuration \(file) can't be used: \(error)")
        }
    }
}
