import API
import Client
import Machinery

extension GetQuery {
    /// Shows what is there, then each change, until the server ends the watch and cannot go on.
    func watch() async throws {
        guard let target = targets.first, targets.allSatisfy({ $0.resource == target.resource }) else {
            throw Failure("you may only specify a single resource type")
        }
        var printer: WatchPrinter = watchPrinter(target.resource)
        guard targets.count == 1 else {
            for target in targets { _ = try await showStart(of: target, &printer) }
            throw Failure("you may only watch a single resource or type of resource at a time")
        }
        if let sortBy, format.isForPeople, !verb.outputWatchEvents, !CLI.isKubectl {
            return try await watchSorted(target, SortedWatch(sortBy: sortBy, options: options(target.resource), shell: session.shell))
        }
        var (request, list) = try await showStart(of: target, &printer)
        session.output.flush()
        request.verb = .watch
        request.options.resourceVersion = list[["metadata", "resourceVersion"]]?.string
        request.options.allowWatchBookmarks = true
        for try await event in WatchEvents(try await session.transport.stream(request)) where event.kind != .bookmark {
            try printer.show(event, session.output)
            session.output.flush()
        }
    }

    /// The table in its order: drawn anew with each change.
    private func watchSorted(_ target: Target, _ table: SortedWatch) async throws {
        var table: SortedWatch = table
        var request: APIRequest = watchRequest(target)
        request.options.other.append(("includeObject", "Object"))
        let list: JSON = try await list(request, target)
        try table.begin(list)
        request.verb = .watch
        request.options.resourceVersion = list[["metadata", "resourceVersion"]]?.string
        request.options.allowWatchBookmarks = true
        for try await event in WatchEvents(try await session.transport.stream(request)) where event.kind != .bookmark {
            try table.change(event)
        }
    }

    private func watchRequest(_ target: Target) -> APIRequest {
        var options: RequestOptions = verb.listOptions
        if let name = target.name {
            options.fieldSelector = ([verb.selection.fieldSelector].compactMap { $0 } + ["metadata.name=" + name]).joined(separator: ",")
        }
        return APIRequest(
            .list, target.resource.resource, namespace: target.namespace, options: options,
            representation: format.isForPeople ? .table : .object)
    }

    private func watchPrinter(_ resource: APIResource) -> WatchPrinter {
        var tableOptions: TablePrinter.Options = options(resource)
        tableOptions.showsEvents = verb.outputWatchEvents
        tableOptions.marksDeletions = !CLI.isKubectl
        return WatchPrinter(
            table: TablePrinter(tableOptions),
            objects: ObjectPrinter(format, session.output, showsManagedFields: verb.printing.showManagedFields),
            showsEvents: verb.outputWatchEvents, resource: resource)
    }

    /// Shows what is there before the first change.
    private func showStart(of target: Target, _ printer: inout WatchPrinter) async throws -> (request: APIRequest, list: JSON) {
        let request: APIRequest = watchRequest(target)
        let list: JSON = try await list(request, target)
        if target.name != nil, (list["rows"] ?? list["items"])?.array?.isEmpty == true, !verb.ignoreNotFound {
            // Asking for the one object gives the server's own words.
            _ = try await session.send(APIRequest(.get, target.resource.resource, namespace: target.namespace, name: target.name))
        }
        if !verb.watchOnly { try printer.show(list, session.output) }
        return (request, list)
    }
}
