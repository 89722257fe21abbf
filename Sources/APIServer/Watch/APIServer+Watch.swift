import API
import Machinery
import Store

extension APIServer {
    /// Opens a watch as the options say: from a revision, from now with what is there, or streaming the list first.
    ///
    /// Source: the documentation of "resource versions" and KEP-3157 (watch list).
    func watch(_ call: Call) throws(APIStatus) -> Answer {
        let options: RequestOptions = call.options
        let selection = try Selection(options, call.type)
        let prefix: String = call.prefix
        let streamsList: Bool = options.sendInitialEvents == true
        try check(options, call)

        var initial: [Entry] = []
        var start: Revision
        let text: String = options.resourceVersion ?? ""
        if streamsList || text.isEmpty || text == "0", options.sendInitialEvents != false {
            if let wanted = Revision(text), wanted > store.revision { throw Self.tooNew(text, current: store.revision) }
            do throws(StoreError) {
                let listing: Listing = try store.list(prefix: prefix)
                initial = listing.entries.filter(selection.matches)
                start = listing.revision
            } catch {
                throw status(error, call, name: "")
            }
        } else {
            start = text.isEmpty || text == "0" ? store.revision : 0
            if start == 0 {
                guard let wanted = Revision(text) else { throw Self.badRevision(text) }
                start = wanted
            }
        }
        let timeout: Int = options.timeoutSeconds.flatMap { $0 > 0 ? $0 : nil } ?? Int.random(in: 1800..<3600)
        return .watch(
            Watcher(
                store: store, prefix: prefix, selection: selection, encoder: EventEncoder(call), after: start, initial: initial,
                owesInitialEnd: streamsList, timeout: timeout, wantsBookmarks: options.allowWatchBookmarks))
    }

    private func check(_ options: RequestOptions, _ call: Call) throws(APIStatus) {
        guard options.sendInitialEvents != nil else {
            guard options.resourceVersionMatch == nil else {
                var problems = Problems()
                problems.forbidden(
                    Path("resourceVersionMatch"), "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
                throw .invalid(KindNames("ListOptions", group: "meta.k8s.io", plural: "listoptions"), "", problems)
            }
            return
        }
        var problems = Problems()
        if options.resourceVersionMatch != "NotOlderThan" {
            problems.forbidden(
                Path("resourceVersionMatch"), "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        }
        if options.sendInitialEvents == true, !options.allowWatchBookmarks {
            problems.forbidden(Path("allowWatchBookmarks"), "sendInitialEvents requires setting allowWatchBookmarks to true")
        }
        guard problems.isEmpty else {
            throw .invalid(KindNames("ListOptions", group: "meta.k8s.io", plural: "listoptions"), "", problems)
        }
    }
}
