import Client
import Cluster
import Machinery

/// The entries of a cluster in a kubeconfig; everything else in the file stays as it is.
struct ClusterContext {
    private let profile: ClusterProfile

    init(_ profile: ClusterProfile) { self.profile = profile }

    /// Makes or renews cluster, user and context, and makes the context the current one.
    func write(server: String, to files: KubeconfigFiles) throws {
        let name: String = profile.contextName
        let (ca, certificate, key): (String, String, String) = try ClusterCredentials.admin(profile)
        func encoded(_ text: String) -> JSON { .string(Base64Text.encode(Array(text.utf8))) }
        try files.set(.clusters, name, ["server": .string(server), "certificate-authority-data": encoded(ca)])
        try files.set(.users, name, ["client-certificate-data": encoded(certificate), "client-key-data": encoded(key)])
        var context: JSON = try files.load()[.contexts, name] ?? [:]
        context["cluster"] = .string(name)
        context["user"] = .string(name)
        try files.set(.contexts, name, context)
        try files.setCurrentContext(name)
    }

    /// Takes the entries out, and the current context if it is this one.
    func remove(from files: KubeconfigFiles) throws {
        let name: String = profile.contextName
        for section in Kubeconfig.Section.allCases {
            guard let file = try files.file(of: section, name) else { continue }
            try files.edit(file) { config in config[section, name] = nil }
        }
        if try files.load().currentContext == name { try files.setCurrentContext("") }
    }
}
