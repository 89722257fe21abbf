import Client
import Machinery

/// `kustomize`: builds the kustomization of a folder and shows it.
package struct Kustomize: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "kustomize", abstract: "Build the kustomization of a folder.", usage: "swkube kustomize FOLDER [flags]",
        discussion: "Builds run no programs and ask no network: remote bases, helm charts and plugins are refused.")

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
        try programs.refuse()
        let objects: [JSON] = try KustomizeBuild(output: shell.output, restrictor: restrictor).objects(folders.first ?? ".")
        let text: String = objects.map { YAML.write($0, sortedKeys: true) }.joined(separator: "---\n")
        guard let file else { return shell.output.write(text) }
        do { try LocalFile.replace(file, with: Array(text.utf8), mode: 0o644) } catch { throw Failure("\(error)") }
    }
}

/// Which files a kustomization may name.
enum LoadRestrictor: String, CaseIterable, Sendable {
    case rootOnly = "LoadRestrictionsRootOnly"
    case none = "LoadRestrictionsNone"
}

/// Flags for programs that a build would run: told apart from misspelt ones, and refused.
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

    func refuse() throws {
        let given: [(String, Bool)] = [
            ("enable-helm", enableHelm), ("enable-alpha-plugins", enableAlphaPlugins), ("network", network),
            ("as-current-user", asCurrentUser), ("helm-debug", helmDebug), ("helm-command", helmCommand != nil),
            ("helm-kube-version", helmKubeVersion != nil), ("helm-api-versions", !helmAPIVersions.isEmpty),
            ("network-name", networkName != nil), ("mount", !mounts.isEmpty), ("env", !environment.isEmpty),
        ]
        if let flag = given.first(where: \.1)?.0 {
            throw Failure(
                "--\(flag) is for builds that run programs (helm, functions, plugins), and this one runs none: run them before it")
        }
    }
}

private let runsNone: String = "Builds run no programs."
