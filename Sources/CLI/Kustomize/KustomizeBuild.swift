import Client
import Machinery

/// Builds a kustomization: gathers, generates, changes, names.
/// Source: sigs.k8s.io/kustomize/api/internal/target.
struct KustomizeBuild {
    let output: Output
    var restrictor: LoadRestrictor = .rootOnly

    /// All objects of a folder's kustomization, in the order in which they are to be made.
    func objects(_ folder: String) throws -> [JSON] {
        try Self.refuseRemote(folder)
        var resources: [KustomizeResource] = []
        let kustomization: Kustomization = try Kustomization(folder: folder, restrictor: restrictor)
        try accumulate(kustomization, &resources, [LocalFile.absolute(folder)])
        for index in resources.indices where resources[index].needsHash {
            var bare: JSON = resources[index].json
            if bare["data"] == nil { bare["data"] = "" }
            resources[index].rename(resources[index].name + "-" + ContentHash.of(bare))
        }
        KustomizeNames.fix(&resources)
        try KustomizeOrigin(kustomization).note(in: &resources)
        return Self.sorted(resources, kustomization).map(\.json)
    }

    private func accumulate(_ kustomization: Kustomization, _ resources: inout [KustomizeResource], _ around: [String]) throws {
        warn(kustomization)
        var own: [KustomizeResource] = kustomization.isComponent ? resources : []
        for entry in kustomization.texts("resources") + kustomization.texts("bases") { try gather(entry, kustomization, &own, around) }
        for entry in kustomization.texts("components") {
            try Self.refuseRemote(entry)
            let component = try Kustomization(folder: kustomization.path(entry), restrictor: restrictor)
            guard component.isComponent else { throw Failure("expected kind 'Component' for path '\(entry)' but got 'Kustomization'") }
            try accumulate(component, &own, try Self.deeper(component, around))
        }
        try KustomizeGenerators(kustomization: kustomization).generate(into: &own)
        try KustomizeTransformers(kustomization).apply(to: &own)
        resources = kustomization.isComponent ? own : resources + own
    }

    private func gather(_ entry: String, _ kustomization: Kustomization, _ own: inout [KustomizeResource], _ around: [String]) throws {
        try Self.refuseRemote(entry)
        let path: String = kustomization.path(entry)
        if LocalFile.isFolder(path) {
            let base = try Kustomization(folder: path, restrictor: restrictor)
            if base.isComponent { throw Failure("expected kind != 'Component' for path '\(path)'") }
            var inner: [KustomizeResource] = []
            try accumulate(base, &inner, try Self.deeper(base, around))
            for resource in inner { try add(resource, to: &own) }
            return
        }
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(try kustomization.file(entry), file: path) } catch {
            throw Failure(
                "accumulating resources: accumulation err='accumulating resources from '\(entry)': \(Failure(error).description)'")
        }
        for document in documents where !document.json.isNull {
            let isList: Bool = document.json["kind"]?.string?.hasSuffix("List") == true && document.json["items"] != nil
            for object in isList ? document.json.list("items") : [document.json] {
                guard object["kind"]?.string?.isEmpty == false else { throw Failure("\(path): missing Resource metadata: kind is not set") }
                let name: String = object.text(at: "metadata", "name")
                if name.isEmpty, object[["metadata", "generateName"]] == nil {
                    throw Failure("\(path): missing metadata.name in object \(object.text())")
                }
                var resource = KustomizeResource(object)
                resource.origin = ["path": .string(path)]
                try add(resource, to: &own)
            }
        }
    }

    private func add(_ resource: KustomizeResource, to own: inout [KustomizeResource]) throws {
        let isThere: Bool = own.contains {
            $0.kind == resource.kind && $0.group == resource.group && $0.name == resource.name && $0.namespace == resource.namespace
        }
        if isThere { throw Failure("may not add resource with an already registered id: \(resource.described)") }
        own.append(resource)
    }

    private static func deeper(_ kustomization: Kustomization, _ around: [String]) throws -> [String] {
        let folder: String = LocalFile.absolute(kustomization.folder)
        if around.contains(folder) { throw Failure("cycle detected: candidate root '\(folder)' contains visited root '\(folder)'") }
        return around + [folder]
    }

    /// Builds never ask the network.
    private static func refuseRemote(_ entry: String) throws {
        let isRemote: Bool =
            entry.contains("://") || entry.hasPrefix("git@") || entry.hasPrefix("github.com/") || entry.contains("?ref=")
            || entry.contains(".git//")
        if isRemote { throw Failure("\(entry) is a remote base, and builds do not ask the network: fetch it first and name the folder") }
    }

    /// Source: `FixKustomizationPreUnmarshalling` and `deprecated` of sigs.k8s.io/kustomize/api/types.
    private func warn(_ kustomization: Kustomization) {
        for (old, new) in [
            ("bases", "resources"), ("commonLabels", "labels"), ("patchesJson6902", "patches"), ("patchesStrategicMerge", "patches"),
        ]
        where kustomization.json[old] != nil {
            output.note(
                "# Warning: '\(old)' is deprecated. Please use '\(new)' instead. Run 'kustomize edit fix' to update your Kustomization automatically."
            )
        }
        for (key, what) in [
            ("crds", "references in custom resources keep their names"), ("openapi", "lists of custom resources are replaced as a whole"),
        ] where kustomization.json[key] != nil {
            output.note("# Warning: '\(key)' is not read: \(what).")
        }
    }

    // MARK: - Order

    /// Source: `LegacyOrderTransformer` of kustomize.
    private static let first: [String] = [
        "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "PodSecurityPolicy", "Role",
        "ClusterRole",
        "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service", "LimitRange", "PriorityClass",
        "PersistentVolume",
        "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
    ]
    private static let last: [String] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]

    private static func sorted(_ resources: [KustomizeResource], _ kustomization: Kustomization) -> [KustomizeResource] {
        if kustomization.json[["sortOptions", "order"]] == "fifo" { return resources }
        let legacy: JSON? = kustomization.json[["sortOptions", "legacySortOptions"]]
        let first: [String] = (legacy?["orderFirst"]?.array ?? []).compactMap(\.string)
        let last: [String] = (legacy?["orderLast"]?.array ?? []).compactMap(\.string)
        let (begin, end): ([String], [String]) = (first.isEmpty ? Self.first : first, last.isEmpty ? Self.last : last)
        func rank(_ kind: String) -> Int {
            if let index = begin.firstIndex(of: kind) { return index - begin.count }
            if let index = end.firstIndex(of: kind) { return index + 1 }
            return 0
        }
        func key(_ resource: KustomizeResource) -> [String] {
            [resource.group, resource.version, resource.kind, resource.namespace, resource.name]
        }
        return resources.enumerated().sorted { one, other in
            let (left, right): (Int, Int) = (rank(one.element.kind), rank(other.element.kind))
            if left != right { return left < right }
            let (a, b): ([String], [String]) = (key(one.element), key(other.element))
            return a == b ? one.offset < other.offset : a.lexicographicallyPrecedes(b)
        }.map(\.element)
    }
}

/// Makes references follow the names that changed.
enum KustomizeNames {
    static func fix(_ resources: inout [KustomizeResource]) {
        let all: [KustomizeResource] = resources
        for index in resources.indices {
            let referrer: KustomizeResource = resources[index]
            for (kind, fields) in KustomizeFields.references {
                for field in fields where field.suits(referrer) {
                    field.change(&resources[index].json) { value in
                        if let names = value.array {
                            value = .array(
                                names.map { $0.string.flatMap { target(kind, $0, referrer, all) }.map { .string($0.name) } ?? $0 })
                        } else if let name = value.string, let found = target(kind, name, referrer, all) {
                            value = .string(found.name)
                        }
                    }
                }
            }
            for field in KustomizeFields.typedReferences where field.suits(referrer) {
                field.change(&resources[index].json) { reference in
                    guard let kind = reference["kind"]?.string, let name = reference["name"]?.string,
                        let found = target(kind, name, referrer, all, in: reference["namespace"]?.string)
                    else { return }
                    reference["name"] = .string(found.name)
                    if reference["namespace"] != nil, !found.namespace.isEmpty { reference["namespace"] = .string(found.namespace) }
                }
            }
        }
    }

    /// The resource that had this name in the file of the one that refers to it.
    private static func target(
        _ kind: String, _ name: String, _ referrer: KustomizeResource, _ all: [KustomizeResource], in namespace: String? = nil
    ) -> KustomizeResource? {
        var found: [KustomizeResource] = all.filter { $0.kind == kind && $0.isNamed(name) }
        if let namespace {
            let near: [KustomizeResource] = found.filter {
                ([$0.namespace] + $0.formerNames.map(\.namespace)).contains { $0 == namespace || ($0.isEmpty && namespace == "default") }
            }
            // One that says where it looks finds nothing elsewhere.
            found = near
        }
        if found.count > 1 {
            let near: [KustomizeResource] = found.filter { $0.affixes == referrer.affixes && $0.namespace == referrer.namespace }
            if !near.isEmpty { found = near }
        }
        return found.count == 1 ? found[0] : found.first { $0.namespace == referrer.namespace }
    }
}
