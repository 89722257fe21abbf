import API
import Client
import Machinery

/// `set resources`: sets requests and limits of containers.
package struct SetResources: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "set resources", abstract: "Set requests and limits of containers.",
        usage: "swkube set resources (-f FILE | TYPE NAME) ([--limits=NAME=AMOUNT,…] [--requests=NAME=AMOUNT,…]) [flags]")

    @Argument(help: "Types and names: deploy/web", value: "type or type/name")
    var words: [String] = []

    @OptionGroup var selection: SetSelector
    @OptionGroup var containers: ContainerSelector

    @Option("limits", help: "Most that a container may take, such as cpu=200m,memory=512Mi.", value: "amounts")
    var limits: String?

    @Option("requests", help: "What a container is promised, such as cpu=100m,memory=256Mi.", value: "amounts")
    var requests: String?

    @OptionGroup var options: SetOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let change = SetChange(
            options: options, words: words, selector: selection.selector, what: "resources update to pod template",
            done: "resource requirements updated")
        try change.validate()
        if limits?.isEmpty != false, requests?.isEmpty != false {
            throw Failure("you must specify an update to requests or limits (in the form of --requests/--limits)")
        }
        let (limits, requests) = (try Self.amounts(self.limits), try Self.amounts(self.requests))
        var missing = Failures()
        do {
            try await change.run(shell, try options.connection.session(shell)) { object in
                let path: [String] = try SetChange.requirePodSpec(object)
                var changed: JSON = object.json
                var isFound: Bool = false
                for member in ["containers", "initContainers"] {
                    guard let all = changed[path + [member]]?.array else { continue }
                    changed[path + [member]] = .array(
                        all.map { container in
                            guard containers.matches(container) else { return container }
                            isFound = true
                            var container: JSON = container
                            for (name, amount) in limits { container[["resources", "limits", name]] = .string(amount) }
                            for (name, amount) in requests { container[["resources", "requests", name]] = .string(amount) }
                            return container
                        })
                }
                if !isFound { missing.add(Failure("error: unable to find container named \(containers.containers)")) }
                return changed
            }
        } catch {
            missing.add(error)
        }
        try missing.throwIfAny()
    }

    /// `cpu=1,memory=1Gi`
    static func amounts(_ text: String?, problem: String = "invalid argument syntax") throws -> [(name: String, amount: String)] {
        guard let text, !text.isEmpty else { return [] }
        return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let parts: [Substring] = part.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw Failure("\(problem) \(part), expected <resource>=<value>")
            }
            do { return (String(parts[0]), try Quantity(String(parts[1])).description) } catch { throw Failure("\(error)") }
        }
    }
}
