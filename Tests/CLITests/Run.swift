import CLI
import Client
import Glibc
import Machinery
import Synchronization

/// What one command line wrote and how it ended.
struct Run {
    let out: String
    let error: String
    let code: Int32

    /// Runs a command line in an environment of its own: no kubeconfig but the one given, time stands still.
    static func swkube(_ words: String..., environment: [String: String] = [:], input: String = "") async -> Run {
        await swkube(words, environment: environment, input: input)
    }

    static func swkube(_ words: [String], environment: [String: String] = [:], input: String = "") async -> Run {
        let written = Mutex<(out: [UInt8], error: [UInt8])>(([], []))
        let output = Output { stream, bytes in
            written.withLock { written in if stream == .out { written.out += bytes } else { written.error += bytes } }
        }
        let shell = Shell(
            output: output, environment: { environment[$0] }, input: { Array(input.utf8) }, now: { Time(seconds: 1_700_000_000) })
        let code: Int32 = await CLI.run(words, in: shell)
        return written.withLock {
            Run(out: String(decoding: $0.out, as: UTF8.self), error: String(decoding: $0.error, as: UTF8.self), code: code)
        }
    }
}

/// A folder of one test's own; goes with it.
final class TemporaryFolder {
    let path: String

    init() {
        var template: [CChar] = Array("/tmp/swkube-cli-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary folder could be made") }
        path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in (try? LocalFile.names(in: path)) ?? [] { unlink(path + "/" + name) }
        rmdir(path)
    }

    /// Writes a file and returns its path.
    func file(_ name: String, _ text: String) throws -> String {
        try LocalFile.replace(path + "/" + name, with: Array(text.utf8))
        return path + "/" + name
    }

    func text(_ name: String) throws -> String { String(decoding: try LocalFile.read(path + "/" + name), as: UTF8.self) }
}
