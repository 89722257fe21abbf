import Client
import Dispatch

/// The command line: finds the verb, parses its flags, runs it and says what went wrong.
package enum CLI {
    /// Name of the program in its own texts: `kubectl` when it was started through a link of that name.
    package static let program: String = isKubectl ? "kubectl" : "swkube"

    /// True for scripts and people that know it as kubectl: no hints that kubectl does not give.
    package static let isKubectl: Bool = CommandLine.arguments.first?.split(separator: "/").last == "kubectl"

    /// Runs the words of a command line (without the program's name) and returns the exit code. Blocks until the verb is done.
    package static func run(_ words: [String], in shell: Shell) -> Int32 {
        defer { shell.output.flush() }
        do {
            var shell: Shell = shell
            guard let verb = try parse(words, &shell) else { return 0 }
            guard let local = verb.local else { return wait { [shell] in await finish(verb, shell) } }
            try local.runLocally(in: shell)
            return 0
        } catch {
            return report(error, shell)
        }
    }

    /// The same for callers that are asynchronous themselves.
    package static func run(_ words: [String], in shell: Shell) async -> Int32 {
        defer { shell.output.flush() }
        do {
            var shell: Shell = shell
            guard let verb = try parse(words, &shell) else { return 0 }
            return await finish(verb, shell)
        } catch {
            return report(error, shell)
        }
    }

    /// The verb with its flags; nil when help was asked for and has been given.
    private static func parse(_ words: [String], _ shell: inout Shell) throws -> (any Verb)? {
        var words: [String] = words
        let preferences: Preferences = try PreferencesFile.preferences(&words, shell)
        shell.preferences = preferences
        let leading: [String] = try LeadingFlags.take(from: &words)
        guard !words.isEmpty else {
            shell.output.write(VerbList.help)
            return nil
        }
        do { words = try preferences.expanded(words) } catch { throw PreferencesFile.applying(error) }
        let word: String = words.removeFirst()
        if word == "help" {
            guard let name = words.first else {
                shell.output.write(VerbList.help)
                return nil
            }
            if let text = HelpTopics.text(name) {
                shell.output.write(text)
                return nil
            }
            words = Array(words.dropFirst()) + ["--help"]
            let type: any Verb.Type
            do { type = try VerbList.type(of: name, &words) } catch {
                guard isKubectl else { throw error }
                shell.output.note("Unknown help topic [`\(name)`]\n\(VerbList.help)")
                return nil
            }
            return try VerbParser.parse(type, words, &shell)
        }
        let type: any Verb.Type
        do { type = try VerbList.type(of: word, &words) } catch {
            if let flag = leading.first, isKubectl {
                throw Failure("Error: flags cannot be placed before plugin name: \(flag)", isComplete: true)
            }
            if leading.isEmpty, let plugin = Plugins.find([word] + words, shell.environment("PATH") ?? "") { try shell.become(plugin) }
            throw error
        }
        // As in kubectl, `create` alone may be added to.
        if type == Create.self, leading.isEmpty, let plugin = Plugins.find([word] + words, least: 2, shell.environment("PATH") ?? "") {
            try shell.become(plugin)
        }
        do { words = try preferences.withDefaults(type, words) } catch { throw PreferencesFile.applying(error) }
        return try VerbParser.parse(type, leading + words, &shell)
    }

    private static func finish(_ verb: any Verb, _ shell: Shell) async -> Int32 {
        do {
            if let doing = verb.doing {
                try await Progress.during(shell, { doing }) { try await verb.run(in: shell) }
            } else {
                try await verb.run(in: shell)
            }
            return 0
        } catch let error as KubeconfigError {
            return report(error.inWords(of: verb), shell)
        } catch {
            return report(error, shell)
        }
    }

    private static func report(_ error: any Error, _ shell: Shell) -> Int32 {
        let failure = Failure(error)
        let text: String = failure.text
        if !text.isEmpty { shell.output.note(text.hasSuffix("\n") ? String(text.dropLast()) : text) }
        return failure.exitCode
    }

    private static func wait(_ body: @escaping @Sendable () async -> Int32) -> Int32 {
        final class Box: @unchecked Sendable { var code: Int32 = 0 }  // written before the signal, read after it
        let box = Box()
        let done = DispatchSemaphore(value: 0)
        Task {
            box.code = await body()
            done.signal()
        }
        done.wait()
        return box.code
    }
}
