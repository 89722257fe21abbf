package import Machinery

/// Asks for a token of a service account: the body of its `token` subresource.
package struct TokenRequest: Kind {
    package static let definition = Definition(
        TokenRequest(), "authentication.v1.TokenRequest", "Asks for a token of a service account.")
    package static let names = KindNames("TokenRequest", group: "authentication.k8s.io", plural: "tokenrequests", verbs: [.create])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name and namespace of the service account.")
    package let spec = Field<TokenRequestSpec>("spec", 2, "The token that is wanted.")
    package let status = Field<TokenRequestStatus>("status", 3, "The token that was made.")
}

/// The token that is wanted.
package struct TokenRequestSpec: Schema {
    package static let definition = Definition(
        TokenRequestSpec(), "authentication.v1.TokenRequestSpec", "The token that is wanted.")

    package let audiences = Field<[String]>(
        "audiences", 1, "Who is to accept the token; the API server if absent.", .atomic)
    package let boundObjectRef = Field<BoundObjectReference?>(
        "boundObjectRef", 3, "The token is good only as long as this object lives.")
    package let expirationSeconds = Field<Int64>(
        "expirationSeconds", 4, "Seconds that the token is good for; 3600 if absent. The server may give fewer or more.",
        default: 3600)

    /// Source: `ValidateTokenRequest` of pkg/apis/authentication/validation.
    package static func validate(_ spec: View<TokenRequestSpec>, _ path: Path, _ problems: inout Problems) {
        let seconds: JSON = .int(Int64(spec.expirationSeconds))
        if spec.expirationSeconds < 600 {
            problems.invalid(path.child("expirationSeconds"), seconds, "may not specify a duration less than 10 minutes")
        }
        if spec.expirationSeconds > 1 << 32 {
            problems.invalid(path.child("expirationSeconds"), seconds, "may not specify a duration larger than 2^32 seconds")
        }
    }
}

/// The object that a token lives and dies with.
package struct BoundObjectReference: Schema {
    package static let definition = Definition(
        BoundObjectReference(), "authentication.v1.BoundObjectReference", "The object that a token lives and dies with.")

    package let kind = Field<String>("kind", 1, "Pod, Secret or Node.")
    package let apiVersion = Field<String>("apiVersion", 2, "API version of the object.")
    package let name = Field<String>("name", 3, "Name of the object.")
    package let uid = Field<String>("uid", 4, "UID of the object.")
}

/// The token that was made.
package struct TokenRequestStatus: Schema {
    package static let definition = Definition(
        TokenRequestStatus(), "authentication.v1.TokenRequestStatus", "The token that was made.")

    package let token = Field<String>("token", 1, "The token, a JWT.")
    package let expirationTimestamp = Field<Time?>("expirationTimestamp", 2, "When the token ends.", .written)
}
