import Cluster
import Images
import Machinery

/// `image ls`: the images that a cluster holds.
package struct ImageList: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "image ls", abstract: "List images.", usage: "swkube image ls [-o json] [--cluster=NAME]", aliases: ["image list"])

    @Option("output", "o", help: "Form of output: json.", value: "format")
    var output: String?

    @OptionGroup var selection: ClusterSelection

    package init() {}

    package func runLocally(in shell: Shell) throws {
        if let output, output != "json" { throw Failure("--output must be 'json'") }
        let images: [StoredImage] = try selection.profile(shell).imageStore().images()
        if output != nil { return shell.output.line(JSON.array(images.map(\.json)).text(.kubectl)) }
        var writer = TabWriter.table
        writer.line(["IMAGE", "TAG", "IMAGE ID", "AGE", "SIZE"])
        let rows: [(String, String, StoredImage)] = images.flatMap { image in
            let names: [String] = image.tags.isEmpty ? ["<none>:<none>"] : image.tags
            return names.map { name in
                let colon: String.Index = name.lastIndex(of: ":") ?? name.endIndex
                return (String(name[..<colon]), String(name[colon...].dropFirst()), image)
            }
        }
        for (name, tag, image) in rows.sorted(by: { ($0.0, $0.1) < ($1.0, $1.1) }) {
            writer.line([name, tag, String(image.id.hex.prefix(12)), (shell.now() - image.added).human, SizeText.of(image.size)])
        }
        shell.output.write(writer.rendered())
    }
}
