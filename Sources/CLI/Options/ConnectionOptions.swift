import Client
import Machinery

/// Which cluster, which namespace, and who is asking: flags of every verb that talks to a cluster.
package struct ConnectionOptions: FlagGroup {
    @Option("namespace", "n", help: "The namespace to work in.", value: "name")
    var namespace: String?

    @Option("kubeconfig", help: "The kubeconfig file to use.", value: "file")
    var kubeconfig: String?

    @Option("context", help: "The context of the kubeconfig to use.", value: "name")
    var context: String?

    @Option("cluster", help: "The cluster of the kubeconfig to use.", value: "name")
    var cluster: String?

    @Option("user", help: "The user of the kubeconfig to be.", value: "name")
    var user: [String] = []

    @Option("server", "s", help: "Address of the API server.", value: "url")
    var server: String?

    @Option("token", help: "Bearer token to show to the API server.", value: "token")
    var token: String?

    @Option("username", help: "Name for basic authentication.", value: "name")
    var username: String?

    @Option("password", help: "Password for basic authentication.", value: "password")
    var password: String?

    @Option("certificate-authority", help: "File with the CA of the API server.", value: "file")
    var certificateAuthority: String?

    @Option("client-certificate", help: "File with the client's certificate.", value: "file")
    var clientCertificate: String?

    @Option("client-key", help: "File with the key of the client's certificate.", value: "file")
    var clientKey: String?

    @Option("tls-server-name", help: "Name that the server's certificate must bear.", value: "name")
    var tlsServerName: String?

    @Option("proxy-url", help: "Proxy on the way to the server: http:// or socks5://.", value: "url")
    var proxyURL: String?

    @Flag("insecure-skip-tls-verify", help: "Take any certificate of the server. Your connection is not safe then.")
    var insecureSkipTLSVerify = false

    @Option("as", help: "Act as this user.", value: "name")
    var impersonatedUser: String?

    @Option("as-uid", help: "Act as the user with this UID.", value: "uid")
    var impersonatedUID: String?

    @Option("as-group", help: "Act as a member of this group; may be repeated.", value: "group")
    var impersonatedGroups: [String] = []

    @Option("as-user-extra", help: "More about the user to act as; may be repeated.", value: "key=value")
    var impersonatedExtra: [String] = []

    @Option("cache-dir", help: "Where it is kept what servers offer; without it $KUBECACHEDIR or ~/.kube/cache.", value: "folder")
    var cacheFolder: String?

    @Flag("disable-compression", help: "Taken for kubectl's sake: answers come uncompressed.", isHidden: true)
    var disableCompression = false

    @Flag("match-server-version", help: "End with an error when the server has another version.")
    var matchServerVersion = false

    @Option("request-timeout", help: "How long to wait for one answer, such as 5s or 2m; 0 waits without end.", value: "timeout")
    var requestTimeout: String = "0"

    @Option("v", "v", help: "Detail of the log; 6 and more show each request.", value: "int")
    var verbosity: Int = 0

    @Option("vmodule", help: "Taken for kubectl's sake: -v says how much is logged.", isHidden: true)
    var verbosityByModule: String?

    @Option("log-flush-frequency", help: "Taken for kubectl's sake: logs are not kept back.", isHidden: true)
    var logFlushFrequency: String?

    @Flag("warnings-as-errors", help: "End with an error when the server warned.")
    var warningsAsErrors = false

    package init() {}

    var overrides: AccessOverrides {
        var overrides = AccessOverrides()
        overrides.context = Self.given(context)
        overrides.cluster = Self.given(cluster)
        overrides.user = Self.given(user.last)
        overrides.namespace = Self.given(namespace)
        overrides.server = Self.given(server)
        overrides.token = Self.given(token)
        overrides.username = Self.given(username)
        overrides.password = Self.given(password)
        overrides.certificateAuthority = Self.given(certificateAuthority)
        overrides.clientCertificate = Self.given(clientCertificate)
        overrides.clientKey = Self.given(clientKey)
        overrides.tlsServerName = Self.given(tlsServerName)
        overrides.proxyURL = Self.given(proxyURL)
        overrides.insecureSkipTLSVerify = insecureSkipTLSVerify
        overrides.impersonatedUser = Self.given(impersonatedUser)
        overrides.impersonatedUID = Self.given(impersonatedUID)
        overrides.impersonatedGroups = impersonatedGroups
        overrides.impersonatedExtra = impersonatedExtra
        return overrides
    }

    /// The flags as words again, for another command line that means the same cluster; without the namespace.
    var words: [String] {
        let texts: [(String, String?)] = [
            ("kubeconfig", kubeconfig), ("context", context), ("cluster", cluster), ("user", user.last), ("server", server),
            ("token", token),
            ("username", username), ("password", password), ("certificate-authority", certificateAuthority),
            ("client-certificate", clientCertificate), ("client-key", clientKey), ("tls-server-name", tlsServerName),
            ("as", impersonatedUser), ("as-uid", impersonatedUID), ("proxy-url", proxyURL),
        ]
        let lists: [(String, [String])] = [("as-group", impersonatedGroups), ("as-user-extra", impersonatedExtra)]
        return texts.compactMap { name, value in value.map { "--\(name)=\($0)" } }
            + lists.flatMap { name, values in values.map { "--\(name)=\($0)" } }
            + (insecureSkipTLSVerify ? ["--insecure-skip-tls-verify"] : [])
    }

    /// An empty value leaves the kubeconfig's in force.
    private static func given(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    private var givenNamespace: String? { Self.given(namespace) }

    func files(_ shell: Shell) -> KubeconfigFiles { KubeconfigFiles(flag: kubeconfig, environment: shell.environment) }

    /// The cluster that is meant: of the kubeconfig, or, inside a pod without one, the pod's own.
    func access(_ shell: Shell) throws -> ClusterAccess {
        let config: Kubeconfig = try files(shell).load()
        if config.isEmpty, Self.given(server) == nil, var access = try ClusterAccess.inCluster(environment: shell.environment) {
            if let givenNamespace { access.namespace = givenNamespace }
            return access
        }
        var access = try ClusterAccess(config, overrides)
        access.plugin?.policy = shell.preferences.plugins
        return try access.withProxy(of: shell.environment)
    }

    /// nil for no limit. A bare number is seconds.
    func timeout() throws -> Duration? {
        if requestTimeout.isEmpty { return nil }
        if let seconds = Int(requestTimeout), seconds >= 0 { return seconds > 0 ? .seconds(seconds) : nil }
        do {
            let timeout: Duration = try GoDuration.parse(requestTimeout)
            return timeout > .zero ? timeout : nil
        } catch {
            throw Failure(
                "Invalid timeout value. Timeout must be a "
                    + "single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)")
        }
    }

    /// nil where the user has no home.
    private func cache(_ shell: Shell) -> String? {
        let folder: String? = cacheFolder ?? shell.environment("KUBECACHEDIR") ?? shell.environment("HOME").map { $0 + "/.kube/cache" }
        return folder.flatMap { $0.isEmpty ? nil : $0 + "/swkube" }
    }

    /// Ready to ask the cluster; connects with the first request.
    ///
    /// - Parameter keepAlive: silence after which a connection is probed; nil leaves it to the system.
    func session(_ shell: Shell, keepAlive: Duration? = nil) throws -> Session {
        var trace: (@Sendable (String, String, Int, Duration) -> Void)?
        if verbosity >= 6 {
            let output: Output = shell.output
            trace = { method, url, status, took in
                output.note("\(method) \(url) \(status) in \(Int(took.inSeconds * 1000)) milliseconds")
            }
        }
        let access: ClusterAccess = try access(shell).withCredentials()
        let transport = HTTPSTransport(access, userAgent: CLI.program, timeout: try timeout(), keepAlive: keepAlive, trace: trace)
        return Session(
            transport, access: access, shell: shell, isNamespaceGiven: givenNamespace != nil, warningsAreErrors: warningsAsErrors,
            cache: cache(shell).map { DiscoveryCache(folder: $0, server: access.server) })
    }
}
