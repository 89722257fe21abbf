import API
import Client
import Machinery

/// A page with rows of which one is chosen.
struct TablePage: Sendable {
    enum Content: Sendable, Equatable {
        /// When `owner` is given, only objects that it owns.
        case resource(TableQuery, owner: String?)
        case containers(ObjectPlace)
        case contexts
    }

    let id: Int
    private(set) var content: Content
    /// What the page is below: `deploy/web`; empty for a page of its own.
    let origin: String
    var order = TableOrder()
    var filter = RowFilter()
    /// Columns that the server marks as less important are shown, too.
    var isWide = false
    /// Why nothing comes.
    private(set) var failure: String?
    private(set) var hasLoaded = false
    /// Why the chosen pod is not running; nil while unknown and when all is well.
    var reason: (row: String, text: String?)?

    private var table = ResourceTable()
    private var usage = ClusterUsage()
    /// What is shown: filtered, in order, with all columns.
    private(set) var shown = ResourceTable()
    private(set) var rows: [ResourceTable.Row] = []
    /// The chosen row, and where it stands in ``rows``.
    private var chosen: String?
    private(set) var cursor: Int = 0
    /// Rows that the next action is for, by their ids; none for the chosen one alone.
    private(set) var marked: Set<String> = []
    /// First row on the screen.
    private(set) var top: Int = 0

    init(id: Int, _ content: Content, origin: String = "") {
        self.id = id
        self.content = content
        self.origin = origin
    }

    /// `pods(default)[12]`
    var title: String {
        let count: String = hasLoaded ? "[\(rows.count)]" : ""
        switch content {
        case .resource(let query, _):
            let place: String = query.resource.isNamespaced ? "(\(query.namespace ?? "all"))" : ""
            let choice: String = marked.isEmpty ? "" : " \(marked.count) marked"
            return "\(query.resource.resource.resource)\(place)\(count)\(choice)" + (origin.isEmpty ? "" : " of \(origin)")
        case .containers(let pod): return "containers(\(pod.name))\(count)"
        case .contexts: return "contexts\(count)"
        }
    }

    /// The word in the list of pages.
    var crumb: String {
        switch content {
        case .resource(let query, _): query.resource.resource.resource
        case .containers: "containers"
        case .contexts: "contexts"
        }
    }

    var resource: APIResource? { if case .resource(let query, _) = content { query.resource } else { nil } }

    /// What keeps the page's table true; nil for a table that does not change.
    var query: TableQuery? {
        switch content {
        case .resource(let query, _): return query
        case .containers(let pod):
            var query = TableQuery(pod.resource, namespace: pod.namespace, fields: "metadata.name=\(pod.name)")
            query.needsObjects = true
            return query
        case .contexts: return nil
        }
    }

    var chosenRow: ResourceTable.Row? { cursor < rows.count ? rows[cursor] : nil }

    /// The object of the chosen row; a container's is its pod.
    var place: ObjectPlace? { chosenRow.flatMap(place) }

    /// The objects of the marked rows, in their order; without marks the chosen one.
    var places: [ObjectPlace] {
        marked.isEmpty ? place.map { [$0] } ?? [] : rows.filter { marked.contains($0.id) }.compactMap(place)
    }

    /// `pods/web-1`, `3 pods`.
    var shownPlaces: String {
        let places: [ObjectPlace] = places
        guard let first = places.first else { return "" }
        let type: String = first.resource.resource.resource
        return places.count == 1 ? "\(type)/\(first.name)" : "\(places.count) \(type)"
    }

    private func place(of row: ResourceTable.Row) -> ObjectPlace? {
        switch content {
        case .resource(let query, _):
            ObjectPlace(query.resource, namespace: query.resource.isNamespaced ? row.namespace : nil, name: row.name)
        case .containers(let pod): pod
        case .contexts: nil
        }
    }

    /// The chosen container, on a page of containers.
    var container: String? { if case .containers = content { chosenRow?.name } else { nil } }

    /// The chosen pod; nil for other objects.
    var pod: ObjectPlace? { place.flatMap { $0.resource.resource == Pod.names.resource ? $0 : nil } }

    // MARK: - Changes

    mutating func take(_ change: TableChange) {
        switch change {
        case .list(let list):
            table.replace(list)
            hasLoaded = true
            failure = nil
        case .event(let event): table.apply(event)
        case .failure(let text): failure = text
        }
        refresh()
    }

    /// A table that was made here.
    mutating func show(_ table: ResourceTable) {
        self.table = table
        hasLoaded = true
        refresh()
    }

    mutating func take(_ usage: ClusterUsage) {
        self.usage = usage
        refresh()
    }

    /// Of kinds that have namespaces. What was shown goes.
    mutating func look(into namespace: String?) {
        guard case .resource(var query, let owner) = content else { return }
        query.namespace = namespace
        content = .resource(query, owner: owner)
        table = ResourceTable(columns: table.columns)
        hasLoaded = false
        refresh()
    }

    /// After every change of what decides which rows are shown.
    mutating func refresh(now: Time? = nil) {
        shown = table
        switch content {
        case .resource(let query, let owner):
            if let owner { shown = ResourceTable(columns: table.columns, rows: table.rows.values.filter { $0.owners.contains(owner) }) }
            shown = usage.extended(shown, of: query.resource)
        case .containers:
            guard let pod = table.rows.values.first?.object else { break }
            shown = ContainerTable.table(of: pod, now: now ?? lastTime)
        case .contexts: break
        }
        if let now { lastTime = now }
        rows = order.sorted(shown, shown.rows.values.filter(filter.takes))
        if !marked.isEmpty { marked.formIntersection(shown.rows.keys) }
        if let chosen, let place = rows.firstIndex(where: { $0.id == chosen }) {
            cursor = place
        } else {
            choose(cursor)
        }
    }

    private var lastTime: Time = .epoch

    // MARK: - Moving

    mutating func choose(_ row: Int) {
        cursor = max(0, min(row, rows.count - 1))
        // Before anything came there is nothing to hold on to.
        chosen = chosenRow?.id
    }

    /// Marks the chosen row, or no longer. Containers and contexts are taken one at a time.
    mutating func mark() {
        guard case .resource = content, let row = chosenRow else { return }
        if marked.remove(row.id) == nil { marked.insert(row.id) }
    }

    mutating func markNone() { marked = [] }

    /// Keeps the chosen row on a screen that has room for so many.
    mutating func scroll(room: Int) {
        if cursor < top { top = cursor }
        if cursor >= top + room { top = cursor - room + 1 }
        top = max(0, min(top, rows.count - max(1, room)))
    }

    /// True when the key moves the choice.
    mutating func move(_ key: Key, room: Int) -> Bool {
        switch key {
        case .up, .character("k"): choose(cursor - 1)
        case .down, .character("j"): choose(cursor + 1)
        case .pageUp, .control("b"): choose(cursor - max(1, room))
        case .pageDown, .control("f"): choose(cursor + max(1, room))
        case .home, .character("g"): choose(0)
        case .end, .character("G"): choose(rows.count - 1)
        default: return false
        }
        return true
    }

    /// The column that a letter with shift sorts by.
    static func column(_ key: Key) -> String? {
        guard case .character(let letter) = key else { return nil }
        return [
            "N": "NAME", "A": "AGE", "S": "STATUS", "R": "READY", "T": "RESTARTS", "I": "IP", "O": "NODE", "P": "NAMESPACE", "C": "CPU",
            "M": "MEM",
        ][letter]
    }
}
