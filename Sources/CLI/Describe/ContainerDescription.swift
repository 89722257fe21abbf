import Machinery

/// The containers of a pod or of a pod template.
enum ContainerDescription {
    /// - Parameter isTemplate: titles and names stand further in then, their content does not.
    static func write(_ title: String, _ containers: [JSON], _ statuses: [JSON], _ text: inout DescribeText, isTemplate: Bool = false) {
        text.line(isTemplate ? 1 : 0, containers.isEmpty ? "\(title):\t<none>" : "\(title):")
        for container in containers {
            let name: String = container.text(at: "name")
            text.line(1, "\(isTemplate ? " " : "")\(name):")
            write(container, statuses.first { $0.text(at: "name") == name }, 2, &text)
        }
    }

    /// `8080/TCP (http)`
    private static func shown(_ port: JSON, _ member: String) -> String {
        let name: String = port.text(at: "name")
        return "\(port.number(member))/\(port["protocol"]?.string ?? "TCP")" + (name.isEmpty ? "" : " (\(name))")
    }

    private static func write(_ container: JSON, _ status: JSON?, _ level: Int, _ text: inout DescribeText) {
        if let status { text.field("Container ID", status.text(at: "containerID"), level: level) }
        text.field("Image", container.text(at: "image"), level: level)
        if let status { text.field("Image ID", status.text(at: "imageID"), level: level) }
        let ports: [JSON] = container.list("ports")
        let shown: String = ports.map { Self.shown($0, "containerPort") }.joined(separator: ", ")
        let host: String = ports.map { Self.shown($0, "hostPort") }.joined(separator: ", ")
        text.field(ports.count > 1 ? "Ports" : "Port", shown.isEmpty ? "<none>" : shown, level: level)
        text.field(ports.count > 1 ? "Host Ports" : "Host Port", host.isEmpty ? "<none>" : host, level: level)
        if let profile = container[["securityContext", "seccompProfile"]] {
            text.field("SeccompProfile", profile.text(at: "type"), level: level)
        }
        for (title, member) in [("Command", "command"), ("Args", "args")] {
            let words: [JSON] = container.list(member)
            guard !words.isEmpty else { continue }
            text.line(level, title + ":")
            for word in words {
                for part in (word.string ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
                    text.line(level + 1, String(part))
                }
            }
        }
        if let status {
            writeState("State", status["state"] ?? [:], level, &text)
            if let last = status["lastState"], !last.isEmpty { writeState("Last State", last, level, &text) }
            text.field("Ready", status["ready"]?.bool == true ? "True" : "False", level: level)
            text.field("Restart Count", "\(status.number("restartCount"))", level: level)
        }
        for (title, member) in [("Limits", "limits"), ("Requests", "requests")] {
            guard let amounts = container[["resources", member]]?.object, !amounts.isEmpty else { continue }
            text.line(level, title + ":")
            for amount in amounts.sorted() { text.line(level + 1, "\(amount.key):\t\(GoText.of(amount.value))") }
        }
        for (title, member) in [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")] {
            if let probe = container[member], !probe.isNull { text.field(title, self.probe(probe), level: level) }
        }
        writeEnvironment(container, level, &text)
        writeMounts(container, level, &text)
    }

    private static func writeState(_ title: String, _ state: JSON, _ level: Int, _ text: inout DescribeText) {
        if let running = state["running"] {
            text.line(level, "\(title):\tRunning")
            text.line(level + 1, "Started:\t\(DescribeText.date(running["startedAt"]))")
        } else if let waiting = state["waiting"] {
            text.line(level, "\(title):\tWaiting")
            if !waiting.text(at: "reason").isEmpty { text.line(level + 1, "Reason:\t\(waiting.text(at: "reason"))") }
        } else if let ended = state["terminated"] {
            text.line(level, "\(title):\tTerminated")
            if !ended.text(at: "reason").isEmpty { text.line(level + 1, "Reason:\t\(ended.text(at: "reason"))") }
            if !ended.text(at: "message").isEmpty { text.line(level + 1, "Message:\t\(ended.text(at: "message"))") }
            text.line(level + 1, "Exit Code:\t\(ended.number("exitCode"))")
            if ended.number("signal") > 0 { text.line(level + 1, "Signal:\t\(ended.number("signal"))") }
            text.line(level + 1, "Started:\t\(DescribeText.date(ended["startedAt"]))")
            text.line(level + 1, "Finished:\t\(DescribeText.date(ended["finishedAt"]))")
        } else {
            text.line(level, "\(title):\tWaiting")
        }
    }

    /// `http-get http://:80/healthz delay=0s timeout=1s period=10s successThreshold=1 failureThreshold=3`
    static func probe(_ probe: JSON) -> String {
        let times: String =
            "delay=\(probe.number("initialDelaySeconds"))s timeout=\(probe.number("timeoutSeconds"))s period=\(probe.number("periodSeconds"))s "
            + "successThreshold=\(probe.number("successThreshold")) failureThreshold=\(probe.number("failureThreshold"))"
        if let exec = probe["exec"] { return "exec [\(exec.list("command").compactMap(\.string).joined(separator: " "))] \(times)" }
        if let http = probe["httpGet"] {
            let scheme: String = (http["scheme"]?.string ?? "HTTP").lowercased()
            let path: String = http.text(at: "path")
            return
                "http-get \(scheme)://\(http.text(at: "host")):\(http.text(at: "port"))\(path.isEmpty || path.hasPrefix("/") ? path : "/" + path) \(times)"
        }
        if let tcp = probe["tcpSocket"] { return "tcp-socket \(tcp.text(at: "host")):\(tcp.text(at: "port")) \(times)" }
        if let grpc = probe["grpc"] { return "grpc <pod>:\(grpc.number("port")) \(grpc.text(at: "service")) \(times)" }
        return "unknown \(times)"
    }

    private static func writeEnvironment(_ container: JSON, _ level: Int, _ text: inout DescribeText) {
        let sources: [JSON] = container.list("envFrom")
        if !sources.isEmpty {
            text.line(level, "Environment Variables from:")
            for source in sources {
                let (kind, reference): (String, JSON) =
                    source["configMapRef"].map { ("ConfigMap", $0) } ?? ("Secret", source["secretRef"] ?? [:])
                let prefix: String = source.text(at: "prefix")
                let isOptional: Bool = reference["optional"]?.bool ?? false
                text.line(
                    level + 1,
                    "\(reference.text(at: "name"))\t\(kind)\(prefix.isEmpty ? "" : " with prefix '\(prefix)'")\tOptional: \(isOptional)")
            }
        }
        let variables: [JSON] = container.list("env")
        text.line(level, variables.isEmpty ? "Environment:\t<none>" : "Environment:")
        for variable in variables { writeVariable(variable, level + 1, &text) }
    }

    private static func writeVariable(_ variable: JSON, _ level: Int, _ text: inout DescribeText) {
        let name: String = variable.text(at: "name")
        guard let source = variable["valueFrom"], !source.isNull else {
            for (index, part) in variable.text(at: "value").split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                text.line(level, index == 0 ? "\(name):\t\(part)" : "\t\(part)")
            }
            return
        }
        if let field = source["fieldRef"] {
            text.line(level, "\(name):\t (\(field["apiVersion"]?.string ?? "v1"):\(field.text(at: "fieldPath")))")
        } else if let resource = source["resourceFieldRef"] {
            text.line(level, "\(name):\t (\(resource.text(at: "resource")))")
        } else {
            let (kind, reference): (String, JSON) =
                source["secretKeyRef"].map { ("secret", $0) } ?? ("config map", source["configMapKeyRef"] ?? [:])
            text.line(
                level,
                "\(name):\t<set to the key '\(reference.text(at: "key"))' \(kind == "secret" ? "in secret" : "of config map") "
                    + "'\(reference.text(at: "name"))'>\tOptional: \(reference["optional"]?.bool ?? false)")
        }
    }

    private static func writeMounts(_ container: JSON, _ level: Int, _ text: inout DescribeText) {
        let mounts: [JSON] = container.list("volumeMounts").sorted { $0.text(at: "mountPath") < $1.text(at: "mountPath") }
        text.line(level, mounts.isEmpty ? "Mounts:\t<none>" : "Mounts:")
        for mount in mounts {
            var flags: [String] = [mount["readOnly"]?.bool == true ? "ro" : "rw"]
            let subPath: String = mount.text(at: "subPath")
            if !subPath.isEmpty { flags.append("path=\(JSON.quoted(subPath))") }
            text.line(level + 1, "\(mount.text(at: "mountPath")) from \(mount.text(at: "name")) (\(flags.joined(separator: ",")))")
        }
    }
}
