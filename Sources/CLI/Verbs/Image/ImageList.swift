package import ArgumentParser
import Cluster
import Images
import Machinery

/// `image ls`: the images that a cluster holds.
package struct ImageList: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "image ls", abstract: "List images.", usage: "swkube image ls [-o json] [--cluster=NAME]", aliases: ["image list"])

    @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("Form of output: json.", valueName: "format"))
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
            writer.line([name, tag, String(image.id.hex.prefix(12)), (shell.now() - image.added).human, Self.size(image.size)])
        }
        shell.output.write(writer.rendered())
    }

    /// `7.8MB`, as docker writes it.
    private static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 || unit == "GB" {
                let tenths = Int((value * 10).rounded())
                return unit == "B" || value >= 100 ? "\(Int(value.rounded()))\(unit)" : "\(tenths / 10).\(tenths % 10)\(unit)"
            }
            value /= 1000
        }
        return "\(bytes)B"
    }
}
