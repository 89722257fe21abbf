import API
import Client
import Machinery

/// `set image`: sets the images of containers.
package struct SetImage: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "set image", abstract: "Set the images of containers.",
        usage: "swkube set image (-f FILE | TYPE NAME) CONTAINER=IMAGE … [flags]")

    @Argument(help: "Types and names, then container=image; * means every container.", value: "word")
    var words: [String] = []

    @OptionGroup var selection: SetSelector
    @OptionGroup var options: SetOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let (targets, pairs) = try PairEdit.split(words, "image")
        let invalid: [String] = pairs.filter { !$0.contains("=") || $0.hasPrefix("=") }
        if !invalid.isEmpty { throw Failure("invalid image format: \(invalid.joined(separator: ", "))") }
        let images: [(name: String, image: String)] = pairs.map { pair in
            let parts: [Substring] = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), String(parts[1]))
        }
        let change = SetChange(
            options: options, words: targets, selector: selection.selector, what: "image update to pod template", done: "image updated")
        var failures = Failures()
        do { try change.validate() } catch { failures.add(error) }
        if targets.isEmpty, try options.files.paths().isEmpty {
            _ = try await ObjectQuery(session: try options.connection.session(shell)).objects()
        }
        if images.isEmpty {
            failures.add(Failure("at least one image update is required"))
        } else if images.count > 1, images.contains(where: { $0.name == "*" }) {
            failures.add(
                Failure("all containers are already specified by *, but saw more than one container_name=container_image pairs"))
        }
        try failures.throwIfAny()
        var missing = Failures()
        do {
            try await change.run(shell, try options.connection.session(shell)) { object in
                let path: [String] = try SetChange.requirePodSpec(object)
                var changed: JSON = object.json
                for (name, image) in images {
                    var isFound: Bool = false
                    for member in ["initContainers", "containers"] {
                        guard let containers = changed[path + [member]]?.array else { continue }
                        changed[path + [member]] = .array(
                            containers.map { container in
                                guard name == "*" || container.text(at: "name") == name else { return container }
                                isFound = true
                                var container: JSON = container
                                container["image"] = .string(image)
                                return container
                            })
                    }
                    if !isFound { missing.add(Failure("error: unable to find container named \(JSON.quoted(name))")) }
                }
                return changed
            }
        } catch {
            missing.add(error)
        }
        try missing.throwIfAny()
    }
}
