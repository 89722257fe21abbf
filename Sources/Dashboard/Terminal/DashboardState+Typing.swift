import Client

/// What is typed at the prompt.
extension DashboardState {
    mutating func typed(_ key: Key) -> [DashboardAction] {
        guard var prompt else { return [] }
        if case .command = prompt.purpose, key == .up, prompt.text.isEmpty {
            prompt.text = remembered
            self.prompt = prompt
            return []
        }
        switch prompt.press(key, words) {
        case .cancelled:
            self.prompt = nil
            return prompt.purpose == .filter ? look(for: "") : []
        case .typing:
            self.prompt = prompt
            // Rows go as one types.
            return prompt.purpose == .filter ? look(for: prompt.text) : []
        case .entered:
            self.prompt = nil
            return entered(prompt)
        }
    }

    private mutating func entered(_ prompt: Prompt) -> [DashboardAction] {
        switch prompt.purpose {
        case .filter: return look(for: prompt.text)
        case .command: return command(prompt.text)
        case .confirm(_, let actions):
            onTable { $0.markNone() }
            return actions
        case .ports(let place):
            guard !prompt.text.isEmpty else { return [] }
            return [.interact(["port-forward"] + place.slashed + prompt.text.split(separator: " ").map(String.init))]
        case .replicas(let place):
            guard let count = Int(prompt.text), count >= 0 else {
                flash = Flash(text: "replicas: \(prompt.text) is no number from 0 on", isError: true)
                return []
            }
            return [.carryOut(["scale"] + place.slashed + ["--replicas=\(count)"])]
        }
    }

    /// `pods`, `deploy kube-system`, `po /web`, `ns shop`, `ctx prod`, `q`.
    private mutating func command(_ text: String) -> [DashboardAction] {
        let parts: [Substring] = text.split(separator: " ", maxSplits: 1)
        guard let first = parts.first else { return [] }
        remember(text)
        let rest: String = parts.count > 1 ? String(parts[1]) : ""
        if ["ns", "namespace", "namespaces"].contains(first), !rest.isEmpty { return look(into: Self.namespace(rest)) }
        switch first {
        case "q", "quit", "q!", "exit": return [.quit]
        case "help", "h", "?": return press(.character("?"))
        case "alias", "aliases": return openText("aliases", ["api-resources"])
        case "ctx", "context", "contexts": return rest.isEmpty ? openTable(.contexts) : [.useContext(rest)]
        default: return [.find(String(first), rest: rest)]
        }
    }

    /// A resource that was asked for by its name: a table of its own, with nothing below.
    mutating func found(_ resource: APIResource?, _ word: String, _ rest: String) -> [DashboardAction] {
        guard let resource else {
            flash = Flash(text: "there is no resource \(word); ctrl-a lists what there is", isError: true)
            return []
        }
        guard resource.can("list") else {
            flash = Flash(text: "\(resource.qualified) cannot be listed", isError: true)
            return []
        }
        if resource.isNamespaced, !rest.isEmpty, !rest.hasPrefix("/") { namespace = Self.namespace(rest) }
        let gone: [DashboardAction] = pages.map { .stop(page: $0.id) }
        let actions: [DashboardAction] = begin(resource)
        return gone + actions + (rest.hasPrefix("/") ? look(for: String(rest.dropFirst())) : [])
    }

    private static func namespace(_ word: String) -> String? { ["all", "*", "-A"].contains(word) ? nil : word }

    var filterText: String {
        switch pages.last {
        case .table(let page): page.filter.text
        case .text(let page): page.filter.text
        case .log(let page): page.filter.text
        case nil: ""
        }
    }

    /// Shows what holds the text only. Actions when another row is chosen by that.
    mutating func look(for text: String) -> [DashboardAction] {
        let filter = RowFilter(text)
        switch pages.last {
        case .table:
            onTable {
                $0.filter = filter
                $0.refresh()
            }
            return chosenChanged()
        case .text(var page):
            page.filter = filter
            pages[pages.count - 1] = .text(page)
        case .log(var page):
            page.look(for: filter)
            pages[pages.count - 1] = .log(page)
        case nil: break
        }
        return []
    }

    /// - Parameter namespace: nil shows all.
    mutating func look(into namespace: String?) -> [DashboardAction] {
        self.namespace = namespace
        guard let page = shownTable, page.resource?.isNamespaced == true else {
            flash = Flash(text: "namespace \(namespace ?? "all") from here on", isError: false)
            return []
        }
        onTable { $0.look(into: namespace) }
        return resume()
    }
}
