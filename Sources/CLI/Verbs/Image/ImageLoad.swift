import Cluster
import Images

/// `image load`: takes images out of an archive.
package struct ImageLoad: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "image load", abstract: "Load images from an archive.",
        usage: "swkube image load FILE|- [--name=NAME] [--cluster=NAME]",
        discussion: """
            Reads what docker save, podman save and skopeo write (docker-archive and oci-archive), packed with gzip or zstd or not at all; \
            - is standard input.

            \tdocker save web:1 | swkube image load -
            """)

    @Argument(help: "The archive; - for standard input.", value: "file")
    var file: String

    @Option("name", help: "Name for an image that the archive gives none, or instead of its own.", value: "name")
    var name: String?

    @OptionGroup var selection: ClusterSelection

    package init() {}

    package func runLocally(in shell: Shell) throws {
        let store: ImageStore = try selection.profile(shell).imageStore()
        let reference: ImageReference? = try name.map { try ImageReference($0) }
        let loader = ArchiveLoader(store, platform: ClusterProfile.platform, name: reference)
        for image in try file == "-" ? loader.load(fd: 0) : loader.load(path: file) {
            let names: String = image.tags.isEmpty ? image.id.description : image.tags.joined(separator: ", ")
            shell.output.line("Loaded image: \(names)")
        }
    }
}
