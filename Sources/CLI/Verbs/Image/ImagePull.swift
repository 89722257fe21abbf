import Client
import Cluster
import Images

/// `image pull`: fetches an image from its registry.
package struct ImagePull: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "image pull", abstract: "Fetch an image from a registry.",
        usage: "swkube image pull IMAGE [--auth-file=FILE] [--cluster=NAME]",
        discussion: """
            Who asks says Docker's configuration: --auth-file, else $DOCKER_CONFIG/config.json, else ~/.docker/config.json. Registries are \
            spoken to over HTTPS; those of this machine over plain HTTP.
            """)

    @Argument(help: "Name of the image, such as docker.io/library/nginx:1.27.", value: "image")
    var image: String

    @Option("auth-file", help: "File with credentials for registries, in Docker's form.", value: "file")
    var authFile: String?

    @OptionGroup var selection: ClusterSelection

    package init() {}

    package func run(in shell: Shell) async throws {
        let store: ImageStore = try selection.profile(shell).imageStore()
        let puller = ImagePuller(store, platform: ClusterProfile.platform)
        let (reference, keyring): (ImageReference, Keyring) = (try ImageReference(image), try keyring(shell))
        let pulled: StoredImage = try await Progress.during(shell, { "pulling \(image)" }) {
            try await puller.pull(reference, keyring: keyring)
        }
        shell.output.line("Pulled image: \(pulled.tags.last ?? image)\nDigest: \(pulled.digests.last ?? pulled.manifest.description)")
    }

    private func keyring(_ shell: Shell) throws -> Keyring {
        var keyring = Keyring()
        if let authFile {
            guard keyring.add(try LocalFile.read(authFile)) else { throw Failure("\(authFile) holds no credentials in Docker's form") }
            return keyring
        }
        let folder: String = shell.environment("DOCKER_CONFIG") ?? (shell.environment("HOME") ?? "") + "/.docker"
        if LocalFile.exists(folder + "/config.json") { keyring.add(try LocalFile.read(folder + "/config.json")) }
        return keyring
    }
}
