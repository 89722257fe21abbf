/// The keys, for the help page, the second line of the screen and `swkube dashboard --help`.
package enum KeyHelp {
    struct Group: Sendable {
        let title: String
        let keys: [(key: String, meaning: String)]
    }

    static let groups: [Group] = [
        Group(
            title: "Everywhere",
            keys: [
                (":", "go to a resource: :pods, :deploy kube-system, :po /web"), ("", ":ns shop, :ctx prod, :q; tab completes"),
                ("/", "show what fits a regular expression only; !it shows what does not"),
                ("enter", "go down: workload, pods, containers, log"),
                ("esc, q", "go back"), ("?", "this help"), ("ctrl-a", "all resources of the cluster"), (":q, ctrl-c", "quit"),
            ]),
        Group(
            title: "Moving",
            keys: [
                ("j k, arrows", "a row down or up"), ("ctrl-f ctrl-b", "a page down or up; also the page keys"),
                ("g G", "first and last row"),
                ("0", "all namespaces"), ("1 to 9", "favourite namespaces"),
            ]),
        Group(
            title: "Any object",
            keys: [
                ("d", "describe"), ("y", "YAML"), ("e", "edit in $EDITOR"), ("l", "logs, of all pods of a workload"),
                ("p", "logs of the run before"),
                ("space", "mark a row, or no longer; ctrl-\\ marks none"),
                ("", "deleting, killing, cordoning, restarting take all that are marked"),
                ("ctrl-d", "delete, after a question"), ("ctrl-w", "more columns"), ("ctrl-r", "read anew"),
                ("shift-", "sort: N name, A age, S status, R ready, T restarts,"), ("", "C cpu, M memory, I ip, O node, P namespace"),
            ]),
        Group(
            title: "Pods and containers",
            keys: [("s", "shell"), ("a", "attach"), ("ctrl-k", "kill, without a question"), ("shift-f", "forward ports, of services too")]),
        Group(title: "Workloads", keys: [("s", "scale"), ("r", "restart the rollout"), ("t", "run a cron job now")]),
        Group(title: "Nodes", keys: [("c", "cordon"), ("u", "uncordon"), ("r", "drain")]),
        Group(title: "Secrets", keys: [("x", "show the data decoded")]),
        Group(
            title: "Logs",
            keys: [
                ("s", "follow or not"), ("w", "wrap lines"), ("f", "nothing but the log"), ("t", "with times"), ("c", "clear"),
                ("p", "the run before"), ("r", "read anew"),
            ]),
    ]

    /// The groups as text, two blanks before each key.
    package static var text: String {
        groups.map { group in
            let keys: [String] = group.keys.map { key in
                "  \(key.key)\(String(repeating: " ", count: max(1, 15 - key.key.count)))\(key.meaning)\n"
            }
            return "\(group.title):\n" + keys.joined()
        }.joined(separator: "\n")
    }

    /// With the namespaces that digits mean.
    static func lines(_ favourites: [String]) -> [String] {
        let digits: [String] = favourites.enumerated().map { "  \($0.offset + 1)              \($0.element)" }
        return (text + "\nNamespaces:\n  0              all\n" + digits.joined(separator: "\n")).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
    }
}
