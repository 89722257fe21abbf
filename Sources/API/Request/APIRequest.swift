/// One call of the API as a value, built without I/O: the same for HTTPS and for the transport inside the process.
package struct APIRequest: Sendable {
    package var verb: Verb
    package var resource: GroupVersionResource
    /// nil for kinds without namespace, and for all namespaces.
    package var namespace: String?
    package var name: String?
    package var subresource: String?
    package var options: RequestOptions
    /// How objects come back.
    package var representation: Representation
    /// JSON, YAML or protobuf of an object, a patch or DeleteOptions; empty where there is none.
    package var body: [UInt8]
    package var contentType: ContentType
    /// Events that stay in this process tell objects without their `managedFields`: caches have no use for these, which take up to half
    /// of an object. Nothing of it goes over the wire.
    package var omitsManagedFields = false

    package init(
        _ verb: Verb, _ resource: GroupVersionResource, namespace: String? = nil, name: String? = nil, subresource: String? = nil,
        options: RequestOptions = RequestOptions(), representation: Representation = .object, body: [UInt8] = [],
        contentType: ContentType = .json
    ) {
        self.verb = verb
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
        self.options = options
        self.representation = representation
        self.body = body
        self.contentType = contentType
    }

    /// What the body is.
    package enum ContentType: String, Sendable, CaseIterable {
        case json = "application/json"
        case yaml = "application/yaml"
        case protobuf = "application/vnd.kubernetes.protobuf"
        case jsonPatch = "application/json-patch+json"
        case mergePatch = "application/merge-patch+json"
        case strategicMergePatch = "application/strategic-merge-patch+json"
        case applyYAML = "application/apply-patch+yaml"
    }

    /// The form in which objects come back.
    package enum Representation: String, Sendable {
        case object = "application/json"
        /// A `Table` of meta.k8s.io/v1, for printing.
        case table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        /// `PartialObjectMetadata` of meta.k8s.io/v1.
        case metadata = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
        case metadataList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
    }
}

/// What stands behind the `?` of a request. Absent means the server's default.
package struct RequestOptions: Sendable, Equatable {
    package var labelSelector: String?
    package var fieldSelector: String?
    /// `0`, empty or a revision; opaque to clients.
    package var resourceVersion: String?
    /// `Exact` or `NotOlderThan`.
    package var resourceVersionMatch: String?
    package var limit: Int?
    package var continueToken: String?
    package var timeoutSeconds: Int?
    package var allowWatchBookmarks = false
    package var sendInitialEvents: Bool?
    package var dryRun = false
    package var fieldManager: String?
    /// Who owns what the request sets when it names no manager: the program that sent it. No part of the query.
    package var program: String?
    /// `Strict`, `Warn` or `Ignore`.
    package var fieldValidation: String?
    /// Of server-side apply: take over fields of other managers.
    package var force = false
    /// `Orphan`, `Background` or `Foreground`.
    package var propagationPolicy: String?
    package var gracePeriodSeconds: Int?
    /// Everything else, as name and value in the order given: options of `log` and other subresources.
    package var other: [(name: String, value: String)] = []

    package init() {}

    package init(_ fill: (inout RequestOptions) -> Void) { fill(&self) }

    package subscript(name: String) -> String? { other.first { $0.name == name }?.value }

    package static func == (one: RequestOptions, other: RequestOptions) -> Bool { one.queryItems.elementsEqual(other.queryItems, by: ==) }
}

/// The answer to a request that succeeded.
package struct APIResponse: Sendable {
    /// 200, 201 or 202.
    package var code: Int
    package var body: [UInt8]
    /// Texts of the `Warning:` headers.
    package var warnings: [String]

    package init(code: Int, body: [UInt8], warnings: [String] = []) {
        self.code = code
        self.body = body
        self.warnings = warnings
    }
}
