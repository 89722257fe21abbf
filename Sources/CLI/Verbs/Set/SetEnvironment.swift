import API
import Client
import Machinery

/// `set env`: sets, removes and shows variables of containers.
package struct SetEnvironment: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "set env", abstract: "Set, remove and show variables of containers.",
        usage: "swkube set env (-f FILE | TYPE NAME) NAME=VALUE … NAME- … [flags]")

    @Argument(help: "Types and names, then the changes; - reads them from standard input.", value: "word")
    var words: [String] = []

    @OptionGroup var selection: SetSelector
    @OptionGroup var containers: ContainerSelector

    @Option("env", "e", help: "A variable; may be repeated.", value: "name=value")
    var variables: [String] = []

    @Option("from", help: "A ConfigMap or Secret whose keys become variables.", value: "type/name")
    var from: String?

    @Option("keys", help: "Only these keys of --from.", value: "keys")
    var keys: [String] = []

    @Option("prefix", help: "Put this before the names.", value: "text")
    var prefix: String?

    @Flag("list", help: "Show the variables and change nothing.")
    var list = false

    @Flag("resolve", help: "With --list: show what variables that refer to something have.")
    var resolve = false

    @Flag("overwrite", help: "Change values that are there already.")
    var overwrite = true

    @OptionGroup var options: SetOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let (targets, changes) = try split()
        let change = SetChange(
            options: options, words: targets, selector: selection.selector, what: "env update to pod template", done: "env updated",
            needsFiles: ObjectQuery.namesNothing)
        try change.validate()
        if try options.files.paths().isEmpty, targets.isEmpty {
            throw Failure("one or more resources must be specified as <resource> <name> or <resource>/<name>")
        }
        if list, options.printing.output?.isEmpty == false { throw Failure("--list and --output may not be specified together") }
        let wantedKeys: [String] = keys.flatMap { $0.split(separator: ",").map(String.init) }
        if !wantedKeys.isEmpty, from?.isEmpty != false {
            throw Failure("when specifying --keys, a configmap or secret must be provided with --from")
        }
        var edit = EnvironmentEdit()
        try edit.parse(variables + changes, shell)
        let session: Session = try options.connection.session(shell)
        let paths: [String] = try options.files.paths()
        if !paths.isEmpty { try ResourceArguments.refuse(targets, besides: paths) }
        if let from, !from.isEmpty { try await edit.take(from, wantedKeys, session) }
        if let prefix { edit.prefix(prefix) }
        let store = list && resolve ? EnvironmentStore(session: session) : nil
        var output: [EnvironmentListing] = []
        try await change.run(shell, session) { object in
            let path: [String] = try SetChange.requirePodSpec(object)
            var changed: JSON = object.json
            var isFound: Bool = false
            for member in ["containers", "initContainers"] {
                guard let all = changed[path + [member]]?.array else { continue }
                changed[path + [member]] = .array(
                    try all.map { container in
                        guard containers.matches(container) else { return container }
                        isFound = true
                        let edited: JSON = try edit.applied(to: container, overwrite, object)
                        if list { output.append(EnvironmentListing(object: object, container: edited)) }
                        return edited
                    })
            }
            if !isFound {
                shell.output.note(
                    "Warning: \(object.resource.kind)/\(object.name) does not have any containers matching \(JSON.quoted(containers.containers))"
                )
            }
            return list ? Optional<JSON>.none : changed
        }
        for one in output { try await one.write(shell.output, store) }
    }

    /// Types and names first; `-` alone stands for standard input.
    private func split() throws -> (words: [String], changes: [String]) {
        func isChange(_ word: String) -> Bool { word == "-" || word.contains("=") || word.hasSuffix("-") }
        let start: Int = words.firstIndex(where: isChange) ?? words.count
        guard words[start...].allSatisfy(isChange) else {
            throw Failure("all resources must be specified before environment changes: \(words.joined(separator: " "))")
        }
        return (Array(words[..<start]), Array(words[start...]))
    }
}
