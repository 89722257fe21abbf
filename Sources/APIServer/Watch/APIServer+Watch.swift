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
        try options.checkForWatch()

        var initial: [Entry] = []
        var start: Revision
        let text: String = options.resourceVersion ?? ""
        if streamsList || text.isEmpty || text == "0", options.sendInitialEvents != false {
            _ = try wantedRevision(text)
            do throws(StoreError) {
                let listing: Listing = try store.list(prefix: prefix)
                initial = listing.entries.filter(selection.matches)
                start = listing.revision
            } catch {
                throw status(error, call, name: "")
            }
        } else {
            start = try wantedRevision(text) ?? store.revision
        }
        let timeout: Int = options.timeoutSeconds.flatMap { $0 > 0 ? $0 : nil } ?? Int.random(in: 1800..<3600)
        return .watch(
            Watcher(
                store: store, writes: watches.writes, prefix: prefix, selection: selection,
                encoder: EventEncoder(call, watches.rings, clock: clock), after: start, initial: initial,
                owesInitialEnd: streamsList && options.allowWatchBookmarks, timeout: timeout, wantsBookmarks: options.allowWatchBookmarks,
                mayEnd: call.type.custom != nil, lane: call.type.conversion?.blocks == true ? slowLane : nil,
                account: call.meter?.isStreaming(
                    events: requestMetrics.events(of: call.request.resource), audit: call.audit)), warnings: call.warnings.all)
    }
}
