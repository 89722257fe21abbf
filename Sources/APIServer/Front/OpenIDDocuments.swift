import API
import Machinery

/// By what others check the tokens of service accounts without asking the cluster.
///
/// Source: OpenID Connect Discovery 1.0; RFC 7517; pkg/serviceaccount/openidmetadata.go.
extension APIServer {
    static let openIDConfiguration = "/.well-known/openid-configuration"
    static let openIDKeys = "/openid/v1/jwks"

    /// - Parameter host: address and port under which the client knows the server.
    ///
    /// nil for another path.
    func openIDDocument(_ path: String, host: String) -> Document? {
        switch path {
        case Self.openIDConfiguration:
            let configuration: JSON = [
                "issuer": .string(ServiceAccountTokens.issuer), "jwks_uri": .string("https://\(host)\(Self.openIDKeys)"),
                "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            ]
            return Document(bytes: configuration.serialized(), contentType: "application/json", etag: nil)
        case Self.openIDKeys:
            return Document(bytes: tokens.keySet.serialized(), contentType: "application/jwk-set+json", etag: nil)
        default: return nil
        }
    }
}
