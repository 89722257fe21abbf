import ArgumentParser
import Client
import Machinery

/// Which cluster, which namespace, and who is asking: flags of every verb that talks to a cluster.
package struct ConnectionOptions: ParsableArguments, Sendable {
    @Option(name: [.customShort("n"), .customLong("namespace")], help: ArgumentHelp("The namespace to work in.", valueName: "name"))
    var namespace: String?

    @Option(help: ArgumentHelp("The kubeconfig file to use.", valueName: "file"))
    var kubeconfig: String?

    @Option(help: ArgumentHelp("The context of the kubeconfig to use.", valueName: "name"))
    var context: String?

    @Option(help: ArgumentHelp("The cluster of the kubeconfig to use.", valueName: "name"))
    var cluster: String?

    @Option(help: ArgumentHelp("The user of the kubeconfig to be.", valueName: "name"))
    var user: [String] = []

    @Option(name: [.customShort("s"), .customLong("server")], help: ArgumentHelp("Address of the API server.", valueName: "url"))
    var server: String?

    @Option(help: ArgumentHelp("Bearer token to show to the API server.", valueName: "token"))
    var token: String?

    @Option(help: ArgumentHelp("Name for basic authentication.", valueName: "name"))
    var username: String?

    @Option(help: ArgumentHelp("Password for basic authentication.", valueName: "password"))
    var password: String?

    @Option(name: .customLong("certificate-authority"), help: ArgumentHelp("File with the CA of the API server.", valueName: "file"))
    var certificateAuthority: String?

    @Option(name: .customLong("client-certificate"), help: ArgumentHelp("File with the client's certificate.", valueName: "file"))
    var clientCertificate: String?

    @Option(name: .customLong("client-key"), help: ArgumentHelp("File with the key of the client's certificate.", valueName: "file"))
    var clientKey: String?

    @Option(name: .customLong("tls-server-name"), help: ArgumentHelp("Name that the server's certificate must bear.", valueName: "name"))
    var tlsServerName: String?

    @Option(name: .customLong("proxy-url"), help: ArgumentHelp("Proxy on the way to the server: http:// or socks5://.", valueName: "url"))
    var proxyURL: String?

    @Flag(name: .customLong("insecure-skip-tls-verify"), help: "Take any certificate of the server. Your connection is not safe then.")
    var insecureSkipTLSVerify = false

    @Option(name: .customLong("as"), help: ArgumentHelp("Act as this user.", valueName: "name"))
    var impersonatedUser: String?

    @Option(name: .customLong("as-uid"), help: ArgumentHelp("Act as the user with this UID.", valueName: "uid"))
    var impersonatedUID: String?

    @Option(name: .customLong("as-group"), help: ArgumentHelp("Act as a member of this group; may be repeated.", valueName: "group"))
    var impersonatedGroups: [String] = []

    @Option(
        name: .customLong("as-user-extra"), help: ArgumentHelp("More about the user to act as; may be repeated.", valueName: "key=value"))
    var impersonatedExtra: [String] = []

    @Option(
        name: .customLong("cache-dir"),
        help: ArgumentHelp("Where it is kept what servers offer; without it $KUBECACHEDIR or ~/.kube/cache.", valueName: "folder"))
    var cacheFolder: String?

    @Flag(
        name: .customLong("disable-compression"), inversion: .prefixedNo,
        help: ArgumentHelp("Taken for kubectl's sake: answers come uncompressed.", visibility: .hidden))
    var disableCompression = false

    @Flag(
        name: .customLong("match-server-version"), inversion: .prefixedNo, help: "End with an error when the server has another version.")
    var matchServerVersion = false

    @Option(
        name: .customLong("request-timeout"),
        help: ArgumentHelp("How long to wait for one answer, such as 5s or 2m; 0 waits without end.", valueName: "timeout"))
    var requestTimeout: String = "0"

    @Option(
        name: [.customShort("v"), .customLong("v")],
        help: ArgumentHelp("Detail of the log; 6 and more show each request.", valueName: "int"))
    var verbosity: Int = 0

    @Option(name: .customLong("vmodule"), help: ArgumentHelp("Taken for kubectl's sake: -v says how much is logged.", visibility: .hidden))
    var verbosityByModule: String?

    @Option(
        name: .customLong("log-flush-frequency"),
        help: ArgumentHelp("Taken for kubectl's sake: logs are not kept back.", visibility: .hidden))
    var logFlushFrequency: String?

    @Flag(name: .customLong("warnings-as-errors"), help: "End with an error when the server warned.")
    var warningsAsErrors = false

    package init() {}

    /// These flags alone, as kubectl's users write them.
    static func dialect() throws -> FlagDialect { try FlagDialect(dump: _dumpHelp(), verb: "help") }

    var overrides: AccessOverrides {
        var overrides = AccessOverrides()
        overrides.context = context
        overrides.cluster = cluster
        overrides.user = user.last
        overrides.namespace = namespace
        overrides.server = server
        overrides.token = token
        overrides.username = username
        overrides.password = password
        overrides.certificateAuthority = certificateAuthority
        overrides.clientCertificate = clientCertificate
        overrides.clientKey = clientKey
        overrides.tlsServerName = tlsServerName
        overrides.proxyURL = proxyURL
        overrides.insecureSkipTLSVerify = insecureSkipTLSVerify
        overrides.impersonatedUser = impersonatedUser
        overrides.impersonatedUID = impersonatedUID
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

    func files(_ shell: Shell) -> KubeconfigFiles { KubeconfigFiles(flag: kubeconfig, environment: shell.environment) }

    /// The cluster that is meant: of the kubeconfig, or, inside a pod without one, the pod's own.
    func access(_ shell: Shell) throws -> ClusterAccess {
        let config: Kubeconfig = try files(shell).load()
        if config.isEmpty, server == nil, var access = try ClusterAccess.inCluster(environment: shell.environment) {
            if let namespace { access.namespace = namespace }
            return access
        }
        var access = try ClusterAccess(config, overrides)
        access.plugin?.policy = shell.preferences.plugins
        return try access.withProxy(of: shell.environment)
    }

    /// nil for no limit. A bare number is seconds.
    func timeout() throws -> Duration? {
        if let seconds = Int(requestTimeout) { return seconds > 0 ? .seconds(seconds) : nil }
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
            transport, access: access, shell: shell, isNamespaceGiven: namespace != nil, warningsAreErrors: warningsAsErrors,
            cache: cache(shell).map { DiscoveryCache(folder: $0, server: access.server) })
    }
}
