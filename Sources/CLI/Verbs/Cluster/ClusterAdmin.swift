import API
import Client
import Cluster
import Machinery

/// The administrator's way to a cluster of this machine, whatever the kubeconfig says.
struct ClusterAdmin {
    private let transport: HTTPSTransport

    /// - Parameter timeout: of one answer.
    init(_ profile: ClusterProfile, _ cluster: RunningCluster, timeout: Duration = .seconds(10)) throws {
        let admin = try ClusterCredentials.admin(profile)
        var access = ClusterAccess(server: ServerAddress(isTLS: true, host: "127.0.0.1", port: cluster.port), caPEM: admin.caPEM)
        access.certificatePEM = admin.certificatePEM
        access.keyPEM = admin.keyPEM
        transport = HTTPSTransport(access, userAgent: CLI.program, timeout: timeout)
    }

    /// What the cluster counts, as Prometheus reads it.
    func metrics() async throws -> String {
        String(decoding: try await transport.raw("/metrics", accept: "text/plain").body, as: UTF8.self)
    }

    func run(_ command: ClusterCommand, _ body: JSON = [:]) async throws -> JSON {
        try JSON(parsing: try await transport.raw("POST", command.path, body.serialized()).body)
    }
}

extension ClusterSelection {
    /// The cluster, which has to run. Throws what to do when it does not.
    func running(_ shell: Shell) throws -> (profile: ClusterProfile, cluster: RunningCluster) {
        let profile: ClusterProfile = try profile(shell)
        switch profile.state {
        case .running(let cluster): return (profile, cluster)
        case .absent: throw Failure("there is no cluster \(profile.name) in \(profile.folder). Start one: swkube start")
        case .stopped, .died: throw Failure("cluster \(profile.name) does not run. Start it: swkube start --cluster \(profile.name)")
        }
    }
}
