import Client
import Machinery

private let fileMembers: Set<String> = ["certificate-authority", "client-certificate", "client-key"]

/// Sets or removes members of one entry; what is not said stays.
private func set(
    _ section: Kubeconfig.Section, _ name: String, _ changes: [(member: String, value: JSON?)], _ files: KubeconfigFiles
) throws -> Bool {
    let old: JSON? = try files.load()[section, name]
    let path: String = try files.file(of: section, name) ?? files.fileForNewEntries
    try files.edit(path) { config in
        var entry: JSON = config[section, name] ?? [:]
        for member in section.required where entry[member] == nil { entry[member] = "" }
        let folder: String = LocalFile.parent(of: LocalFile.absolute(path)) + "/"
        for (member, value) in changes {
            // Files in or below the kubeconfig's folder are named from there.
            let isBelow: Bool = fileMembers.contains(member) && value?.string?.hasPrefix(folder) == true
            entry[member] = isBelow ? value?.string.map { .string(String($0.dropFirst(folder.count))) } : value
        }
        config[section, name] = entry
    }
    return old == nil
}

extension Kubeconfig.Section {
    /// Members that an entry has even where nothing is said.
    fileprivate var required: [String] {
        switch self {
        case .clusters: ["server"]
        case .users: []
        case .contexts: ["cluster", "user"]
        }
    }
}

/// The bytes of a file as base64, or its path.
private func file(_ path: String, _ member: String, embedded: Bool) throws -> [(member: String, value: JSON?)] {
    guard embedded else {
        return [(member, .string(path.isEmpty ? "" : LocalFile.absolute(path))), (member + "-data", nil)]
    }
    let bytes: [UInt8]
    do { bytes = try LocalFile.read(path) } catch {
        throw Failure(
            error.isMissing
                ? "could not stat \(member) file \(path): stat \(path): \(error.reason)" : "could not read \(member) data: \(error)")
    }
    return [(member + "-data", .string(Base64Text.encode(bytes))), (member, nil)]
}

/// `config set-context`
package struct ConfigSetContext: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config set-context", abstract: "Make or change a context.",
        usage: "swkube config set-context (NAME | --current) [--cluster=NAME] [--user=NAME] [--namespace=NAME]")

    @Argument(help: "The context.", value: "name")
    var words: [String] = []

    @Flag("current", help: "Change the current context.")
    var current = false

    @Option("cluster", help: "The cluster of the context.", value: "name")
    var cluster: String?

    @Option("user", help: "The user of the context.", value: "name")
    var user: String?

    @Option("namespace", "n", help: "The namespace of the context.", value: "name")
    var namespace: String?

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        let files: KubeconfigFiles = options.files(shell)
        if words.count > 1 { _ = try ConfigWords.checked(words, 1, Self.commandName) }
        if !words.isEmpty, current { throw Failure("you cannot specify both a context name and --current") }
        let name: String
        if current {
            name = try files.load().currentContext
            if name.isEmpty { throw Failure("no current context is set") }
        } else if let given = words.first {
            name = given
        } else {
            throw Failure("you must specify a non-empty context name or --current")
        }
        let given: [(member: String, value: JSON?)] = [
            ("cluster", cluster.map { .string($0) }), ("user", user.map { .string($0) }), ("namespace", namespace.map { .string($0) }),
        ]
        let isNew: Bool = try set(.contexts, name, given.filter { $0.value != nil }, files)
        shell.output.line("Context \(JSON.quoted(name)) \(isNew ? "created" : "modified").")
    }
}

/// `config set-cluster`
package struct ConfigSetCluster: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config set-cluster", abstract: "Make or change a cluster.",
        usage: "swkube config set-cluster NAME [--server=URL] [flags]")

    @Argument(help: "The cluster.", value: "name")
    var words: [String] = []

    @Option("server", help: "Address of the API server.", value: "url")
    var server: String?

    @Option("certificate-authority", help: "File with the CA of the API server.", value: "file")
    var certificateAuthority: String?

    @Option("tls-server-name", help: "Name that the server's certificate must bear.", value: "name")
    var tlsServerName: String?

    @Flag("insecure-skip-tls-verify", help: "Take any certificate of the server.")
    var insecureSkipTLSVerify: Bool?

    @Option("proxy-url", help: "Proxy on the way to the server: http:// or socks5://.", value: "url")
    var proxyURL: String?

    @Flag("embed-certs", help: "Write the certificate into the kubeconfig.")
    var embedCerts = false

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        let name: String = try ConfigWords.checked(words, 1, Self.commandName)[0]
        if certificateAuthority?.isEmpty == false, insecureSkipTLSVerify == true {
            throw Failure("you cannot specify a certificate authority and insecure mode at the same time")
        }
        if embedCerts, certificateAuthority?.isEmpty != false {
            throw Failure("you must specify a --certificate-authority to embed")
        }
        var changes: [(member: String, value: JSON?)] = []
        if let server { changes.append(("server", .string(server))) }
        if let proxyURL { changes.append(("proxy-url", proxyURL.isEmpty ? nil : .string(proxyURL))) }
        if let tlsServerName { changes.append(("tls-server-name", .string(tlsServerName))) }
        if let insecureSkipTLSVerify { changes.append(("insecure-skip-tls-verify", .bool(insecureSkipTLSVerify))) }
        if let certificateAuthority { changes += try file(certificateAuthority, "certificate-authority", embedded: embedCerts) }
        _ = try set(.clusters, name, changes, options.files(shell))
        shell.output.line("Cluster \(JSON.quoted(name)) set.")
    }
}

/// `config set-credentials`
package struct ConfigSetCredentials: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config set-credentials", abstract: "Make or change a user.",
        usage: "swkube config set-credentials NAME [--token=TOKEN] [--client-certificate=FILE --client-key=FILE] [flags]")

    @Argument(help: "The user.", value: "name")
    var words: [String] = []

    @Option("token", help: "Bearer token.", value: "token")
    var token: String?

    @Option("client-certificate", help: "File with the client's certificate.", value: "file")
    var clientCertificate: String?

    @Option("client-key", help: "File with the key of the certificate.", value: "file")
    var clientKey: String?

    @Option("username", help: "Name for basic authentication.", value: "name")
    var username: String?

    @Option("password", help: "Password for basic authentication.", value: "password")
    var password: String?

    @Flag("embed-certs", help: "Write certificate and key into the kubeconfig.")
    var embedCerts = false

    @OptionGroup var exec: ExecCredentialOptions
    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        let name: String = try ConfigWords.checked(words, 1, Self.commandName)[0]
        if token != nil, username != nil || password != nil {
            throw Failure("you cannot specify more than one authentication method at the same time: --token, --username/--password")
        }
        if embedCerts, clientCertificate?.isEmpty != false, clientKey?.isEmpty != false {
            throw Failure("you must specify a --client-certificate or --client-key to embed")
        }
        var changes: [(member: String, value: JSON?)] = []
        if let token { changes += [("token", .string(token)), ("username", nil), ("password", nil)] }
        if let username { changes += [("username", .string(username)), ("token", nil)] }
        if let password { changes += [("password", .string(password)), ("token", nil)] }
        if let clientCertificate { changes += try file(clientCertificate, "client-certificate", embedded: embedCerts) }
        if let clientKey { changes += try file(clientKey, "client-key", embedded: embedCerts) }
        let files: KubeconfigFiles = options.files(shell)
        changes += try exec.changes(to: try files.load()[.users, name] ?? [:])
        _ = try set(.users, name, changes, files)
        shell.output.line("User \(JSON.quoted(name)) set.")
    }
}
