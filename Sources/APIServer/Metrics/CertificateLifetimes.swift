import HTTP
import Machinery

/// How long the certificates of clients were still good for when they were shown: what tells of those that run out.
///
/// Source: k8s.io/apiserver/pkg/authentication/request/x509.
final class CertificateLifetimes: Sendable {
    /// Whole seconds, so that a sum of years has room.
    private let histogram = Metrics.Histogram(
        bounds: [
            0, 1800, 3600, 7200, 21600, 43200, 86400, 172_800, 345_600, 604_800, 2_592_000, 7_776_000, 15_552_000, 31_104_000,
        ], steps: 1)

    init(_ metrics: Metrics) {
        metrics.collect { [histogram] text in
            text.family(
                "apiserver_client_certificate_expiration_seconds", .histogram,
                "Seconds that the certificates of requests were still good for."
            ) { histogram.write([], to: &$0) }
        }
    }

    func observe(_ certificate: PeerCertificate, at now: Time) {
        guard certificate.notAfter.isFinite else { return }
        histogram.observe(steps: Int(certificate.notAfter) - Int(now.seconds))
    }
}
