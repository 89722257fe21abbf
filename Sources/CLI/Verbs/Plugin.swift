import Client
import Glibc
import Machinery

/// `plugin` alone: says which verbs it has.
package struct Plugin: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Work with plugins: programs named kubectl-NAME.", usage: "swkube plugin VERB [flags]")

    @Argument(help: "list.", value: "verb")
    package var words: [String] = []

    package init() {}
}

/// `plugin list`: shows the plugins on PATH.
package struct PluginList: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "plugin list", abstract: "Show the plugins on PATH.", usage: "swkube plugin list [flags]")

    @Flag("name-only", help: "Show names, not whole paths.")
    var nameOnly = false

    package init() {}

    package func runLocally(in shell: Shell) throws {
        var found: [(name: String, text: String)] = []
        var warnings: Int = 0
        var lines: [(text: String, isWarning: Bool)] = []
        var seen: Set<String> = []
        for folder in (shell.environment("PATH") ?? "").split(separator: ":").map(String.init) where seen.insert(folder).inserted {
            let names: [String]
            do { names = try LocalFile.names(in: folder) } catch {
                shell.output.note("Unable to read directory \(JSON.quoted(folder)) from your PATH: \(error). Skipping...")
                continue
            }
            for name in names where Plugins.prefixes.contains(where: name.hasPrefix) {
                let path: String = folder + "/" + name
                if LocalFile.isFolder(path) { continue }
                lines.append((nameOnly ? name : path, false))
                if access(path, X_OK) != 0 {
                    warnings += 1
                    lines.append(("  - warning: \(path) identified as a \(CLI.program) plugin, but it is not executable", true))
                }
                if let earlier = found.first(where: { $0.name == name }) {
                    warnings += 1
                    lines.append(("  - warning: \(path) is overshadowed by a similarly named plugin: \(earlier.text)", true))
                } else {
                    found.append((name, path))
                }
                if let verb = Plugins.verb(before: name) {
                    warnings += 1
                    lines.append(("  - warning: \(name) overwrites existing command: \(JSON.quoted("\(CLI.program) \(verb)"))", true))
                }
            }
        }
        guard !lines.isEmpty else { throw Failure("unable to find any \(CLI.program) plugins in your PATH") }
        shell.output.line("The following compatible plugins are available:\n")
        for line in lines { if line.isWarning { shell.output.note(line.text) } else { shell.output.line(line.text) } }
        if warnings > 0 {
            throw Failure(warnings == 1 ? "one plugin warning was found" : "\(warnings) plugin warnings were found")
        }
    }
}

/// Programs that add verbs.
enum Plugins {
    static let prefixes: [String] = CLI.isKubectl ? ["kubectl-"] : ["swkube-", "kubectl-"]

    /// The verb of this program that runs although there is a plugin of that name: `create` for `kubectl-create-x`.
    static func verb(before name: String) -> String? {
        var words: [String] = name.split(separator: "-").dropFirst().map(String.init)
        guard !words.isEmpty, let verb = try? VerbList.type(of: words.removeFirst(), &words) else { return nil }
        return verb.commandName
    }

    /// The plugin for an unknown verb, with what is left of the words: the longest name wins, `a b` before `a`.
    ///
    /// - Parameter least: words that its name must have.
    static func find(_ words: [String], least: Int = 1, _ path: String) -> Program? {
        let names: [String] = words.prefix { !$0.hasPrefix("-") }.map { $0.replacing("-", with: "_") }
        for count in stride(from: names.count, through: least, by: -1) {
            for prefix in prefixes {
                guard let found = Program.path(of: prefix + names[..<count].joined(separator: "-"), in: path) else { continue }
                return Program(found, Array(words.dropFirst(count)))
            }
        }
        return nil
    }
}
