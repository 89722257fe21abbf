import Cluster
import Images
import Machinery

/// `image inspect`: all that is known of images, as JSON.
package struct ImageInspect: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "image inspect", abstract: "Show all that is known of images, as JSON.",
        usage: "swkube image inspect IMAGE … [--cluster=NAME]")

    @Argument(help: "Names or IDs.", value: "image")
    var names: [String]

    @OptionGroup var selection: ClusterSelection

    package init() {}

    package func runLocally(in shell: Shell) throws {
        let store: ImageStore = try selection.profile(shell).imageStore()
        var all: [JSON] = []
        for name in names {
            let image: StoredImage = try store.image(named: name)
            var json: JSON = image.json
            json["configuration"] = try JSON(parsing: try store.configBytes(of: image))
            json["folders"] = .array(store.layers(of: image).map { .string($0) })
            all.append(json)
        }
        shell.output.line(JSON.array(all).text(.kubectl))
    }
}
