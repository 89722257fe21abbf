import Machinery

/// What the command line says in place of the kubeconfig; nil is not said.
package struct AccessOverrides: Sendable {
    package var context: String?
    package var cluster: String?
    package var user: String?
    package var namespace: String?
    package var server: String?
    package var token: String?
    package var username: String?
    package var password: String?
    package var certificateAuthority: String?
    package var clientCertificate: String?
    package var clientKey: String?
    package var tlsServerName: String?
    package var insecureSkipTLSVerify = false
    package var impersonatedUser: String?
    package var impersonatedUID: String?
    package var impersonatedGroups: [String] = []

    package init() {}
}

/// How to reach one cluster and who to be there: all that a transport needs.
package struct ClusterAccess: Sendable {
    package var server: ServerAddress
    package var caPEM: String?
    package var serverName: String?
    package var insecureSkipVerify: Bool
    package var certificatePEM: String?
    package var keyPEM: String?
    /// Value of the `Authorization` header.
    package var authorization: String?
    package var impersonatedUser: String?
    package var impersonatedUID: String?
    package var impersonatedGroups: [String] = []
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
        if context == nil, overrides.context != nil { throw KubeconfigError("context \"\(contextName)\" does not exist") }
        if context == nil, !contextName.isEmpty, overrides.server == nil {
            throw KubeconfigError("context was not found for specified context: \(contextName)")
        }
        let clusterName: String = overrides.cluster ?? context?["cluster"]?.string ?? ""
        let cluster: JSON? = config[.clusters, clusterName]
        if cluster == nil, overrides.cluster != nil { throw KubeconfigError("cluster \"\(clusterName)\" does not exist") }
        if cluster == nil, !clusterName.isEmpty, overrides.server == nil {
            throw KubeconfigError("cluster \"\(clusterName)\" of context \"\(contextName)\" is not in the kubeconfig")
        }
        let userName: String = overrides.user ?? context?["user"]?.string ?? ""
        let user: JSON? = config[.users, userName]
        if user == nil, overrides.user != nil { throw KubeconfigError("auth info \"\(userName)\" does not exist") }

        namespace = overrides.namespace ?? context?["namespace"]?.string ?? "default"
        if namespace.isEmpty { namespace = "default" }
        caPEM = try Self.pem(cluster, "certificate-authority", overrides.certificateAuthority)
        certificatePEM = try Self.pem(user, "client-certificate", overrides.clientCertificate)
        keyPEM = try Self.pem(user, "client-key", overrides.clientKey)
        insecureSkipVerify = overrides.insecureSkipTLSVerify || cluster?["insecure-skip-tls-verify"]?.bool == true
        if insecureSkipVerify, caPEM != nil, overrides.insecureSkipTLSVerify { caPEM = nil }
        serverName = overrides.tlsServerName ?? cluster?["tls-server-name"]?.string
        let prefersTLS: Bool = caPEM != nil || certificatePEM != nil || insecureSkipVerify
        server = try ServerAddress(overrides.server ?? cluster?["server"]?.string ?? "http://localhost:8080", prefersTLS: prefersTLS)
        authorization = try Self.authorization(user, userName, overrides)
        impersonatedUser = overrides.impersonatedUser ?? user?["as"]?.string
        impersonatedUID = overrides.impersonatedUID ?? user?["as-uid"]?.string
        impersonatedGroups = overrides.impersonatedGroups
        if impersonatedGroups.isEmpty { impersonatedGroups = (user?["as-groups"]?.array ?? []).compactMap(\.string) }
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

    private static func authorization(
        _ user: JSON?, _ name: String, _ overrides: AccessOverrides
    ) throws(KubeconfigError) -> String? {
        if let token = overrides.token { return "Bearer " + token }
        if let username = overrides.username ?? user?["username"]?.string, !username.isEmpty {
            let password: String = overrides.password ?? user?["password"]?.string ?? ""
            return "Basic " + Base64Text.encode(Array("\(username):\(password)".utf8))
        }
        if let path = user?["tokenFile"]?.string, !path.isEmpty { return "Bearer " + trimmed(try text(path)) }
        if let token = user?["token"]?.string, !token.isEmpty { return "Bearer " + token }
        for plugin in ["exec", "auth-provider"] where user?[plugin].map({ !$0.isNull }) == true {
            throw KubeconfigError(
                "user \"\(name)\" of the kubeconfig gets its credentials from a program (\(plugin)), which swkube cannot run yet; "
                    + "give --token or a client certificate")
        }
        return nil
    }

    /// The text of `NAME-data` (base64), or of the file that `NAME` or the flag names; the data wins over the file's name.
    private static func pem(_ entry: JSON?, _ member: String, _ flag: String?) throws(KubeconfigError) -> String? {
        if let flag { return try text(flag) }
        if let data = entry?[member + "-data"]?.string, !data.isEmpty {
            guard let bytes = Base64Text.decode(data) else {
                throw KubeconfigError("\(member)-data of the kubeconfig is no base64")
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        guard let path = entry?[member]?.string, !path.isEmpty else { return nil }
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
