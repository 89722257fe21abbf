import API
import Client
import Machinery

/// `cluster-info`: where the cluster's services are.
package struct ClusterInfo: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "cluster-info", abstract: "Show where the cluster's services are.", usage: "swkube cluster-info [flags]")

    @Argument(isHidden: true)
    var words: [String] = []

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        let services: JSON = try await session.send(
            APIRequest(
                .list, Service.names.resource, namespace: "kube-system",
                options: RequestOptions { $0.labelSelector = "kubernetes.io/cluster-service=true" }))
        shell.output.line("Kubernetes control plane is running at \(session.access.server)")
        for service in services["items"]?.array ?? [] {
            let name: String = service[["metadata", "name"]]?.string ?? ""
            let shown: String = service[["metadata", "labels", "kubernetes.io/name"]]?.string ?? name
            let port: String = service[["spec", "ports"]]?.array?.first.flatMap { $0["name"]?.string }.map { ":" + $0 } ?? ""
            shell.output.line("\(shown) is running at \(session.access.server)/api/v1/namespaces/kube-system/services/\(name)\(port)/proxy")
        }
        shell.output.line("\nTo further debug and diagnose cluster problems, use '\(CLI.program) cluster-info dump'.")
        try session.finish()
    }
}
