/// Which of the objects of a type are meant: flags of verbs that work on many.
package struct SelectionOptions: FlagGroup {
    @Option("selector", "l", help: "Labels that the objects must have, such as app=web or 'app in (a,b),!canary'.", value: "selector")
    var selector: String?

    @Option("field-selector", help: "Fields that the objects must have, such as status.phase=Running.", value: "selector")
    var fieldSelector: String?

    package init() {}
}

/// Where manifests are read from.
package struct FilenameOptions: FlagGroup {
    @Option("filename", "f", help: "A file or folder of manifests, or - for standard input; may be repeated.", value: "path")
    var filenames: [String] = []

    @Flag("recursive", "R", help: "Read the folders below, too.")
    var recursive = false

    @Option("kustomize", "k", help: "A folder with a kustomization.yaml, which is built.", value: "folder")
    var kustomize: String?

    package init() {}

    /// The same without flags.
    func manifests() throws -> ManifestPaths { ManifestPaths(paths: try paths(), recursive: recursive) }

    private var files: [String] { filenames.flatMap { $0.split(separator: ",").map(String.init) } }

    /// Whether there is one of them at least, or both.
    var areGiven: Bool { !files.isEmpty || kustomize?.isEmpty == false }

    /// Files of `-f a,b -f c`, one each, and the folder of `-k` with its mark.
    func paths() throws -> [String] {
        guard let kustomize, !kustomize.isEmpty else { return files }
        var failures = Failures()
        if !files.isEmpty { failures.add(Failure("only one of -f or -k can be specified")) }
        if recursive { failures.add(Failure("the -k flag can't be used with -f or -R")) }
        try failures.throwIfAny()
        return [ManifestPaths.kustomization + kustomize]
    }
}

/// What `--local` asks for.
enum LocalWork {
    static let needsFiles = Failure(
        "error: you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   "
            + "'-f rsrc.yaml'\n   '--filename=rsrc.json'")
}

/// Files and folders that manifests are read from.
struct ManifestPaths: Sendable {
    var paths: [String] = []
    /// Folders below, too.
    var recursive: Bool = false

    /// Stands before a folder whose kustomization is meant; no file's name can begin so.
    static let kustomization = "\u{0}kustomization:"
}
