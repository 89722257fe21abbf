import API
import Client
package import Machinery
import Sandbox
import Synchronization

/// The dashboard on a terminal: brings keys and news to the state, does what it wants done, and draws.
package actor TerminalDashboard {
    /// What the main loop hears of.
    private enum Input: Sendable {
        case news(DashboardNews)
        case draw
        case tick
        /// The terminal is gone.
        case end
    }

    /// Why the screen is left.
    private enum Departure: Equatable { case quit, interact([String]) }

    private let host: DashboardHost
    private let keys: TerminalKeys
    private let now: @Sendable () -> Time
    private var state: DashboardState
    private var painter: ScreenPainter
    private var pace = DrawPace(perSecond: 20)
    private var connection: DashboardConnection
    private var catalog: ResourceCatalog
    private let inputs: AsyncStream<Input>
    private nonisolated let tell: AsyncStream<Input>.Continuation
    private var works: [Work: Task<Void, Never>] = [:]

    /// Something that goes on for a page, or for the whole cluster under page 0. New work of its kind takes its place.
    private struct Work: Hashable {
        enum Kind: Hashable { case feed, read, explain, facts, usage }

        let page: Int
        let kind: Kind

        static let facts = Work(page: 0, kind: .facts)
        static let usage = Work(page: 0, kind: .usage)
    }

    /// - Parameter namespace: that the first page shows; nil for all.
    package init(
        host: DashboardHost, look: Look, namespace: String?, now: @escaping @Sendable () -> Time
    ) throws {
        self.host = host
        self.now = now
        connection = try host.connect(nil)
        catalog = ResourceCatalog(connection.transport)
        keys = try TerminalKeys(0)
        let size: WindowSize = Terminal.size(1) ?? WindowSize(rows: 24, columns: 80)
        var state = DashboardState(connection.facts, look: look, rows: Int(size.rows), columns: Int(size.columns), now: now())
        state.namespace = namespace
        self.state = state
        painter = ScreenPainter(isColoured: look.isColoured)
        (inputs, tell) = AsyncStream<Input>.makeStream()
    }

    /// Shows the first page and goes on until the user leaves. The first request is made before the screen changes: whoever cannot reach
    /// the cluster reads so in the usual place.
    package func run(first word: String?) async throws {
        var resource: APIResource = DashboardState.firstResource
        if let word, let found = try await catalog.find(word) { resource = found }
        _ = try await connection.transport.raw("/version", accept: "application/json")
        let sizes = Task { [tell] in
            for await size in Terminal.sizes(1) { tell.yield(.news(.size(rows: Int(size.rows), columns: Int(size.columns)))) }
        }
        defer {
            sizes.cancel()
            for work in works.values { work.cancel() }
        }
        learn()
        var departure: Departure? = perform(state.begin(resource))
        while departure != .quit {
            if case .interact(let words) = departure {
                let code: Int32 = await host.interact(connection.facts.context, words)
                if code != 0 { _ = state.take(.done("\(words[0]) ended with exit code \(code)", isError: true)) }
                departure = perform(state.returned())
            }
            painter.forget()
            departure = await Terminal.withRawKeys(0, screen: 1) { await onScreen() }
        }
    }

    /// Takes inputs until the screen has to be left.
    private func onScreen() async -> Departure {
        let typing: Task<Void, Never> = Task { [keys, tell] in await Self.listen(keys, tell) }
        let ticking: Task<Void, Never> = Task { await tick() }
        var departure: Departure = .quit
        await draw()
        inputs: for await input in inputs {
            var actions: [DashboardAction] = []
            switch input {
            case .end: break inputs
            case .draw:
                pace.fire(.now)
                await draw()
                continue
            case .tick: actions = state.take(.time(now()))
            case .news(let news): actions = state.take(news)
            }
            if let leave = perform(actions) {
                departure = leave
                break inputs
            }
            switch pace.changed(.now) {
            case .now: await draw()
            case .never: break
            case .at(let moment):
                Task { [tell] in
                    try? await Task.sleep(until: moment, clock: .continuous)
                    tell.yield(.draw)
                }
            }
        }
        ticking.cancel()
        keys.interrupt()
        await typing.value
        return departure
    }

    private func draw() async {
        let bytes: [UInt8] = painter.paint(state.draw())
        guard !bytes.isEmpty else { return }
        await Terminal.write(bytes, to: 1)
    }

    /// Tells of time as often as ages on the screen change.
    private func tick() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(state.secondsUntilStale))
            tell.yield(.tick)
        }
    }

    private static func listen(_ keys: TerminalKeys, _ tell: AsyncStream<Input>.Continuation) async {
        var decoder = KeyDecoder()
        while true {
            var pressed: [Key] = []
            switch await keys.next(within: decoder.isWaiting ? .milliseconds(50) : nil) {
            case .bytes(let bytes): pressed = decoder.take(bytes)
            case .nothing: pressed = decoder.settle()
            case .interrupted: return
            case .end:
                tell.yield(.end)
                return
            }
            for key in pressed { tell.yield(.news(.key(key))) }
        }
    }

    // MARK: - Actions

    /// Does what the state wants. Not nil when the screen has to be left for that.
    private func perform(_ actions: [DashboardAction]) -> Departure? {
        var departure: Departure?
        for action in actions {
            switch action {
            case .quit: return .quit
            case .interact(let words): departure = .interact(words)
            case .stop(let page): stop(page)
            case .useContext(let name): useContext(name)
            default: begin(action)
            }
        }
        return departure
    }

    private func stop(_ page: Int) {
        for work in works.keys where work.page == page { works.removeValue(forKey: work)?.cancel() }
    }

    private func start(_ work: Work, _ body: @escaping @Sendable () async -> Void) {
        works.updateValue(Task { await body() }, forKey: work)?.cancel()
    }

    private func begin(_ action: DashboardAction) {
        let connection: DashboardConnection = connection
        let context: String = connection.facts.context
        let catalog: ResourceCatalog = catalog
        let (host, tell, now) = (self.host, self.tell, self.now)
        func news(_ news: DashboardNews) { tell.yield(.news(news)) }
        switch action {
        case .watch(let page, let query):
            start(Work(page: page, kind: .feed)) {
                await TableFeed(connection.transport, query, now: now).run { tell.yield(.news(.table(page: page, $0))) }
            }
        case .read(let page, let place):
            start(Work(page: page, kind: .read)) {
                do {
                    let request = APIRequest(.get, place.resource.resource, namespace: place.namespace, name: place.name)
                    let object = try JSON(parsing: try await connection.transport.send(request).body)
                    tell.yield(.news(.object(page: page, place, object)))
                } catch { tell.yield(.news(.done("\(error)", isError: true))) }
            }
        case .explain(let page, let row, let pod):
            start(Work(page: page, kind: .explain)) {
                let key = ObjectKey(namespace: pod.namespace ?? "", name: pod.name)
                let reason: String? = try? await PodQuestion(connection.transport).reason(key)
                tell.yield(.news(.reason(page: page, row: row, reason)))
            }
        case .show(let page, let words):
            start(Work(page: page, kind: .read)) {
                let (_, text): (Int32, String) = await host.gathered(context, words)
                tell.yield(.news(.text(page: page, text.linesOfText)))
            }
        case .follow(let page, let words):
            start(Work(page: page, kind: .feed)) { await Self.follow(page, words, host, context, tell) }
        case .carryOut(let words):
            // Leaving a page calls nothing off.
            Task {
                let (code, text): (Int32, String) = await host.gathered(context, words)
                tell.yield(.news(.done(text.linesOfText.joined(separator: "; "), isError: code != 0)))
            }
        case .find(let word, let rest):
            Task {
                do { tell.yield(.news(.found(try await catalog.find(word), word: word, rest: rest))) } catch {
                    tell.yield(.news(.done("\(error)", isError: true)))
                }
            }
        case .listContexts(let page):
            do { news(.contexts(page: page, try host.contexts())) } catch { news(.done("\(error)", isError: true)) }
        case .interact, .stop, .useContext, .quit: break
        }
    }

    /// Brings whole lines as they come.
    private static func follow(
        _ page: Int, _ words: [String], _ host: DashboardHost, _ context: String, _ tell: AsyncStream<Input>.Continuation
    ) async {
        let cutter = Mutex(LineCutter())
        let errors = Mutex<[UInt8]>([])
        let code: Int32 = await host.run(context, words) { bytes, isError in
            guard !isError else { return errors.withLock { $0 += bytes } }
            let lines: [String] = cutter.withLock { $0.take(bytes) }
            if !lines.isEmpty { tell.yield(.news(.log(page: page, lines))) }
        }
        guard !Task.isCancelled else { return }
        let last: [String] = cutter.withLock { $0.rest() }
        if !last.isEmpty { tell.yield(.news(.log(page: page, last))) }
        let text = String(decoding: errors.withLock { $0 }, as: UTF8.self)
        tell.yield(.news(.logEnd(page: page, code == 0 ? nil : text.linesOfText.joined(separator: "; "))))
    }

    private func useContext(_ name: String) {
        do {
            let connection: DashboardConnection = try host.connect(name)
            self.connection = connection
            catalog = ResourceCatalog(connection.transport)
            learn()
            tell.yield(.news(.connected(connection.facts)))
        } catch {
            tell.yield(.news(.done("\(error)", isError: true)))
        }
    }

    /// Reads what the head of the screen and the prompt show of the cluster.
    private func learn() {
        let (connection, catalog, tell) = (self.connection, self.catalog, self.tell)
        start(.facts) {
            let transport: HTTPSTransport = connection.transport
            if let answer = try? await transport.raw("/version", accept: "application/json"), let json = try? JSON(parsing: answer.body) {
                tell.yield(.news(.version(json["gitVersion"]?.string ?? "")))
            }
            if let list = try? await Client(transport, fieldManager: "swkube-dashboard").list(Namespace.self) {
                tell.yield(.news(.namespaces(list.items.map(\.name).sorted())))
            }
            if let groups = try? await catalog.groups() { tell.yield(.news(.resources(groups.flatMap(\.resources)))) }
        }
        start(.usage) {
            var last: ClusterUsage?
            while !Task.isCancelled {
                let usage: ClusterUsage? = try? await ClusterUsage.read(connection.transport)
                if let usage, usage != last { tell.yield(.news(.usage(usage))) }
                last = usage
                try? await Task.sleep(for: .seconds(usage == nil ? 60 : 15))
            }
        }
    }
}

extension String {
    /// Without the line break at the end.
    fileprivate var linesOfText: [String] {
        var lines: [String] = split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
