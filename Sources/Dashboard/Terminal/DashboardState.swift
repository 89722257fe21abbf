import API
package import Client
package import Machinery

/// All that the terminal shows, as a value: takes news, says what is to be done, and can be drawn at any time.
///
/// Invariant: `pages` is never empty; the last one is shown.
package struct DashboardState: Sendable {
    enum Page: Sendable {
        case table(TablePage)
        case text(TextPage)
        case log(LogPage)

        var id: Int {
            switch self {
            case .table(let page): page.id
            case .text(let page): page.id
            case .log(let page): page.id
            }
        }
    }

    let look: Look
    var facts: ClusterFacts
    var usage = ClusterUsage()
    var pages: [Page] = []
    var prompt: Prompt?
    var flash: Flash?
    /// nil means all.
    var namespace: String?
    /// Those that the keys 1 to 9 mean.
    var favourites: [String]
    /// What the command prompt completes, best first.
    var words: [String] = Self.ownWords
    var rows: Int
    var columns: Int
    var now: Time
    private var lastPage: Int = 0
    private var lastCommand: String = ""

    static let ownWords: [String] = [
        "pods", "deployments", "services", "nodes", "namespaces", "events", "contexts", "help", "quit", "aliases",
    ]

    package init(_ facts: ClusterFacts, look: Look, rows: Int, columns: Int, now: Time) {
        self.facts = facts
        self.look = look
        self.rows = rows
        self.columns = columns
        self.now = now
        namespace = facts.namespace
        favourites = Self.favourites(facts, [])
    }

    /// The first page. - Parameter resource: what it shows.
    package mutating func begin(_ resource: APIResource) -> [DashboardAction] {
        pages = []
        return openTable(.resource(query(resource), owner: nil))
    }

    // MARK: - News

    package mutating func take(_ news: DashboardNews) -> [DashboardAction] {
        switch news {
        case .key(let key): return press(key)
        case .size(let rows, let columns): (self.rows, self.columns) = (rows, columns)
        case .time(let now):
            self.now = now
            onTables { $0.refresh(now: now) }
        case .table(let page, let change):
            let before: ResourceTable.Row? = shownTable?.chosenRow
            onTables { if $0.id == page { $0.take(change) } }
            return shownTable?.chosenRow == before ? [] : chosenChanged()
        case .object(let page, let place, let object):
            guard pages.last?.id == page else { break }
            return goDown(place, object)
        case .reason(let page, let row, let text):
            onTables { if $0.id == page { $0.reason = (row, text) } }
        case .text(let page, let lines):
            onPage(page) { if case .text(var text) = $0 { text.take(lines); $0 = .text(text) } }
        case .log(let page, let lines):
            onPage(page) { if case .log(var log) = $0 { log.take(lines); $0 = .log(log) } }
        case .logEnd(let page, let text):
            onPage(page) { if case .log(var log) = $0 { log.end(text); $0 = .log(log) } }
        case .done(let text, let isError): flash = Flash(text: text, isError: isError)
        case .found(let resource, let word, let rest): return found(resource, word, rest)
        case .contexts(let page, let contexts):
            let table = ContextTable.table(contexts, current: facts.context)
            onTables { if $0.id == page { $0.show(table) } }
        case .connected(let facts): return connected(facts)
        case .version(let version): facts.version = version
        case .usage(let usage):
            self.usage = usage
            onTables { $0.take(usage) }
        case .resources(let resources): words = Self.ownWords + Self.words(resources)
        case .namespaces(let names): favourites = Self.favourites(facts, names)
        }
        return []
    }

    private mutating func connected(_ facts: ClusterFacts) -> [DashboardAction] {
        self.facts = facts
        usage = ClusterUsage()
        namespace = facts.namespace
        favourites = Self.favourites(facts, [])
        flash = Flash(text: "context \(facts.context)", isError: false)
        return pages.map { .stop(page: $0.id) } + begin(Self.firstResource)
    }

    package static let firstResource = APIResource(Pod.names)

    /// The names of resources, those without a group before the others, without doubles.
    private static func words(_ resources: [APIResource]) -> [String] {
        var seen: Set<String> = Set(ownWords)
        let listed: [APIResource] = resources.filter { $0.can("list") }
        return listed.map(\.resource.resource).filter { seen.insert($0).inserted }
    }

    /// The context's own namespace, `default`, then the others, those of the system last.
    private static func favourites(_ facts: ClusterFacts, _ names: [String]) -> [String] {
        let users: [String] = names.filter { !$0.hasPrefix("kube-") } + names.filter { $0.hasPrefix("kube-") }
        var list: [String] = []
        for name in [facts.namespace, "default"] + users where !list.contains(name) { list.append(name) }
        return Array(list.prefix(9))
    }

    // MARK: - Pages

    mutating func nextPage() -> Int {
        lastPage += 1
        return lastPage
    }

    var shownTable: TablePage? { if case .table(let page) = pages.last { page } else { nil } }

    func query(_ resource: APIResource) -> TableQuery {
        TableQuery(resource, namespace: resource.isNamespaced ? namespace : nil)
    }

    /// Shows a table above what is there; what lies below is not kept true meanwhile.
    mutating func openTable(_ content: TablePage.Content, origin: String = "") -> [DashboardAction] {
        var page = TablePage(id: nextPage(), content, origin: origin)
        page.take(usage)
        page.refresh(now: now)
        let below: [DashboardAction] = pages.last.map { [.stop(page: $0.id)] } ?? []
        pages.append(.table(page))
        if let query = page.query { return below + [.watch(page: page.id, query)] }
        return below + [.listContexts(page: page.id)]
    }

    mutating func openText(_ title: String, _ command: [String], place: ObjectPlace? = nil) -> [DashboardAction] {
        let page = TextPage(id: nextPage(), title: title, command: command, place: place)
        let below: [DashboardAction] = pages.last.map { [.stop(page: $0.id)] } ?? []
        pages.append(.text(page))
        return below + [.show(page: page.id, command)]
    }

    mutating func openLog(_ name: String, _ command: [String], isPrevious: Bool) -> [DashboardAction] {
        let page = LogPage(id: nextPage(), name: name, command: command, isPrevious: isPrevious)
        let below: [DashboardAction] = pages.last.map { [.stop(page: $0.id)] } ?? []
        pages.append(.log(page))
        return below + [.follow(page: page.id, page.words)]
    }

    /// Goes back to the page below, which is kept true again. The first page stays.
    mutating func goBack() -> [DashboardAction] {
        guard pages.count > 1, let gone = pages.popLast() else { return [] }
        return [.stop(page: gone.id)] + resume()
    }

    /// The terminal was another program's for a while, which may have changed what is shown.
    package func returned() -> [DashboardAction] {
        guard case .text(let page) = pages.last, !page.command.isEmpty else { return [] }
        return [.show(page: page.id, page.command)]
    }

    /// What the shown page needs to be true.
    func resume() -> [DashboardAction] {
        guard let page = shownTable else { return [] }
        guard let query = page.query else { return [.listContexts(page: page.id)] }
        return [.watch(page: page.id, query)]
    }

    mutating func onTable(_ body: (inout TablePage) -> Void) {
        guard case .table(var page) = pages.last else { return }
        body(&page)
        pages[pages.count - 1] = .table(page)
    }

    private mutating func onTables(_ body: (inout TablePage) -> Void) {
        for index in pages.indices {
            guard case .table(var page) = pages[index] else { continue }
            body(&page)
            pages[index] = .table(page)
        }
    }

    private mutating func onPage(_ id: Int, _ body: (inout Page) -> Void) {
        guard let index = pages.firstIndex(where: { $0.id == id }) else { return }
        body(&pages[index])
    }

    // MARK: - The command prompt

    /// Remembers a command for the next prompt.
    mutating func remember(_ command: String) { lastCommand = command }
    var remembered: String { lastCommand }

    /// Seconds until ages on the screen are wrong.
    package var secondsUntilStale: Int {
        let youngest: Int64 = shownTable?.rows.compactMap(\.created).map { now.seconds - $0.seconds }.min() ?? 3600
        return youngest < 120 ? 1 : 5
    }
}
