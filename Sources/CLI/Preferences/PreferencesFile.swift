import Client
import Machinery

/// Where the user's preferences are kept: `--kuberc`, else `$KUBERC`, else `~/.kube/kuberc`.
struct PreferencesFile {
    let path: String
    /// True when the user named it: then it has to be there.
    let isGiven: Bool

    /// - Parameter flag: of the command line; nil without one.
    init(flag: String?, _ environment: (String) -> String?) {
        let named: String = flag ?? environment("KUBERC") ?? ""
        isGiven = !named.isEmpty
        path = isGiven ? named : (environment("HOME") ?? "") + "/.kube/kuberc"
    }

    /// False where the user wants none.
    static func isWanted(_ environment: (String) -> String?) -> Bool {
        environment("KUBERC") != "off" && environment("KUBECTL_KUBERC") != "false"
    }

    /// The whole file; nil when there is none.
    func read() throws -> JSON? {
        guard isGiven || LocalFile.exists(path) else { return nil }
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(try LocalFile.read(path), file: path) } catch let error as FileError {
            throw Failure("kuberc error kuberc: open \(path): \(error.isMissing ? "no such file or directory" : "\(error)")")
        } catch {
            let place: String = CLI.isKubectl ? "" : ": \(error)"
            throw Failure("kuberc error kuberc: no valid preferences found in \(path), use --v=5 to see details\(place)")
        }
        let known: [JSON] = documents.map(\.json).filter {
            $0.text(at: "kind") == "Preference" && $0.text(at: "apiVersion").hasPrefix("kubectl.config.k8s.io/v1")
        }
        if documents.isEmpty { return nil }
        guard let json = known.first else {
            throw Failure("kuberc error kuberc: no valid preferences found in \(path), use --v=5 to see details")
        }
        return json
    }

    func write(_ json: JSON) throws {
        try LocalFile.makeFolder(LocalFile.parent(of: path))
        try LocalFile.replace(path, with: Array(YAML.write(json).utf8))
    }

    /// The preferences for a command line, whose `--kuberc` is taken out.
    static func preferences(_ words: inout [String], _ shell: Shell) throws -> Preferences {
        // `kuberc` itself reads the flag, and works on files that are wrong.
        guard LeadingFlags.verb(of: words) != "kuberc" else { return Preferences() }
        let flag: String? = try takeFlag(from: &words)
        if flag != nil, shell.environment("KUBERC") == "off" {
            throw applying(Failure("kuberc error disabling kuberc via KUBERC=off and passing kuberc flag are mutually exclusive"))
        }
        guard isWanted(shell.environment), let json = try file(flag, shell) else { return Preferences() }
        do { return try Preferences(json) } catch { throw applying(error) }
    }

    private static func file(_ flag: String?, _ shell: Shell) throws -> JSON? {
        do { return try PreferencesFile(flag: flag, shell.environment).read() } catch { throw applying(error) }
    }

    static func applying(_ error: any Error) -> Failure {
        Failure("error occurred while applying preferences \(Failure(error).description)", isComplete: true)
    }

    private static func takeFlag(from words: inout [String]) throws -> String? {
        let end: Int = words.firstIndex(of: "--") ?? words.count
        for (index, word) in words[..<end].enumerated() {
            if word.hasPrefix("--kuberc=") {
                words.remove(at: index)
                return String(word.dropFirst("--kuberc=".count))
            }
            if word == "--kuberc" {
                guard index + 1 < end else { throw Failure("flag needs an argument: --kuberc") }
                let value: String = words[index + 1]
                words.removeSubrange(index...(index + 1))
                return value
            }
        }
        return nil
    }
}
