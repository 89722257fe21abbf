import APIServer
import HTTP
import Logging

/// Renews the cluster's own certificates while it runs: the server shows the new one to connections that begin from then on.
///
/// Looks at the files each minute: a certificate that runs out within 30 days, or is gone, is made anew. Goes by the computer's time, as
/// certificates do, and not by the cluster's clock.
struct CertificateRotation {
    let profile: ClusterProfile
    let http: HTTPServer
    let server: APIServer
    /// The certificate that the server began with, PEM.
    let first: String
    let log: Logger

    private static let every: Duration = .seconds(60)

    /// Runs until the task is cancelled.
    func run() async {
        var shown: String = first
        while (try? await Task.sleep(for: Self.every)) != nil {
            do {
                shown = try look(shown: shown)
            } catch {
                log.error("cannot renew the cluster's certificates", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Reads the certificates, which renews them, and shows the server's if it is another one.
    func look(shown: String) throws -> String {
        let credentials = try ClusterCredentials(profile)
        let current: String = credentials.server.certificatePEM
        guard current != shown else { return current }
        try http.replace(tls: credentials.tls)
        server.aggregation.replace(front: credentials.front)
        log.info("renewed the server's certificate")
        return current
    }
}

extension ClusterCredentials {
    /// What the API server shows, and whom it believes.
    var tls: TLSServerConfiguration {
        TLSServerConfiguration(
            certificateChainPEM: server.certificatePEM, privateKeyPEM: server.keyPEM, clientCAPEM: caPEM)
    }

    var front: FrontProxy {
        FrontProxy(
            caPEM: frontProxyAuthority.certificatePEM, certificatePEM: frontProxy.certificatePEM, keyPEM: frontProxy.keyPEM)
    }
}
