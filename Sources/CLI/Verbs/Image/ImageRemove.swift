import Cluster
import Images

/// `image rm`: removes images, or names of them.
package struct ImageRemove: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "image rm", abstract: "Remove images.", usage: "swkube image rm IMAGE … [--cluster=NAME]",
        discussion: "An image is removed with its last name; its ID stands for all of them. One that a container runs from stays.",
        aliases: ["image remove"])

    @Argument(help: "Names or IDs.", value: "image")
    var names: [String]

    @OptionGroup var selection: ClusterSelection

    package init() {}

    package func runLocally(in shell: Shell) throws {
        let profile: ClusterProfile = try selection.profile(shell)
        let store: ImageStore = try profile.imageStore()
        var failures = Failures()
        for name in names {
            do {
                let gone = try store.remove(name, inUse: profile.imagesInUse)
                for tag in gone.untagged { shell.output.line("Untagged: \(tag)") }
                if let id = gone.removed { shell.output.line("Deleted: \(id)") }
            } catch {
                failures.add(Failure(error))
            }
        }
        try failures.throwIfAny()
    }
}
