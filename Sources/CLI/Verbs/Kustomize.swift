import Client
import Machinery

/// `kustomize`: builds the kustomization of a folder and shows it.
package struct Kustomize: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "kustomize", abstract: "Build the kustomization of a folder.", usage: "swkube kustomize FOLDER [flags]",
        discussion: "Builds run no programs and ask no network: remote bases, helm charts and plugins but kustomize's own are refused.")

    @Argument(help: "The folder with kustomization.yaml; the current one unless said.", value: "folder")
    var folders: [String] = []

    @Option("output", "o", help: "Write to this file.", value: "file")
    var file: String?

    @Option(
        "load-restrictor", help: "LoadRestrictionsRootOnly, or LoadRestrictionsNone to take files from outside the folder.",
        value: "restrictor")
    var loadRestrictor = LoadRestrictor.rootOnly.rawValue

    @OptionGroup var programs: KustomizePrograms

    package init() {}

    package func runLocally(in shell: Shell) throws {
        if folders.count > 1 { throw Failure("specify one path to kustomization.yaml") }
        guard let restrictor = LoadRestrictor(rawValue: loadRestrictor) else {
            throw Failure(
                "illegal flag value --load-restrictor \(loadRestrictor); legal values: [\(LoadRestrictor.allCases.map(\.rawValue).joined(separator: " "))]"
            )
        }
        let build = KustomizeBuild(output: shell.output, restrictor: restrictor, enablesHelm: programs.enableHelm)
        let resources: [KustomizeResource] = try build.resources(folders.first ?? ".")
        let text: String = resources.map { YAML.write($0.json) }.joined(separator: "---\n")
        guard let file, !file.isEmpty else { return shell.output.write(text) }
        if LocalFile.isFolder(file) { return try write(resources, into: file) }
        do { try LocalFile.replace(file, with: Array(text.utf8), mode: 0o644) } catch { throw Failure("\(error)") }
    }

    /// A file for each: `apps_v1_deployment_web.yaml`, behind its namespace when there are several.
    private func write(_ resources: [KustomizeResource], into folder: String) throws {
        let namespaces: Set<String> = Set(resources.map(\.id).filter { !$0.isClusterScoped }.map(\.effectiveNamespace))
        for resource in resources {
            let id: KustomizeID = resource.id
            var parts: [String] = [id.type.group, id.type.version, id.type.kind, id.name].filter { !$0.isEmpty }
            if namespaces.count > 1, !id.isClusterScoped { parts.insert(id.effectiveNamespace, at: 0) }
            let path: String = "\(folder)/\(parts.joined(separator: "_").lowercased()).yaml"
            do { try LocalFile.replace(path, with: Array(YAML.write(resource.json).utf8), mode: 0o644) } catch { throw Failure("\(error)") }
        }
    }
}

/// Which files a kustomization may name.
enum LoadRestrictor: String, CaseIterable, Sendable {
    case rootOnly = "LoadRestrictionsRootOnly"
    case none = "LoadRestrictionsNone"
}

/// Flags for programs that a build would run. They change nothing, for there are none; `--enable-helm` only tells that charts are wanted.
package struct KustomizePrograms: FlagGroup {
    @Flag("enable-helm", help: runsNone, isHidden: true) var enableHelm = false
    @Flag("enable-alpha-plugins", help: runsNone, isHidden: true) var enableAlphaPlugins = false
    @Flag("network", help: runsNone, isHidden: true) var network = false
    @Flag("as-current-user", help: runsNone, isHidden: true) var asCurrentUser = false
    @Flag("helm-debug", help: runsNone, isHidden: true) var helmDebug = false
    @Option("helm-command", help: runsNone, isHidden: true) var helmCommand: String?
    @Option("helm-kube-version", help: runsNone, isHidden: true) var helmKubeVersion: String?
    @Option("helm-api-versions", help: runsNone, isHidden: true) var helmAPIVersions: [String] = []
    @Option("network-name", help: runsNone, isHidden: true) var networkName: String?
    @Option("mount", help: runsNone, isHidden: true) var mounts: [String] = []
    @Option("env", "e", help: runsNone, isHidden: true) var environment: [String] = []

    package init() {}
}

private let runsNone: String = "Builds run no programs."
