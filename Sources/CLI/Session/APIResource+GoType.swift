import API
import Client
import Machinery

extension APIResource {
    /// The type that kubectl's texts name where they mean a kind: `*v1.ConfigMap`. Throws its text for a kind that it has none for, which
    /// it can do no more with than any client can.
    func goType() throws -> String {
        guard KnownSchema.of(resource) != nil else {
            throw Failure(
                "no kind \(JSON.quoted(kind)) is registered for version \(JSON.quoted(apiVersion)) in scheme \"pkg/scheme/scheme.go:28\"")
        }
        return "*\(resource.version).\(kind)"
    }
}
