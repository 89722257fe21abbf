import API
import Client
import Machinery

/// What keys mean. They are those of k9s.
extension DashboardState {
    /// Rows that the shown page has for its content.
    var room: Int { DashboardLayout(self).room }

    mutating func press(_ key: Key) -> [DashboardAction] {
        flash = nil
        if prompt != nil { return typed(key) }
        switch key {
        case .control("c"): return [.quit]
        case .character(":"):
            prompt = Prompt(purpose: .command)
            return []
        case .character("/"):
            prompt = Prompt(purpose: .filter, text: filterText)
            return []
        case .character("?"): return openHelp()
        case .escape, .character("q"), .backspace:
            // A filter goes before the page does.
            if key == .escape, !filterText.isEmpty { return look(for: "") }
            return goBack()
        case .control("a"): return openText("aliases", ["api-resources"])
        default: break
        }
        switch pages.last {
        case .table: return pressOnTable(key)
        case .text(let page): return press(key, on: page)
        case .log(let page): return press(key, on: page)
        case nil: return []
        }
    }

    private mutating func openHelp() -> [DashboardAction] {
        let below: [DashboardAction] = pages.last.map { [.stop(page: $0.id)] } ?? []
        pages.append(.text(TextPage(id: nextPage(), title: "help", lines: KeyHelp.lines(favourites))))
        return below
    }

    // MARK: - Text and logs

    private mutating func press(_ key: Key, on page: TextPage) -> [DashboardAction] {
        var page: TextPage = page
        defer { if pages.last?.id == page.id { pages[pages.count - 1] = .text(page) } }
        if page.move(key, room: room) { return [] }
        switch key {
        case .character("w"): page.wraps.toggle()
        case .character("r"), .control("r"): if !page.command.isEmpty { return [.show(page: page.id, page.command)] }
        case .character("e"): if let place = page.place { return [.interact(["edit"] + place.words)] }
        default: break
        }
        return []
    }

    private mutating func press(_ key: Key, on page: LogPage) -> [DashboardAction] {
        var page: LogPage = page
        defer { if pages.last?.id == page.id { pages[pages.count - 1] = .log(page) } }
        if page.move(key, room: room) { return [] }
        switch key {
        case .character("w"): page.wraps.toggle()
        case .character("f"): page.isWhole.toggle()
        case .character("s"): page.follows.toggle()
        case .character("c"): page.clear()
        case .character("t"):
            page.hasTimestamps.toggle()
            page.restart()
            return [.follow(page: page.id, page.words)]
        case .character("r"), .control("r"):
            page.restart()
            return [.follow(page: page.id, page.words)]
        case .character("p"):
            return goBack() + openLog(page.name, page.command, isPrevious: !page.isPrevious)
        default: break
        }
        return []
    }

    // MARK: - Tables

    private mutating func pressOnTable(_ key: Key) -> [DashboardAction] {
        let before: String? = shownTable?.chosenRow?.id
        var hasMoved: Bool = false
        let room: Int = room
        onTable { hasMoved = $0.move(key, room: room) }
        if hasMoved { return shownTable?.chosenRow?.id == before ? [] : chosenChanged() }
        switch key {
        case .character("0"): return look(into: nil)
        case .character(let digit) where "123456789".contains(digit):
            guard let number = digit.wholeNumberValue, number <= favourites.count else { return [] }
            return look(into: favourites[number - 1])
        case .control("w"): onTable { $0.isWide.toggle() }
        case .control("r"): return resume()
        case .character(" "): onTable { $0.mark() }
        case .control("\\"): onTable { $0.markNone() }
        default:
            guard let column = TablePage.column(key) else { return pressOnRow(key) }
            guard shownTable?.shown.index(of: column) != nil || column == "NAMESPACE" else {
                flash = Flash(text: "there is no column \(column) here", isError: false)
                return []
            }
            onTable {
                $0.order.choose(column)
                $0.refresh()
            }
        }
        return []
    }

    private mutating func pressOnRow(_ key: Key) -> [DashboardAction] {
        guard let page = shownTable, let row = page.chosenRow else { return [] }
        guard let place = page.place else { return key == .enter ? [.useContext(row.name)] : [] }
        let name: String = "\(place.resource.resource.resource)/\(place.name)"
        switch key {
        case .enter: return page.container == nil ? [.read(page: page.id, place)] : openLogs(place, page.container, isPrevious: false)
        case .character("d"): return openText("describe \(name)", ["describe"] + place.words, place: place)
        case .character("y"): return openText("yaml \(name)", ["get"] + place.words + ["-o", "yaml"], place: place)
        case .character("e"): return [.interact(["edit"] + place.words)]
        case .character("l"): return openLogs(place, page.container, isPrevious: false)
        case .character("p"): return openLogs(place, page.container, isPrevious: true)
        case .control("d"):
            return confirm("delete \(page.shownPlaces)?", ObjectPlace.words(page.places).map { ["delete"] + $0 + ["--wait=false"] })
        default: return page.pod == nil ? pressOnObject(key, place, name) : pressOnPod(key, place, page.container)
        }
    }

    private mutating func pressOnPod(_ key: Key, _ pod: ObjectPlace, _ container: String?) -> [DashboardAction] {
        let choice: [String] = container.map { ["-c", $0] } ?? []
        switch key {
        case .character("s"):
            let shell: String = "command -v bash >/dev/null 2>&1 && exec bash || exec sh"
            return [.interact(["exec", "-it", pod.name] + pod.flags + choice + ["--", "sh", "-c", shell])]
        case .character("a"): return [.interact(["attach", "-it", pod.name] + pod.flags + choice)]
        case .control("k"):
            let pods: [ObjectPlace] = shownTable?.places ?? [pod]
            onTable { $0.markNone() }
            return ObjectPlace.words(pods).map { .carryOut(["delete"] + $0 + ["--now", "--wait=false"]) }
        case .character("F"):
            prompt = Prompt(purpose: .ports(pod))
            return []
        default: return []
        }
    }

    private mutating func pressOnObject(_ key: Key, _ place: ObjectPlace, _ name: String) -> [DashboardAction] {
        let places: [ObjectPlace] = shownTable?.places ?? [place]
        switch (key, place.resource.resource) {
        case (.character("c"), Node.names.resource): return [.carryOut(["cordon"] + places.map(\.name))]
        case (.character("u"), Node.names.resource): return [.carryOut(["uncordon"] + places.map(\.name))]
        case (.character("r"), Node.names.resource):
            let drain: [String] = ["drain"] + places.map(\.name) + ["--ignore-daemonsets", "--delete-emptydir-data"]
            return confirm("drain \(shownTable?.shownPlaces ?? name)?", [drain])
        case (.character("t"), CronJob.names.resource):
            let job: String = "\(place.name.prefix(40))-manual-\(now.seconds)"
            return [.carryOut(["create", "job", job, "--from=cronjob/\(place.name)"] + place.flags)]
        case (.character("x"), Secret.names.resource):
            let template: String = "go-template={{range $key, $value := .data}}{{$key}}: {{$value | base64decode}}\n{{end}}"
            return openText("data of \(name)", ["get"] + place.words + ["-o", template])
        case (.character("F"), Service.names.resource): prompt = Prompt(purpose: .ports(place))
        case (.character("s"), _): prompt = Prompt(purpose: .replicas(place))
        case (.character("r"), _):
            return confirm(
                "restart the rollout of \(shownTable?.shownPlaces ?? name)?", ObjectPlace.words(places).map { ["rollout", "restart"] + $0 })
        default: break
        }
        return []
    }

    private mutating func confirm(_ question: String, _ commands: [[String]]) -> [DashboardAction] {
        prompt = Prompt(purpose: .confirm(question, commands.map { .carryOut($0) }))
        return []
    }

    private mutating func openLogs(_ place: ObjectPlace, _ container: String?, isPrevious: Bool) -> [DashboardAction] {
        guard place.resource.resource == Pod.names.resource else {
            let all: [String] = isPrevious ? [] : ["--all-pods", "--new-pods", "--prefix", "--max-log-requests=50"]
            return openLog("\(place.resource.resource.resource)/\(place.name)", place.slashed + all, isPrevious: isPrevious)
        }
        let choice: [String] = container.map { ["-c", $0] } ?? []
        let name: String = container.map { "\(place.name):\($0)" } ?? place.name
        return openLog(name, [place.name] + place.flags + choice, isPrevious: isPrevious)
    }

    /// After an object was read, to go down from it.
    mutating func goDown(_ place: ObjectPlace, _ object: JSON) -> [DashboardAction] {
        let origin: String = "\(place.resource.resource.resource)/\(place.name)"
        switch DrillDown.from(place, object) {
        case .table(let query, let owner): return openTable(.resource(query, owner: owner), origin: origin)
        case .containers(let pod): return openTable(.containers(pod))
        case .namespace(let name):
            namespace = name
            return openTable(.resource(query(Self.firstResource), owner: nil))
        case .describe: return openText("describe \(origin)", ["describe"] + place.words, place: place)
        }
    }

    /// Another row is chosen: a pod that is in trouble says why.
    func chosenChanged() -> [DashboardAction] {
        guard let page = shownTable, let row = page.chosenRow, let pod = page.pod, page.container == nil,
            [.warning, .bad].contains(RowTone.of(row, in: page.shown))
        else { return [] }
        return [.explain(page: page.id, row: row.id, pod)]
    }
}
