import Client
import Machinery

/// A kind with group and version. In selectors and field specs an empty member stands for all.
struct KustomizeType: Hashable {
    var group: String = ""
    var version: String = ""
    var kind: String = ""

    /// What an object says that it is.
    init(of object: JSON) {
        (group, version) = Discovery.split(object["apiVersion"]?.string ?? "")
        kind = object["kind"]?.string ?? ""
    }

    /// Of a selector or field spec, with the members `group`, `version` and `kind`.
    init(selector: JSON) {
        group = selector["group"]?.string ?? ""
        version = selector["version"]?.string ?? ""
        kind = selector["kind"]?.string ?? ""
    }

    init(group: String = "", version: String = "", kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    func selects(_ other: KustomizeType) -> Bool {
        (group.isEmpty || group == other.group) && (version.isEmpty || version == other.version) && (kind.isEmpty || kind == other.kind)
    }

    /// `Deployment.v1.apps`, `Service.v1.[noGrp]`, for errors.
    var described: String {
        "\(kind.isEmpty ? "[noKind]" : kind).\(version.isEmpty ? "[noVer]" : version).\(group.isEmpty ? "[noGrp]" : group)"
    }
}

/// What tells one resource of a build from another.
struct KustomizeID {
    let type: KustomizeType
    let name: String
    /// As it is written; empty where none is.
    let namespace: String
    let isClusterScoped: Bool

    /// The namespace where none is written is `default`.
    var effectiveNamespace: String { isClusterScoped ? "_non_namespaceable_" : namespace.isEmpty ? "default" : namespace }

    func isSame(_ other: KustomizeID) -> Bool {
        type == other.type && name == other.name && effectiveNamespace == other.effectiveNamespace
    }

    /// True when a selector without regular expressions means it.
    func isSelected(_ selector: JSON) -> Bool {
        let (name, namespace): (String, String) = (selector["name"]?.string ?? "", selector["namespace"]?.string ?? "")
        return KustomizeType(selector: selector).selects(type) && (name.isEmpty || name == self.name)
            && (namespace.isEmpty || namespace == effectiveNamespace)
    }

    /// `Deployment.v1.apps/web.default`, for errors.
    var described: String { Self.described(type, name, namespace) }

    static func described(_ type: KustomizeType, _ name: String, _ namespace: String) -> String {
        "\(type.described)/\(name.isEmpty ? "[noName]" : name).\(namespace.isEmpty ? "[noNs]" : namespace)"
    }
}
