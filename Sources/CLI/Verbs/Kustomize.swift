package import ArgumentParser
import Client
import Machinery

/// `kustomize`: builds the kustomization of a folder and shows it.
package struct Kustomize: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "kustomize", abstract: "Build the kustomization of a folder.", usage: "swkube kustomize FOLDER [flags]",
        discussion: "Builds run no programs and ask no network: remote bases, helm charts and plugins are refused.")

    @Argument(help: ArgumentHelp("The folder with kustomization.yaml; the current one unless said.", valueName: "folder"))
    var folders: [String] = []

    @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("Write to this file.", valueName: "file"))
    var file: String?

    package init() {}

    package func runLocally(in shell: Shell) throws {
        if folders.count > 1 { throw Failure("specify one path to kustomization.yaml") }
        let objects: [JSON] = try KustomizeBuild(output: shell.output).objects(folders.first ?? ".")
        let text: String = objects.map { YAML.write($0, sortedKeys: true) }.joined(separator: "---\n")
        guard let file else { return shell.output.write(text) }
        do { try LocalFile.replace(file, with: Array(text.utf8), mode: 0o644) } catch { throw Failure("\(error)") }
    }
}
