import API
import Client
import Machinery

/// `cluster-info dump`: everything that helps to find out what is wrong, for people who were not there.
package struct ClusterInfoDump: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "cluster-info dump", abstract: "Write out nodes, workloads, events and logs.",
        usage: "swkube cluster-info dump [--output-directory=FOLDER] [flags]")

    @Flag("all-namespaces", "A", help: "All namespaces.")
    var allNamespaces = false

    @Option("namespaces", help: "Namespaces; kube-system and the current one unless said.", value: "names")
    var namespaces: [String] = []

    @Option("output-directory", help: "Write files below this folder.", value: "folder")
    var folder: String?

    @Option("pod-running-timeout", help: "How long to wait for a pod's logs.", value: "duration")
    var timeout = Span(.seconds(20))

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    private static let lists: [(kind: any Kind.Type, file: String)] = [
        (Event.self, "events"), (ReplicationController.self, "replication-controllers"), (Service.self, "services"),
        (DaemonSet.self, "daemonsets"), (Deployment.self, "deployments"), (ReplicaSet.self, "replicasets"), (Pod.self, "pods"),
    ]

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        var printing: PrintOptions = printing
        if printing.output?.isEmpty != false { printing.output = "json" }
        let format: OutputFormat = try printing.format()
        let suffix: String = { if case .yaml = format { ".yaml" } else { ".json" } }()
        let writer = DumpWriter(
            folder: folder.flatMap { $0.isEmpty || $0 == "-" ? nil : $0 }, format: format, suffix: suffix, output: shell.output)
        try writer.write(try await session.send(APIRequest(.list, Node.names.resource)), "nodes")
        var places: [String] = namespaces.flatMap { $0.split(separator: ",").map(String.init) }
        if allNamespaces {
            places = try await session.send(APIRequest(.list, Namespace.names.resource)).list("items").map {
                $0.text(at: "metadata", "name")
            }
        } else if places.isEmpty {
            places = ["kube-system", session.namespace]
        }
        for place in places {
            for (kind, file) in Self.lists {
                let list: JSON = try await session.send(APIRequest(.list, kind.names.resource, namespace: place))
                try writer.write(list, place + "/" + file)
                if kind.names.kind == "Pod" { try await logs(of: list.list("items"), place, writer, session) }
            }
        }
        if let folder = writer.folder { shell.output.line("Cluster info dumped to \(folder)") }
        try session.finish()
    }

    private func logs(of pods: [JSON], _ namespace: String, _ writer: DumpWriter, _ session: Session) async throws {
        for pod in pods {
            let name: String = pod.text(at: "metadata", "name")
            var bytes: [UInt8] = []
            for container in pod.list("spec", "initContainers") + pod.list("spec", "containers") {
                let title: String = "logs for container \(container.text(at: "name")) of pod \(namespace)/\(name)"
                bytes += Array("==== START \(title) ====\n".utf8)
                var request = APIRequest(.get, Pod.names.resource, namespace: namespace, name: name, subresource: "log")
                request.options.other.append(("container", container.text(at: "name")))
                do { bytes += try await session.response(request).body } catch let status as APIStatus {
                    bytes += Array("Request log error: \(status.message)\n".utf8)
                }
                bytes += Array("==== END \(title) ====\n".utf8)
            }
            try writer.write(bytes, "\(namespace)/\(name)/logs.txt")
        }
    }
}

/// Where a dump goes: files below a folder, or standard output.
private struct DumpWriter {
    /// nil for standard output.
    let folder: String?
    let format: OutputFormat
    let suffix: String
    let output: Output

    func write(_ object: JSON, _ name: String) throws {
        if case .name = format {
            throw Failure("list types are not supported by name printing: *v1.\(object["kind"]?.string ?? "List")")
        }
        let text: String
        if case .yaml = format {
            text = YAML.write(ObjectPrinter.withoutManagedFields(object), sortedKeys: true)
        } else {
            text = ObjectPrinter.withoutManagedFields(object).sortedByKey.text(.kubectl) + "\n"
        }
        try write(Array(text.utf8), name + suffix)
    }

    func write(_ bytes: [UInt8], _ file: String) throws {
        guard let folder else { return output.write(bytes) }
        let path: String = folder + "/" + file
        try LocalFile.makeFolder(LocalFile.parent(of: path))
        try LocalFile.replace(path, with: bytes)
    }
}
