import API
import Client
import Machinery

/// The container by which `debug` looks into something: its flags.
package struct DebugContainer: FlagGroup {
    @Argument(.behindDashes, help: "The program and its arguments.", value: "command")
    var command: [String] = []

    @Option("image", help: "Image of the new container.", value: "image")
    var image = ""

    @Option("container", "c", help: "Name of the new container.", value: "name")
    var name = ""

    @Option("image-pull-policy", help: "Always, IfNotPresent or Never.", value: "policy")
    var imagePullPolicy: String?

    @Option("env", help: "An environment variable of the container; may be repeated.", value: "key=value")
    var env: [PairFlag] = []

    @Option("profile", help: "Rights: legacy, general, baseline, netadmin, restricted or sysadmin.", value: "profile")
    var profile = "general"

    @Option("custom", help: "File of JSON or YAML with parts of a container, which change the profile's.", value: "file")
    var custom: String?

    @Flag("arguments-only", help: "What stands behind -- are arguments of the image's own program.")
    var argumentsOnly = false

    @Flag("stdin", "i", help: "Keep an input open, and give it standard input.")
    var stdin = false

    @Flag("tty", "t", help: "Give the container a terminal.")
    var tty = false

    @Flag("quiet", "q", help: "Show nothing but the container's own output.")
    var quiet = false

    package init() {}

    /// What `--custom` says. Source: `ComplementContainerSpec` of k8s.io/kubectl/pkg/cmd/debug.
    func changes() throws -> JSON? {
        guard let path = custom else { return nil }
        let bytes: [UInt8]
        do { bytes = try LocalFile.read(path) } catch {
            throw Failure("must pass a container spec json file for custom profile: open \(path): \(error.reason)")
        }
        let part: JSON? = try? YAML.documents(bytes, file: path).first?.json
        guard let part, part.object != nil else { throw Failure("\(path) does not contain a valid container spec: no object") }
        let fixed: [String] = ["name", "image", "command", "lifecycle", "volumeDevices"].filter { part[$0] != nil }
        guard fixed.isEmpty else { throw Failure("\(fixed.joined(separator: ", ")) can not be modified via custom profile: \(path)") }
        return part
    }

    /// The name that was given, or one that no other container has, which is told.
    func name(taken: [String], _ output: Output) -> String {
        if !self.name.isEmpty { return self.name }
        var name: String
        repeat { name = "debugger-" + RandomSuffix.make() } while taken.contains(name)
        if !quiet { output.line("Defaulting debug container name to \(name).") }
        return name
    }

    /// The container as a pod has it.
    ///
    /// - Parameter changes: of `--custom`.
    func described(_ name: String, _ place: DebugProfile.Place, _ changes: JSON?) throws -> JSON {
        var json: JSON = ["name": .string(name), "image": .string(image), "resources": [:], "terminationMessagePolicy": "File"]
        let values: JSON = .array(command.map { .string($0) })
        if !command.isEmpty { json[argumentsOnly ? "args" : "command"] = values }
        if let imagePullPolicy { json["imagePullPolicy"] = .string(imagePullPolicy) }
        if !env.isEmpty {
            json["env"] = .array(
                try env.map(\.flagText).map { text in
                    guard let pair = EnvironmentEdit.pair(text) else { throw Failure("invalid env: \(text)") }
                    return pair
                })
        }
        if stdin { json["stdin"] = true }
        if tty { json["tty"] = true }
        if let context = DebugProfile(rawValue: profile)?.securityContext(place) { json["securityContext"] = context }
        guard var changes else { return json }
        changes["name"] = .string(name)
        // As a container of a pod, whose lists merge as they do there.
        func pod(_ container: JSON) -> JSON { ["spec": ["containers": [container]]] }
        return try StrategicMergePatch.apply(pod(changes), to: pod(json), schema: Pod.definition.schema).list("spec", "containers").first
            ?? json
    }
}
