import API
import Client
import Machinery

/// A Secret from keys and values.
private func secret(_ name: String, type: String?, _ values: [(key: String, value: [UInt8])]) -> JSON {
    var object: JSON = Secret.new(name).json
    for (key, value) in values { object[["data", key]] = .string(Base64Text.encode(value)) }
    if let type { object["type"] = .string(type) }
    return object
}

/// `create secret generic`
package struct CreateSecretGeneric: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create secret generic", abstract: "Make a Secret from files and values.",
        usage: "swkube create secret generic NAME [--type=TYPE] [--from-file=[key=]path] [--from-literal=key=value] [flags]")

    @OptionGroup var naming: NameArgument

    @Option("type", help: "Type of the Secret.", value: "type")
    var type: String?

    @OptionGroup var sources: KeyValueSources
    @OptionGroup var hashing: HashOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        try await creation.create(Secret.names, hashing.named(secret(name, type: type, try sources.values(shell))), shell)
    }
}

/// `create secret tls`
package struct CreateSecretTLS: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create secret tls", abstract: "Make a Secret of a certificate and its key.",
        usage: "swkube create secret tls NAME --cert=FILE --key=FILE [flags]")

    @OptionGroup var naming: NameArgument

    @Option("cert", help: "File with the certificate, PEM.", value: "file")
    var cert: String?

    @Option("key", help: "File with the private key, PEM.", value: "file")
    var key: String?

    @OptionGroup var hashing: HashOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        guard let cert, let key else { throw Failure("key and cert must be specified") }
        let values: [(key: String, value: [UInt8])] = [("tls.crt", try Self.bytes(cert)), ("tls.key", try Self.bytes(key))]
        for (file, value, what) in [(cert, values[0].value, "certificate"), (key, values[1].value, "key")]
        where !String(decoding: value, as: UTF8.self).contains("-----BEGIN ") {
            throw Failure(
                CLI.isKubectl
                    ? "tls: failed to find any PEM data in \(what) input"
                    : "\(file) holds no PEM data; give a file that begins with -----BEGIN")
        }
        try await creation.create(Secret.names, hashing.named(secret(name, type: "kubernetes.io/tls", values)), shell)
    }
}

extension CreateSecretTLS {
    private static func bytes(_ path: String) throws -> [UInt8] {
        do { return try LocalFile.read(path) } catch { throw Failure("Cannot read file \(path), \(error)") }
    }
}

/// `create secret` alone: says which verbs it has.
package struct CreateSecret: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "create secret", abstract: "Make a Secret.", usage: "swkube create secret VERB NAME [flags]")

    @Argument(help: "docker-registry, generic or tls.", value: "verb")
    package var words: [String] = []

    package init() {}
}

/// `create secret docker-registry`
package struct CreateSecretDockerRegistry: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create secret docker-registry", abstract: "Make a Secret that opens a registry of images.",
        usage: "swkube create secret docker-registry NAME --docker-username=NAME --docker-password=PASSWORD [flags]")

    @OptionGroup var naming: NameArgument

    @Option("docker-server", help: "Address of the registry.", value: "url")
    var server = "https://index.docker.io/v1/"

    @Option("docker-username", help: "Name at the registry.", value: "name")
    var username: String?

    @Option("docker-password", help: "Password at the registry.", value: "password")
    var password: String?

    @Option("docker-email", help: "Mail address at the registry.", value: "address")
    var email: String?

    @Option("from-file", help: "A file as ~/.docker/config.json.", value: "[.dockerconfigjson=]path")
    var file: String?

    @OptionGroup var hashing: HashOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        let bytes: [UInt8]
        if let file {
            let path: String = file.hasPrefix(".dockerconfigjson=") ? String(file.dropFirst(18)) : file
            do { bytes = try LocalFile.read(path) } catch { throw Failure("error reading \(path): \(error.reason)") }
        } else {
            guard let username, let password else {
                throw Failure(
                    "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required")
            }
            var entry: JSON = ["username": .string(username), "password": .string(password)]
            if let email, !email.isEmpty { entry["email"] = .string(email) }
            entry["auth"] = .string(Base64Text.encode(Array("\(username):\(password)".utf8)))
            let document: JSON = .object(JSONObject([("auths", .object(JSONObject([(server, entry)])))]))
            bytes = document.serialized()
        }
        try await creation.create(
            Secret.names, hashing.named(secret(name, type: "kubernetes.io/dockerconfigjson", [(".dockerconfigjson", bytes)])), shell)
    }
}
