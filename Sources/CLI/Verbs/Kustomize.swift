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

    @Option(
        name: .customLong("load-restrictor"),
        help: ArgumentHelp(
            "LoadRestrictionsRootOnly, or LoadRestrictionsNone to take files from outside the folder.", valueName: "restrictor"))
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
package struct KustomizePrograms: ParsableArguments, Sendable {
    @Flag(name: .customLong("enable-helm"), inversion: .prefixedNo, help: runsNone()) var enableHelm = false
    @Flag(name: .customLong("enable-alpha-plugins"), inversion: .prefixedNo, help: runsNone()) var enableAlphaPlugins = false
    @Flag(name: .customLong("network"), inversion: .prefixedNo, help: runsNone()) var network = false
    @Flag(name: .customLong("as-current-user"), inversion: .prefixedNo, help: runsNone()) var asCurrentUser = false
    @Flag(name: .customLong("helm-debug"), inversion: .prefixedNo, help: runsNone()) var helmDebug = false
    @Option(name: .customLong("helm-command"), help: runsNone()) var helmCommand: String?
    @Option(name: .customLong("helm-kube-version"), help: runsNone()) var helmKubeVersion: String?
    @Option(name: .customLong("helm-api-versions"), help: runsNone()) var helmAPIVersions: [String] = []
    @Option(name: .customLong("network-name"), help: runsNone()) var networkName: String?
    @Option(name: .customLong("mount"), help: runsNone()) var mounts: [String] = []
    @Option(name: [.customShort("e"), .customLong("env")], help: runsNone()) var environment: [String] = []

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

private func runsNone() -> ArgumentHelp { ArgumentHelp("Builds run no programs.", visibility: .hidden) }
