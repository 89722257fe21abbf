import API
import Client
import Machinery

/// `export`: objects as manifests that another cluster takes.
package struct Export: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write objects as manifests that another cluster takes.",
        usage: "swkube export [TYPE…] [-n NAMESPACE | -A] [-l label] [flags]",
        discussion: """
            Writes YAML to standard output: what people made, without what the cluster made of it (pods of workloads, endpoints, events, \
            tokens, status, uids, addresses). Bring it back with: swkube apply -f -
            """)

    @Argument(help: "Types, such as deploy,svc; all without any.", value: "type")
    var types: [String] = []

    @Flag("all-namespaces", "A", help: "All namespaces but those of the system, and objects without one.")
    var allNamespaces = false

    @Option("selector", "l", help: "Labels that the objects must have.", value: "selector")
    var selector: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        var isFirst: Bool = true
        for resource in try await resources(session) {
            for item in try await items(resource, session) where ExportedObject.isMadeByPeople(item, resource) {
                shell.output.write(isFirst ? "" : "---\n")
                shell.output.write(YAML.write(ExportedObject.manifest(GetQuery.typed(item, resource)), sortedKeys: true))
                isFirst = false
            }
        }
        if isFirst { shell.output.note("No resources found") }
        try session.finish()
    }

    /// Each kind once, in the version that the server prefers; definitions and namespaces before what needs them.
    private func resources(_ session: Session) async throws -> [APIResource] {
        if !types.isEmpty {
            var found: [APIResource] = []
            for type in types.flatMap({ $0.split(separator: ",") }) { found.append(try await session.resource(String(type))) }
            return found
        }
        var seen: Set<String> = []
        let all: [APIResource] = try await session.catalog.groups().flatMap(\.resources).filter { resource in
            resource.can("list") && resource.can("create") && (resource.isNamespaced || allNamespaces)
                && !ExportedObject.derivedTypes.contains(resource.qualified) && seen.insert(resource.qualified).inserted
        }
        let first: [String] = ["customresourcedefinitions.apiextensions.k8s.io", "namespaces", "serviceaccounts", "configmaps", "secrets"]
        func rank(_ resource: APIResource) -> Int { first.firstIndex(of: resource.qualified) ?? first.count }
        return all.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(\.element)
    }

    private func items(_ resource: APIResource, _ session: Session) async throws -> [JSON] {
        let namespace: String? = resource.isNamespaced && !allNamespaces ? session.namespace : nil
        var request = APIRequest(
            .list, resource.resource, namespace: namespace, options: RequestOptions { $0.labelSelector = selector })
        request.options.limit = 500
        var items: [JSON] = []
        repeat {
            let list: JSON = try await session.send(request)
            items += list.list("items")
            request.options.continueToken = list.continueToken
        } while request.options.continueToken != nil
        return items
    }
}

/// What of an object belongs to its makers, and what to the cluster. Pure.
enum ExportedObject {
    /// Types whose objects the cluster makes itself.
    static let derivedTypes: Set<String> = [
        "events", "events.events.k8s.io", "endpoints", "endpointslices.discovery.k8s.io", "leases.coordination.k8s.io", "nodes",
        "controllerrevisions.apps", "ipaddresses.networking.k8s.io", "csinodes.storage.k8s.io", "componentstatuses", "bindings",
        "certificatesigningrequests.certificates.k8s.io", "apiservices.apiregistration.k8s.io", "hostimages.swkube.dev",
    ]

    static func isMadeByPeople(_ object: JSON, _ resource: APIResource) -> Bool {
        let (name, namespace): (String, String) = (object.text(at: "metadata", "name"), object.text(at: "metadata", "namespace"))
        if ["kube-system", "kube-public", "kube-node-lease"].contains(namespace.isEmpty ? name : namespace) { return false }
        if !object.list("metadata", "ownerReferences").isEmpty || object[["metadata", "deletionTimestamp"]] != nil { return false }
        if object[["metadata", "labels", "kubernetes.io/bootstrapping"]] != nil { return false }
        switch resource.qualified {
        case "configmaps": return name != "kube-root-ca.crt"
        case "serviceaccounts": return name != "default"
        case "secrets": return object.text(at: "type") != "kubernetes.io/service-account-token"
        case "namespaces": return name != "default"
        case "services": return !(name == "kubernetes" && namespace == "default")
        case "priorityclasses.scheduling.k8s.io": return !name.hasPrefix("system-")
        case "flowschemas.flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io":
            return object[["metadata", "annotations", "apf.kubernetes.io/autoupdate-spec"]] == nil
        case "storageclasses.storage.k8s.io": return object.text(at: "provisioner") != "swkube.dev/host-path"
        case "persistentvolumes": return object[["metadata", "annotations", "pv.kubernetes.io/provisioned-by"]] == nil
        default: return true
        }
    }

    /// The object as its makers would write it.
    static func manifest(_ object: JSON) -> JSON {
        var manifest: JSON = object
        manifest["status"] = nil
        for member in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink", "finalizers"] {
            manifest[["metadata", member]] = nil
        }
        for annotation in [
            LastApplied.annotation, "deployment.kubernetes.io/revision", "pv.kubernetes.io/bind-completed",
            "pv.kubernetes.io/bound-by-controller", "volume.kubernetes.io/storage-provisioner", "volume.kubernetes.io/selected-node",
        ] {
            manifest[["metadata", "annotations", annotation]] = nil
        }
        if manifest[["metadata", "annotations"]]?.isEmpty == true { manifest[["metadata", "annotations"]] = nil }
        switch object["kind"]?.string {
        // Addresses are given by each cluster; headless stays headless.
        case "Service" where object[["spec", "clusterIP"]] != "None":
            manifest[["spec", "clusterIP"]] = nil
            manifest[["spec", "clusterIPs"]] = nil
        case "PersistentVolumeClaim": manifest[["spec", "volumeName"]] = nil
        case "Pod": manifest[["spec", "nodeName"]] = nil
        case "Job":
            // The selector and labels of a job are made by the cluster unless its maker says that they are his.
            guard object[["spec", "manualSelector"]] != true else { break }
            manifest[["spec", "selector"]] = nil
            for label in ["controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name"] {
                manifest[["spec", "template", "metadata", "labels", label]] = nil
                manifest[["metadata", "labels", label]] = nil
            }
        default: break
        }
        return manifest
    }
}
