import Machinery

/// How to reach one cluster and who to be there: all that a transport needs.
package struct ClusterAccess: Sendable {
    package var server: ServerAddress
    package var caPEM: String?
    package var serverName: String?
    /// Proxy on the way to the server; nil goes there straight.
    package var proxyURL: String?
    package var insecureSkipVerify: Bool
    package var certificatePEM: String?
    package var keyPEM: String?
    /// Value of the `Authorization` header.
    package var authorization: String?
    /// Hands out the credentials when they are needed; nil when the kubeconfig holds them.
    package var plugin: ExecCredential?
    package var impersonatedUser: String?
    package var impersonatedUID: String?
    package var impersonatedGroups: [String] = []
    package var impersonatedExtra: [(key: String, value: String)] = []
    /// Of the context; `default` when it names none.
    package var namespace: String

    package init(server: ServerAddress, caPEM: String? = nil, insecureSkipVerify: Bool = false, namespace: String = "default") {
        self.server = server
        self.caPEM = caPEM
        self.insecureSkipVerify = insecureSkipVerify
        self.namespace = namespace
    }

    /// The context that is meant, with the command line's changes. Reads the key files that it names.
    ///
    /// Throws ``KubeconfigError`` for a context, cluster or user that is not there, and for credentials that we cannot use.
    package init(_ config: Kubeconfig, _ overrides: AccessOverrides) throws(KubeconfigError) {
        let contextName: String = overrides.context ?? config.currentContext
        let context: JSON? = config[.contexts, contextName]
        if context == nil, overrides.context != nil { throw Self.missing(contextName) }
        if context == nil, !contextName.isEmpty, overrides.server == nil {
            throw Self.missing(contextName)
        }
        let clusterName: String = overrides.cluster ?? context?["cluster"]?.string ?? ""
        let cluster: JSON? = config[.clusters, clusterName]
        if cluster == nil, overrides.cluster != nil {
            throw KubeconfigError(
                "no server found for cluster \"\(clusterName)\"", otherWords: "cluster \"\(clusterName)\" does not exist")
        }
        if cluster == nil, !clusterName.isEmpty, overrides.server == nil {
            throw KubeconfigError("cluster \"\(clusterName)\" of context \"\(contextName)\" is not in the kubeconfig")
        }
        let userName: String = overrides.user ?? context?["user"]?.string ?? ""
        let user: JSON? = config[.users, userName]
        if user == nil, overrides.user != nil { throw KubeconfigError("auth info \"\(userName)\" does not exist") }

        try self.init(
            user: overrides.changed(user: user ?? [:]), named: userName, cluster: overrides.changed(cluster: cluster ?? [:]),
            named: clusterName)
        namespace = overrides.namespace ?? context?["namespace"]?.string ?? "default"
        if namespace.isEmpty { namespace = "default" }
    }

    private static func missing(_ context: String) -> KubeconfigError {
        KubeconfigError(
            "Error in configuration: context was not found for specified context: \(context)", isComplete: true,
            otherWords: "context \"\(context)\" does not exist")
    }

    /// What a user and a cluster come to, with the command line's changes.
    private init(user: JSON, named userName: String, cluster: JSON, named clusterName: String) throws(KubeconfigError) {
        try AccessCheck.check(user: user, named: userName, cluster: cluster, named: clusterName)
        namespace = "default"
        func text(_ entry: JSON, _ member: String) -> String? { entry[member]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        caPEM = try Self.pem(cluster, "certificate-authority")
        insecureSkipVerify = cluster["insecure-skip-tls-verify"] == true
        try AccessCheck.check(authority: caPEM, insecureSkipVerify: insecureSkipVerify)
        serverName = text(cluster, "tls-server-name")
        proxyURL = text(cluster, "proxy-url")
        let certificate: String? = try Self.pem(user, "client-certificate")
        let prefersTLS: Bool = caPEM != nil || certificate != nil || insecureSkipVerify
        server = try ServerAddress(text(cluster, "server") ?? "http://localhost:8080", prefersTLS: prefersTLS)
        // Secrets do not go over the wire in the clear, nor are they asked for.
        if server.isTLS {
            certificatePEM = certificate
            if certificate != nil { keyPEM = try Self.pem(user, "client-key") }
            try AccessCheck.check(certificate: certificatePEM, key: keyPEM)
            authorization = try Self.authorization(user)
            if authorization == nil, let entry = user["exec"], !entry.isNull {
                plugin = try ExecCredential(entry: entry, cluster: Self.described(cluster, server, caPEM))
            }
        }
        impersonatedUser = text(user, "as")
        impersonatedUID = text(user, "as-uid")
        impersonatedGroups = (user["as-groups"]?.array ?? []).compactMap(\.string)
        for member in user["as-user-extra"]?.object ?? [:] {
            for value in member.value.array ?? [] { impersonatedExtra.append((member.key, value.string ?? "")) }
        }
    }

    /// The same by the proxy that the environment names, unless the kubeconfig names one.
    package func withProxy(of environment: (String) -> String?) throws(KubeconfigError) -> ClusterAccess {
        guard proxyURL == nil, let url = ProxyDial.url(for: server, environment) else { return self }
        do { _ = try ProxyDial(url) } catch { throw KubeconfigError("invalid proxy URL \(JSON.quoted(url)): \(error)") }
        var access: ClusterAccess = self
        access.proxyURL = url
        return access
    }

    /// What a pod finds in its environment and its service account volume; nil outside of pods.
    package static func inCluster(environment: (String) -> String?) throws(KubeconfigError) -> ClusterAccess? {
        let folder: String = "/var/run/secrets/kubernetes.io/serviceaccount"
        guard let host = environment("KUBERNETES_SERVICE_HOST"), let port = environment("KUBERNETES_SERVICE_PORT").flatMap({ Int($0) }),
            !host.isEmpty, LocalFile.exists(folder + "/token")
        else { return nil }
        var access = ClusterAccess(server: ServerAddress(isTLS: true, host: host, port: port))
        access.caPEM = try Self.text(folder + "/ca.crt")
        access.authorization = "Bearer " + trimmed(try Self.text(folder + "/token"))
        if let namespace = try? Self.text(folder + "/namespace") { access.namespace = trimmed(namespace) }
        return access
    }

    private static func authorization(_ user: JSON) throws(KubeconfigError) -> String? {
        func value(_ member: String) -> String { user[member]?.string ?? "" }
        if !value("username").isEmpty || !value("password").isEmpty {
            return "Basic " + Base64Text.encode(Array("\(value("username")):\(value("password"))".utf8))
        }
        if !value("tokenFile").isEmpty { return "Bearer " + trimmed(try text(value("tokenFile"))) }
        if !value("token").isEmpty { return "Bearer " + value("token") }
        guard let provider = user["auth-provider"], !provider.isNull else { return nil }
        throw AccessCheck.provider(provider["name"]?.string ?? "")
    }

    /// What a credential plugin may know of the cluster.
    private static func described(_ cluster: JSON, _ server: ServerAddress, _ caPEM: String?) -> JSON {
        var described: JSON = ["server": .string("\(server)")]
        for member in ["tls-server-name", "insecure-skip-tls-verify"] { described[member] = cluster[member] }
        described["certificate-authority-data"] = caPEM.map { .string(Base64Text.encode(Array($0.utf8))) }
        described["proxy-url"] = cluster["proxy-url"]
        described["config"] = .null
        return described
    }

    /// With the credentials of the plugin, which runs now. Throws ``TransportError`` when it fails.
    package func withCredentials() throws(TransportError) -> ClusterAccess {
        guard let plugin else { return self }
        let credentials: ExecCredential.Credentials = try plugin.credentials()
        var access: ClusterAccess = self
        access.plugin = nil
        if let token = credentials.token { access.authorization = "Bearer " + token }
        if let certificate = credentials.certificatePEM {
            access.certificatePEM = certificate
            access.keyPEM = credentials.keyPEM
        }
        return access
    }

    /// The text of `NAME-data` (base64), or of the file that `NAME` names; the data win over the file's name.
    private static func pem(_ entry: JSON, _ member: String) throws(KubeconfigError) -> String? {
        if let data = entry[member + "-data"]?.string, !data.isEmpty {
            guard let bytes = Base64Text.decode(data) else { throw KubeconfigError("\(member)-data of the kubeconfig is no base64") }
            return String(decoding: bytes, as: UTF8.self)
        }
        guard let path = entry[member]?.string, !path.isEmpty else { return nil }
        do { return String(decoding: try LocalFile.read(path), as: UTF8.self) } catch {
            throw KubeconfigError("unable to read \(member) \(path): \(error)")
        }
    }

    private static func text(_ path: String) throws(KubeconfigError) -> String {
        do { return String(decoding: try LocalFile.read(path), as: UTF8.self) } catch { throw KubeconfigError("\(error)") }
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
