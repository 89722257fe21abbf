import ArgumentParser

/// Which of the objects of a type are meant: flags of verbs that work on many.
package struct SelectionOptions: ParsableArguments, Sendable {
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: ArgumentHelp("Labels that the objects must have, such as app=web or 'app in (a,b),!canary'.", valueName: "selector"))
    var selector: String?

    @Option(
        name: .customLong("field-selector"),
        help: ArgumentHelp("Fields that the objects must have, such as status.phase=Running.", valueName: "selector"))
    var fieldSelector: String?

    package init() {}
}

/// Where manifests are read from.
package struct FilenameOptions: ParsableArguments, Sendable {
    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp("A file or folder of manifests, or - for standard input; may be repeated.", valueName: "path"))
    var filenames: [String] = []

    @Flag(name: [.customShort("R"), .customLong("recursive")], help: "Read the folders below, too.")
    var recursive = false

    @Option(
        name: [.customShort("k"), .customLong("kustomize")], help: ArgumentHelp("A kustomization folder.", visibility: .hidden))
    var kustomize: String?

    package init() {}

    /// Files of `-f a,b -f c`, one each. Throws for what is not there yet.
    func paths() throws -> [String] {
        if kustomize != nil {
            throw Failure(
                "kustomizations are not there yet; build them with kustomize and pipe them: kustomize build . | \(CLI.program) apply -f -")
        }
        return filenames.flatMap { $0.split(separator: ",").map(String.init) }
    }
}
