import API
import Machinery
import Store

extension APIServer {
    func get(_ call: Call) throws(APIStatus) -> Answer {
        let name: String = call.request.name ?? ""
        try checkRevision(call)
        guard let entry = stored(call, name) else { throw .notFound(call.names, name) }
        guard call.request.representation != .object else { return .bytes(try call.bytes(entry), warnings: call.warnings.all) }
        return .json(represent(try call.tree(entry), call), warnings: call.warnings.all)
    }

    /// The durable version of an object; for kinds that nobody writes, the object as it is found to be now.
    private func stored(_ call: Call, _ name: String) -> Entry? {
        guard let found = found[call.names.qualifiedResource] else { return store.get(call.key(name)) }
        return found.entries(at: store.revision).first { $0.key == call.key(name) }
    }

    func list(_ call: Call) throws(APIStatus) -> Answer {
        let page: ListPage = try readPage(call)
        switch call.request.representation {
        case .object: return .document(code: 200, pieces: try page.spliced(call), warnings: call.warnings.all)
        case .metadata, .metadataList:
            return .document(code: 200, pieces: try page.splicedMetadata(call), warnings: call.warnings.all)
        case .table: return .bytes(try TableWriter(call).text(page, call), warnings: call.warnings.all)
        }
    }

    /// Refuses a revision that has not happened yet. Throws ``APIStatus`` (400, 504).
    private func checkRevision(_ call: Call) throws(APIStatus) {
        _ = try wantedRevision(call.options.resourceVersion)
    }

    /// The revision that an option names; nil for none and for 0, which mean any. A client that saw a revision that has not happened yet
    /// saw another cluster, or this one before it was set back: waiting would not help it.
    ///
    /// Throws ``APIStatus`` (400, 504).
    func wantedRevision(_ text: String?) throws(APIStatus) -> Revision? {
        guard let text, !text.isEmpty, text != "0" else { return nil }
        guard let wanted = Revision(text) else { throw Self.badRevision(text) }
        if wanted > store.revision { throw Self.tooNew(text, current: store.revision) }
        return wanted
    }

    static func badRevision(_ text: String) -> APIStatus {
        .badRequest("resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax")
    }

    /// Reads what a list asks for: everything, or the page that limit and continue say, at the revision that they say.
    func readPage(_ call: Call) throws(APIStatus) -> ListPage {
        let options: RequestOptions = call.options
        try options.checkForList()
        let selection = try Selection(options, call.type)
        let prefix: String = call.prefix
        if let found = found[call.names.qualifiedResource] {
            let revision: Revision = store.revision
            let entries: [Entry] = found.entries(at: revision).filter { $0.key.hasPrefix(prefix) && selection.matches($0) }
            return ListPage(entries: entries, revision: revision)
        }
        var revision: Revision?
        var after: String?
        var limit: Int? = options.limit.flatMap { $0 > 0 ? $0 : nil }
        if let token = options.continueToken {
            guard options.resourceVersion ?? "0" == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            let position: ContinueToken = try ContinueToken(token)
            revision = position.revision
            after = prefix + position.after
        } else if options.resourceVersion == "0" {
            // Any state will do: upstream answers out of its cache, which knows no pages.
            limit = nil
        } else if let wanted = try wantedRevision(options.resourceVersion),
            options.resourceVersionMatch == "Exact" || (options.resourceVersionMatch == nil && limit != nil)
        {
            revision = wanted
        }
        do throws(StoreError) {
            return try collect(selection, prefix: prefix, at: revision, after: after, limit: limit)
        } catch {
            guard case .compacted = error else { throw status(error, call, name: "") }
            guard let after else { throw .expired("The resourceVersion for the provided list is too old.") }
            throw Self.tooOldToContinue(after: String(after.dropFirst(prefix.count)))
        }
    }

    /// The rest of the list can't be had as it stood when the first page was made; it can be had as it stands now.
    private static func tooOldToContinue(after: String) -> APIStatus {
        var status: APIStatus = .expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
                + "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the "
                + "provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the "
                + "first chunk was returned and now may show up in the list.")
        status.continueToken = ContinueToken(revision: nil, after: after).text
        return status
    }

    /// Walks on until the page is full: with a selector a page of the store may hold few that match.
    private func collect(
        _ selection: Selection, prefix: String, at revision: Revision?, after: String?, limit: Int?
    ) throws(StoreError) -> ListPage {
        guard let limit else {
            let listing: Listing = try store.list(prefix: prefix, at: revision, after: after, limit: nil)
            return ListPage(
                entries: selection.isEverything ? listing.entries : listing.entries.filter(selection.matches), revision: listing.revision)
        }
        var page = ListPage(entries: [], revision: 0)
        var cursor: String? = after
        var pinned: Revision? = revision
        while true {
            let listing: Listing = try store.list(prefix: prefix, at: pinned, after: cursor, limit: max(limit, 64))
            pinned = listing.revision
            page.revision = listing.revision
            for (offset, entry) in listing.entries.enumerated() {
                cursor = entry.key
                guard selection.matches(entry) else { continue }
                page.entries.append(entry)
                guard page.entries.count == limit else { continue }
                let remaining: Int = listing.entries.count - offset - 1 + listing.remaining
                guard remaining > 0 else { return page }
                page.continueToken = ContinueToken(revision: listing.revision, after: String(entry.key.dropFirst(prefix.count))).text
                page.remaining = selection.isEverything ? remaining : nil
                return page
            }
            guard listing.remaining > 0 else { return page }
        }
    }
}
