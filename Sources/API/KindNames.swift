import Machinery

/// The names of a kind and what can be done with it.
///
/// An object, because every step of a request looks at it.
package final class KindNames: Sendable {
    /// Empty for the core group.
    package let group: String
    package let version: String
    package let kind: String
    package let plural: String
    package let singular: String
    package let listKind: String
    package let short: [String]
    /// Such as `all`.
    package let categories: [String]
    package let isNamespaced: Bool
    package let verbs: [Verb]
    package let subresources: [Subresource]
    /// True when `metadata.generation` rises with each change of the spec.
    package let tracksGeneration: Bool
    /// True when a delete answers with the object instead of a Status. Source: `ReturnDeletedObject` in pkg/registry.
    package let returnsDeleted: Bool
    /// True when a PUT of an absent object creates it. Source: `AllowCreateOnUpdate` in pkg/registry.
    package let createsOnUpdate: Bool
    /// True when a PUT must name the revision that it is based on. Source: `AllowUnconditionalUpdate` in pkg/registry, which says the
    /// opposite.
    package let needsRevision: Bool
    /// True when creators may give the status too; it is cleared otherwise.
    package let takesStatus: Bool
    /// What becomes of dependents when a delete does not say it.
    package let dependents: DefaultDependents
    /// What is wrong with a name for an object of this kind; empty for a good one.
    package let nameRule: @Sendable (String) -> [String]
    /// `v1`, `apps/v1`
    package let apiVersion: String
    package let resource: GroupVersionResource
    /// What every object of the kind begins with on the wire and in the store: `{"kind":"Pod","apiVersion":"v1",`
    package let opening: [UInt8]
    /// Where the store keeps all objects of the kind: `apps/deployments/`, `core/pods/`
    package let folder: String

    package init(
        _ kind: String, group: String, version: String = "v1", plural: String, singular: String? = nil, listKind: String? = nil,
        short: [String] = [], categories: [String] = [],
        isNamespaced: Bool = true, verbs: [Verb] = Verb.standard, subresources: [Subresource] = [], tracksGeneration: Bool = false,
        returnsDeleted: Bool = false, createsOnUpdate: Bool = false, needsRevision: Bool = false, takesStatus: Bool = false,
        dependents: DefaultDependents = .deleted,
        nameRule: @escaping @Sendable (String) -> [String] = { Names.dns1123Subdomain($0) }
    ) {
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        self.singular = singular ?? kind.lowercased()
        self.listKind = listKind ?? kind + "List"
        self.short = short
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.subresources = subresources
        self.tracksGeneration = tracksGeneration
        self.returnsDeleted = returnsDeleted
        self.createsOnUpdate = createsOnUpdate
        self.needsRevision = needsRevision
        self.takesStatus = takesStatus
        self.dependents = dependents
        self.nameRule = nameRule
        apiVersion = group.isEmpty ? version : group + "/" + version
        resource = GroupVersionResource(group: group, version: version, resource: plural)
        opening = Array(#"{"kind":"\#(kind)","apiVersion":"\#(apiVersion)","#.utf8)
        folder = (group.isEmpty ? "core" : group) + "/" + plural + "/"
    }

    /// `deployments.apps`, `pods`: as Kubernetes names a resource in errors.
    package var qualifiedResource: String { group.isEmpty ? plural : plural + "." + group }
    package func has(_ name: String) -> Bool { subresources.contains { $0.name == name } }
    /// What a write to the status makes of the rest of the metadata.
    package var statusMetadata: StatusMetadata { subresources.first { $0.name == "status" }?.metadata ?? .kept }
}

/// What becomes of an object's dependents when its delete does not say it. Source: `DefaultGarbageCollectionPolicy` of pkg/registry.
package enum DefaultDependents: Sendable {
    case deleted
    /// They stay, as they did in the kind's first days; the warning tells who might not know.
    case orphaned(warning: String? = nil)
}

/// What a write to `status` makes of an object's metadata. Source: the status strategies of pkg/registry.
package enum StatusMetadata: Sendable {
    /// It is written too, but for these members: labels and annotations may come along.
    case written(but: [String] = [])
    /// It stays as it is.
    case kept
}

/// A part of an object with a path of its own.
package struct Subresource: Sendable {
    package let name: String
    /// The kind that is read and written there, with its group and version where they differ from the parent's.
    package let kind: String
    package let apiVersion: String?
    package let verbs: [Verb]
    /// For `scale`: where the numbers stand.
    package let scale: ScalePaths?
    /// For `status`.
    package let metadata: StatusMetadata

    package init(
        _ name: String, kind: String, apiVersion: String? = nil, verbs: [Verb], scale: ScalePaths? = nil,
        metadata: StatusMetadata = .written()
    ) {
        self.name = name
        self.kind = kind
        self.apiVersion = apiVersion
        self.verbs = verbs
        self.scale = scale
        self.metadata = metadata
    }

    /// `status`: written apart from the rest of the object.
    package static func status(_ kind: String, metadata: StatusMetadata = .written()) -> Subresource {
        Subresource("status", kind: kind, verbs: [.get, .patch, .update], metadata: metadata)
    }

    /// `proxy`: requests that are passed on, with the path that follows.
    package static func proxy(_ kind: String) -> Subresource {
        Subresource("proxy", kind: kind, verbs: [.create, .delete, .get, .patch, .update])
    }

    /// `scale` of a workload with `spec.replicas` and `status.replicas`.
    package static let scale = Subresource(
        "scale", kind: "Scale", apiVersion: "autoscaling/v1", verbs: [.get, .patch, .update],
        scale: ScalePaths(replicas: ["spec", "replicas"], statusReplicas: ["status", "replicas"], selector: ["spec", "selector"]))
}

/// Where the numbers of the scale subresource stand in the object.
package struct ScalePaths: Sendable {
    package let replicas: [String]
    package let statusReplicas: [String]
    /// A LabelSelector, a plain map (ReplicationController) or a text (custom resources).
    package let selector: [String]?

    package init(replicas: [String], statusReplicas: [String], selector: [String]?) {
        self.replicas = replicas
        self.statusReplicas = statusReplicas
        self.selector = selector
    }
}

/// Which resource of which version of which group.
package struct GroupVersionResource: Sendable, Hashable {
    /// Empty for the core group.
    package let group: String
    package let version: String
    /// The plural name: `pods`.
    package let resource: String

    package init(group: String, version: String, resource: String) {
        self.group = group
        self.version = version
        self.resource = resource
    }

    /// `/api/v1`, `/apis/apps/v1`
    package var root: String { group.isEmpty ? "/api/" + version : "/apis/" + group + "/" + version }
}

/// What can be done with a resource. The raw value is the word of discovery and RBAC.
package enum Verb: String, Sendable, CaseIterable {
    case create, delete, deletecollection, get, list, patch, update, watch

    /// What most kinds can do, in the order of discovery.
    package static let standard: [Verb] = [.create, .delete, .deletecollection, .get, .list, .patch, .update, .watch]
}
