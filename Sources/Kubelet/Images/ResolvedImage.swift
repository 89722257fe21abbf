import Images
import Machinery
import Sandbox

/// What a container gets from its image: files, and how its program is to be run.
///
/// An image of the store has layers of its own; without them the container sees the node's file system, and its program is one of the
/// node's. Kept in a file beside the container, so that the next kubelet knows it too.
struct ResolvedImage: Sendable, Equatable {
    /// A small file for the private layer.
    struct File: Sendable, Equatable {
        let path: String
        let content: String
        let mode: UInt32
    }

    /// What the status calls it.
    var reference = ""
    /// Manifest in the store; nil without layers.
    var manifest: Digest?
    /// Folders of the layers, the highest first.
    var layers: [String] = []
    var entrypoint: [String] = []
    var command: [String] = []
    /// `NAME=value`
    var environment: [String] = []
    var workingDirectory = ""
    /// `name`, `uid`, with or without `:group`.
    var user = ""
    var stopSignal = ""
    var folders: [String] = []
    var files: [File] = []
    /// A program of many names whose applets fill gaps of the PATH.
    var applets = ""
    /// Where swkube's own pause program appears; empty for nowhere.
    var pausePath = ""
    /// Folder of the program, where the PATH does not have it.
    var programFolder = ""

    /// The arguments of the first process. Source: the page on commands and arguments of the Kubernetes documentation.
    func arguments(command own: [String], args: [String]) -> [String] {
        if !own.isEmpty { return own + args }
        return entrypoint + (args.isEmpty ? command : args)
    }

    /// The PATH with what the image's programs need beside it.
    func path(_ path: String) -> String {
        (programFolder.isEmpty ? "" : programFolder + ":") + path + (applets.isEmpty ? "" : ":" + Applets.place)
    }

    // MARK: - In a file

    var json: JSON {
        func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
        return [
            "reference": .string(reference), "manifest": manifest.map { .string($0.description) } ?? .null, "layers": list(layers),
            "entrypoint": list(entrypoint), "command": list(command), "environment": list(environment),
            "workingDirectory": .string(workingDirectory), "user": .string(user), "stopSignal": .string(stopSignal),
            "programFolder": .string(programFolder), "applets": .string(applets),
        ]
    }

    /// What the next kubelet needs for programs beside the container's own.
    init(_ json: JSON) {
        func texts(_ key: String) -> [String] { (json[key]?.array ?? []).compactMap(\.string) }
        func text(_ key: String) -> String { json[key]?.string ?? "" }
        reference = text("reference")
        manifest = Digest(text("manifest"))
        layers = texts("layers")
        entrypoint = texts("entrypoint")
        command = texts("command")
        environment = texts("environment")
        workingDirectory = text("workingDirectory")
        user = text("user")
        stopSignal = text("stopSignal")
        programFolder = text("programFolder")
        applets = text("applets")
    }

    init() {}
}

extension ResolvedImage {
    /// An image of the store.
    init(_ image: StoredImage, _ config: ImageConfig, layers: [String]) {
        reference = image.reference
        manifest = image.manifest
        self.layers = layers
        entrypoint = config.entrypoint
        command = config.command
        environment = config.environment.map { "\($0.name)=\($0.value)" }
        workingDirectory = config.workingDirectory
        user = config.user
        stopSignal = config.stopSignal
    }
}
