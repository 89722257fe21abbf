import Cluster
import Glibc
import Machinery
import Sandbox

/// `doctor`: what this host can give to pods, by trying it.
package struct Doctor: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Show what this machine can give to pods, and how to get what is missing.",
        usage: "swkube doctor [-o json]",
        discussion: """
            Each line is tried out, with nothing left behind. Exit code: 0 when all is there, 1 when something is missing. What is missing \
            costs the named part alone: clusters start all the same.
            """)

    @Option("output", "o", help: "Form of output: json.", value: "format")
    var output: String?

    package init() {}

    package func runLocally(in shell: Shell) throws {
        if let output, output != "json" { throw Failure("--output must be 'json'") }
        let findings: [HostCheck.Finding] = HostCheck.all()
        if output == nil {
            let width: Int = findings.map(\.name.count).max() ?? 0
            for finding in findings {
                let name: String = finding.name + String(repeating: " ", count: width - finding.name.count)
                shell.output.line("\(finding.remedy == nil ? "yes" : "no ")   \(name)   \(finding.detail)")
                if let remedy = finding.remedy { shell.output.line("      \(String(repeating: " ", count: width))   \(remedy)") }
            }
        } else {
            let items: [JSON] = findings.map { finding in
                var item: JSON = [
                    "name": .string(finding.name), "available": .bool(finding.remedy == nil), "detail": .string(finding.detail),
                ]
                if let remedy = finding.remedy { item["remedy"] = .string(remedy) }
                return item
            }
            shell.output.line(JSON.array(items).text(.kubectl))
        }
        if findings.contains(where: { $0.remedy != nil }) { throw Failure.silent(1) }
    }
}
