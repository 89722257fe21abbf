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
    package var proxyURL: String?
    package var insecureSkipTLSVerify = false
    package var impersonatedUser: String?
    package var impersonatedUID: String?
    package var impersonatedGroups: [String] = []
    /// `key=value`
    package var impersonatedExtra: [String] = []

    package init() {}
}

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
        if context == nil, overrides.context != nil { throw KubeconfigError("context was not found for specified context: \(contextName)") }
        if context == nil, !contextName.isEmpty, overrides.server == nil {
            throw KubeconfigError("context was not found for specified context: \(contextName)")
        }
        let clusterName: String = overrides.cluster ?? context?["cluster"]?.string ?? ""
        let cluster: JSON? = config[.clusters, clusterName]
        if cluster == nil, overrides.cluster != nil { throw KubeconfigError("no server found for cluster \"\(clusterName)\"") }
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
        proxyURL = (overrides.proxyURL ?? cluster?["proxy-url"]?.string).flatMap { $0.isEmpty ? nil : $0 }
        if let proxyURL { _ = try ProxyDial(proxyURL) }
        authorization = try Self.authorization(user, userName, overrides)
        if authorization == nil, let entry = user?["exec"], !entry.isNull {
            plugin = ExecCredential(entry: entry, cluster: Self.described(cluster, server))
        }
        impersonatedUser = overrides.impersonatedUser ?? user?["as"]?.string
        impersonatedUID = overrides.impersonatedUID ?? user?["as-uid"]?.string
        impersonatedGroups = overrides.impersonatedGroups
        for pair in overrides.impersonatedExtra {
            let parts: [Substring] = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw KubeconfigError("invalid value \"\(pair)\" for as-user-extra: it must be KEY=VALUE") }
            impersonatedExtra.append((String(parts[0]), String(parts[1])))
        }
        if overrides.impersonatedExtra.isEmpty {
            for member in user?["as-user-extra"]?.object ?? [:] {
                for value in member.value.array ?? [] { impersonatedExtra.append((member.key, value.string ?? "")) }
            }
        }
        if impersonatedGroups.isEmpty { impersonatedGroups = (user?["as-groups"]?.array ?? []).compactMap(\.string) }
    }

    /// The same by the proxy that the environment names, unless the kubeconfig names one.
    package func withProxy(of environment: (String) -> String?) throws(KubeconfigError) -> ClusterAccess {
        guard proxyURL == nil, let url = ProxyDial.url(for: server, environment) else { return self }
        _ = try ProxyDial(url)
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
        if let provider = user?["auth-provider"], !provider.isNull {
            throw KubeconfigError(
                "no Auth Provider found for name \"\(provider["name"]?.string ?? "")\": user \"\(name)\" needs an exec plugin or a token instead"
            )
        }
        return nil
    }

    /// What a credential plugin may know of the cluster.
    private static func described(_ cluster: JSON?, _ server: ServerAddress) -> JSON {
        var described: JSON = ["server": .string("\(server)")]
        for (member, name) in [
            ("tls-server-name", "tls-server-name"), ("insecure-skip-tls-verify", "insecure-skip-tls-verify"),
            ("certificate-authority-data", "certificate-authority-data"), ("proxy-url", "proxy-url"),
        ] {
            if let value = cluster?[member] { described[name] = value }
        }
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
