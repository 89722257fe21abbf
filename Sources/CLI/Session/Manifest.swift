import API
import Client
import Machinery

/// One object, of a manifest or from the server, with the resource that it belongs to.
struct Manifest: Sendable {
    var json: JSON
    let resource: APIResource
    /// nil for kinds without namespace.
    let namespace: String?
    /// The file as it was given; `STDIN` for standard input; empty for what the server had.
    let source: String

    var name: String { json[["metadata", "name"]]?.string ?? "" }
    /// `deployment.apps/web`
    var shown: String { resource.shown + "/" + (name.isEmpty ? json[["metadata", "generateName"]]?.string ?? "" : name) }
}
