package import Machinery

/// The containers of a pod as a table, from the pod itself.
package enum ContainerTable {
    package static func table(of pod: JSON, now: Time) -> ResourceTable {
        let columns: [String] = ["NAME", "READY", "STATE", "RESTARTS", "AGE", "TYPE", "IMAGE"]
        var rows: [ResourceTable.Row] = []
        for (member, statuses, type) in [
            ("initContainers", "initContainerStatuses", "init"), ("containers", "containerStatuses", "main"),
            ("ephemeralContainers", "ephemeralContainerStatuses", "debug"),
        ] {
            for container in pod[["spec", member]]?.array ?? [] {
                let name: String = container["name"]?.string ?? ""
                let status: JSON? = pod[["status", statuses]]?.array?.first { $0["name"]?.string == name }
                let (state, since): (String, String?) = state(status)
                let kind: String = type == "init" && container["restartPolicy"] == "Always" ? "sidecar" : type
                let age: String = since.flatMap { Time($0) }.map { (now - $0).human } ?? ""
                rows.append(
                    ResourceTable.Row(
                        [
                            name, status?["ready"]?.bool == true ? "true" : "false", state, String(status?["restartCount"]?.int ?? 0), age,
                            kind, container["image"]?.string ?? "",
                        ],
                        object: ["metadata": ["name": .string(name), "uid": .string("\(rows.count)/\(name)")]]))
            }
        }
        return ResourceTable(columns: columns.map { ResourceTable.Column($0) }, rows: rows)
    }

    /// In a word, and since when.
    private static func state(_ status: JSON?) -> (String, String?) {
        guard let state = status?["state"] else { return ("Waiting", nil) }
        if let running = state["running"], !running.isNull { return ("Running", running["startedAt"]?.string) }
        if let ended = state["terminated"], !ended.isNull {
            return (ended["reason"]?.string ?? "Terminated", ended["finishedAt"]?.string)
        }
        return (state[["waiting", "reason"]]?.string ?? "Waiting", nil)
    }
}
