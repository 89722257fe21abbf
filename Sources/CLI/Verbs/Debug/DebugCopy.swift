import API
import Machinery

/// The copy of a pod that `debug --copy-to` makes and works on.
package struct DebugCopy: FlagGroup {
    @Option("copy-to", help: "Work on a copy of the pod with this name.", value: "name")
    var name = ""

    @Flag("replace", help: "With --copy-to, delete the original pod.")
    var replace = false

    @Flag("same-node", help: "With --copy-to, run the copy on the same node.")
    var sameNode = false

    @Flag("share-processes", help: "With --copy-to, let the copy's containers see each other's processes.")
    var shareProcesses = true

    @Option("set-image", help: "With --copy-to, new images of containers, by name or * for all.", value: "name=image")
    var setImage: [PairFlag] = []

    @Flag("keep-labels", help: "With --copy-to, keep the pod's labels.")
    var keepLabels = false

    @Flag("keep-annotations", help: "With --copy-to, keep the pod's annotations.")
    var keepAnnotations = false

    @Flag("keep-liveness", help: "With --copy-to, keep liveness probes.")
    var keepLiveness = false

    @Flag("keep-readiness", help: "With --copy-to, keep readiness probes.")
    var keepReadiness = false

    @Flag("keep-startup", help: "With --copy-to, keep startup probes.")
    var keepStartup = false

    @Flag("keep-init-containers", help: "With --copy-to, keep init containers.")
    var keepInitContainers = true

    package init() {}

    /// The copy, and the name of the container that is looked from; empty where only images change.
    func manifest(of pod: View<Pod>, _ added: DebugContainer, _ changes: JSON?, _ output: Output) throws -> (JSON, String) {
        var copy: JSON = ["apiVersion": "v1", "kind": "Pod"]
        copy["metadata"] = ["name": .string(self.name), "namespace": .string(pod.namespace)]
        if keepLabels, let labels = pod.json[["metadata", "labels"]] { copy[["metadata", "labels"]] = labels }
        if keepAnnotations, let annotations = pod.json[["metadata", "annotations"]] { copy[["metadata", "annotations"]] = annotations }
        var spec: JSON = pod.json["spec"] ?? [:]
        spec["ephemeralContainers"] = nil
        if !sameNode { spec["nodeName"] = nil }
        if !keepInitContainers { spec["initContainers"] = nil }
        if shareProcesses { spec["shareProcessNamespace"] = true }
        let images: [String: String] = try Self.images(setImage.map(\.flagText))
        var containers: [JSON] = (spec["containers"]?.array ?? []).map { container in
            var container: JSON = container
            let name: String = container["name"]?.string ?? ""
            if let image = images[name] ?? images["*"] { container["image"] = .string(image) }
            if !keepLiveness { container["livenessProbe"] = nil }
            if !keepReadiness { container["readinessProbe"] = nil }
            if !keepStartup { container["startupProbe"] = nil }
            return container
        }
        var name: String = added.name
        if let index = containers.firstIndex(where: { $0["name"]?.string == name }) {
            // A container of the pod itself is changed.
            if !added.command.isEmpty {
                containers[index][added.argumentsOnly ? "args" : "command"] = .array(added.command.map { .string($0) })
            }
            if !added.image.isEmpty { containers[index]["image"] = .string(added.image) }
            if added.stdin { containers[index]["stdin"] = true }
            if added.tty { containers[index]["tty"] = true }
        } else if !added.image.isEmpty {
            name = added.name(taken: containers.compactMap { $0["name"]?.string }, output)
            containers.append(try added.described(name, .copy, changes))
        }
        spec["containers"] = .array(containers)
        copy["spec"] = spec
        return (copy, name)
    }

    private static func images(_ texts: [String]) throws -> [String: String] {
        var images: [String: String] = [:]
        for text in texts.flatMap({ $0.split(separator: ",") }) {
            let parts: [Substring] = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw Failure("invalid --set-image: \(text)") }
            images[String(parts[0])] = String(parts[1])
        }
        return images
    }
}
