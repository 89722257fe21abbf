import API
import Machinery

/// Another API server that serves a version of a group, as its APIService says.
struct ExtensionServer: Sendable, Hashable {
    let group: String
    let version: String
    let namespace: String
    let service: String
    let port: Int
    /// PEM of the authority that its certificate must come from; nil trusts those of the system.
    let caPEM: String?
    let skipsVerification: Bool
    let groupPriority: Int
    let versionPriority: Int

    /// nil for a version that this server serves.
    init?(_ object: View<APIService>) {
        guard let reference = object.spec.service else { return nil }
        group = object.spec.group
        version = object.spec.version
        namespace = reference.namespace
        service = reference.name
        port = reference.port
        let bundle: String = object.spec.caBundle
        caPEM = bundle.isEmpty ? nil : Base64Text.decode(bundle).map { String(decoding: $0, as: UTF8.self) }
        skipsVerification = object.spec.insecureSkipTLSVerify
        groupPriority = object.spec.groupPriorityMinimum
        versionPriority = object.spec.versionPriority
    }

    /// `v1alpha1.wardle.example.com`
    var name: String { version + "." + group }
    /// `wardle.example.com/v1alpha1`
    var apiVersion: String { group + "/" + version }
    /// The name in its certificate.
    var serverName: String { "\(service).\(namespace).svc" }
    var root: String { "/apis/\(group)/\(version)" }
}

/// What an extension server was found to serve when it was asked last.
struct ExtensionContent: Sendable {
    /// `APIResourceList` of its version.
    let resources: JSON
    /// Its OpenAPI document of version 2; nil where it gives none.
    let swagger: OpenAPISwagger?
}
