import HTTP
import Machinery

/// The name of one request, by which a client can tell it to whoever reads the server's records: its own, or a fresh UUID.
///
/// Source: k8s.io/apiserver/pkg/endpoints/filters/audit_init.go.
enum AuditID {
    private static let longest = 64

    static func of(_ request: HTTPRequest) -> String {
        if let given = request.headers["audit-id"], !given.isEmpty, given.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            return String(given.prefix(longest))
        }
        return RandomUUID.text()
    }
}
