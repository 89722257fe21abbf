import FoundationEssentials
import TestSupport

/// A case that needs no code: a folder with `input.yaml`, `commands.txt` and `expected.txt`.
///
/// Each line of `commands.txt` is a line of bash, run in the folder with `swkube` on PATH, against a cluster of the case's own. A line
/// that begins with `~ ` is run again until its output is as expected. `expected.txt` is what a terminal would show, with what changes from
/// run to run masked and columns three spaces apart. `SWKUBE_UPDATE=1` writes it anew.
struct Case: Sendable, CustomStringConvertible {
    let description: String

    /// The root of the package.
    static let root: String = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
    private static let folder = root + "/Tests/ClusterTests/Cases"

    /// All cases; with `SWKUBE_CASES=drain,budget` only these.
    static let all: [Case] = {
        let chosen: [Substring] = (Command.environment["SWKUBE_CASES"] ?? "").split(separator: ",")
        let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        return names.filter { chosen.isEmpty || chosen.contains(Substring($0)) }.map { Case(description: $0) }
    }()

    private var folder: String { Self.folder + "/" + description }

    func run() async throws {
        let expected: [Step] = Step.all((try? Self.text(folder + "/expected.txt")) ?? "")
        let lines: [String] = try Self.text(folder + "/commands.txt").split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
        let isUpdating: Bool = Command.environment["SWKUBE_UPDATE"] != nil
        try await TestHome.with { home in
            try await home.start()
            var seen: [Step] = []
            for (index, line) in lines.enumerated() {
                let waits: Bool = line.hasPrefix("~ ")
                let command: String = waits ? String(line.dropFirst(2)) : line
                let wanted: Step? = index < expected.count && expected[index].command == command ? expected[index] : nil
                var step: Step = try await run(command, home)
                if waits {
                    // Without a known text, settled is what stays the same for three seconds.
                    var before: Step?
                    let deadline: ContinuousClock.Instant = .now + .seconds(60)
                    while isUpdating ? step != before : step != wanted, .now < deadline {
                        before = step
                        try await Task.sleep(for: isUpdating ? .seconds(3) : .milliseconds(100))
                        step = try await run(command, home)
                    }
                }
                seen.append(step)
                guard isUpdating || step == wanted else {
                    let known: String = wanted?.output ?? "(no such step)"
                    throw TestFailure("\(description), $ \(command)\n--- expected:\n\(known)\n--- seen:\n\(step.output)")
                }
            }
            if isUpdating {
                try Data(seen.map(\.text).joined().utf8).write(to: URL(filePath: folder + "/expected.txt"))
            }
        }
    }

    private func run(_ command: String, _ home: TestHome) async throws -> Step {
        let outcome: Command.Outcome = try await home.bash("cd '\(folder)'; { \(command)\n} 2>&1")
        var output: String = Mask.apply(outcome.output)
        if !output.isEmpty, !output.hasSuffix("\n") { output += "\n" }
        return Step(command: command, output: output + (outcome.code == 0 ? "" : "[exit \(outcome.code)]\n"))
    }

    private static func text(_ path: String) throws -> String { String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self) }
}

/// A command and what it printed.
struct Step: Equatable {
    let command: String
    let output: String

    var text: String { "$ \(command)\n\(output)" }

    static func all(_ text: String) -> [Step] {
        var steps: [Step] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2)), output: ""))
            } else if let last = steps.popLast() {
                steps.append(Step(command: last.command, output: last.output + line + "\n"))
            }
        }
        return steps
    }
}

/// Hides what differs from run to run.
enum Mask {
    static func apply(_ text: String) -> String {
        var text: String = text
        text.replace(#/\b127\.\d+\.\d+\.\d+:\d+/#, with: "ADDRESS")
        text.replace(#/\b(127|10)\.\d+\.\d+\.\d+\b/#, with: "IP")
        text.replace(#/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, with: "UID")
        text.replace(#/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/#, with: "TIME")
        text.replace(#/\b(web|greet|job|sum)(-[bcdf-hj-np-tv-xz2456789]{6,10})?-[bcdf-hj-np-tv-xz2456789]{5}\b/#) { "\($0.output.1)-POD" }
        text.replace(#/\bweb-[bcdf-hj-np-tv-xz2456789]{6,10}\b/#, with: "web-HASH")
        text.replace(#/(?m)([ \t(])(?:\d+d)?(?:\d+h)?(?:\d+m)?\d+s(?=$|[ \t)])/#) { "\($0.output.1)AGE" }
        text.replace(#/resourceVersion: "\d+"/#, with: "resourceVersion: REVISION")
        text.replace(#/(\S) {2,}/#) { "\($0.output.1)   " }
        text.replace(#/(?m) +$/#, with: "")
        return text
    }
}
