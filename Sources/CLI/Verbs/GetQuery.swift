import API
import Client
import Machinery

/// Carries `get` out: asks for the targets and prints what comes.
struct GetQuery {
    let session: Session
    let targets: [Target]
    let verb: Get
    let format: OutputFormat
    let sortBy: SortBy?

    func show() async throws {
        if format.isForPeople { try await showTables() } else { try await showObjects() }
    }

    // MARK: - Tables

    private func showTables() async throws {
        var failures = Failures()
        var isEmpty: Bool = true
        var last: (resource: APIResource, printer: TablePrinter)?
        for target in targets {
            let table: JSON
            do { table = PlainTable.table(try await fetch(target, verb.serverPrint ? .table : .object), session.shell.now()) } catch let
                status as APIStatus where verb.ignoreNotFound && status.isNotFound
            {
                continue
            } catch {
                failures.add(explained(error, target))
                continue
            }
            // One object alone is in order, whatever it lacks.
            let order: SortBy? = target.name == nil ? sortBy : nil
            let rows: [JSON] = try order?.rows(table["rows"]?.array ?? []) ?? table["rows"]?.array ?? []
            if rows.isEmpty { continue }
            isEmpty = false
            var printer: TablePrinter
            if let previous = last, previous.resource == target.resource {
                printer = previous.printer
            } else {
                if last != nil { session.output.line() }
                printer = TablePrinter(options(target.resource))
            }
            var sorted: JSON = table
            sorted["rows"] = .array(rows)
            session.output.write(printer.text(sorted))
            last = (target.resource, printer)
        }
        if isEmpty, failures.all.isEmpty, !verb.ignoreNotFound { session.output.note(nothingFound) }
        try failures.throwIfAny()
        if isEmpty, verb.failEmpty { throw Failure.silent(4) }
    }

    private var nothingFound: String {
        let isNamespaced: Bool = targets.isEmpty || targets.contains { $0.resource.isNamespaced }
        return isNamespaced && !verb.allNamespaces ? "No resources found in \(session.namespace) namespace." : "No resources found"
    }

    func options(_ resource: APIResource) -> TablePrinter.Options {
        var options = TablePrinter.Options()
        options.isWide = format.isWide
        options.noHeaders = verb.noHeaders
        options.showsNamespace = verb.allNamespaces && resource.isNamespaced
        options.showsLabels = verb.showLabels
        options.labelColumns = verb.labels
        let hasSeveralTypes: Bool = targets.contains { $0.resource != targets[0].resource }
        if verb.showKind || hasSeveralTypes { options.kindPrefix = resource.shown }
        return options
    }

    // MARK: - Objects

    private func showObjects() async throws {
        var failures = Failures()
        var objects: [(object: JSON, resource: APIResource)] = []
        var isList: Bool = targets.count != 1
        for target in targets {
            do {
                let answer: JSON = try await fetch(target, .object)
                guard target.name == nil else {
                    objects.append((answer, target.resource))
                    continue
                }
                isList = true
                for item in answer["items"]?.array ?? [] { objects.append((Self.typed(item, target.resource), target.resource)) }
            } catch let status as APIStatus where verb.ignoreNotFound && status.isNotFound {
                continue
            } catch {
                failures.add(explained(error, target))
            }
        }
        try print(objects, isList: isList)
        try failures.throwIfAny()
        if objects.isEmpty, verb.failEmpty { throw Failure.silent(4) }
    }

    private func print(_ objects: [(object: JSON, resource: APIResource)], isList: Bool) throws {
        var objects: [(object: JSON, resource: APIResource)] = objects
        if objects.isEmpty, !isList || verb.ignoreNotFound || targets.allSatisfy({ $0.name != nil }) { return }
        var printer = ObjectPrinter(format, session.output, showsManagedFields: verb.printing.showManagedFields)
        if case .name = format {
            for (object, resource) in try sorted(objects) { try printer.print(object, resource) }
            return
        }
        if !isList, objects.count == 1 {
            try printer.print(objects[0].object, objects[0].resource)
            return
        }
        objects = try sorted(objects)
        if case .customColumns = format, objects.isEmpty { return session.output.note(nothingFound) }
        try printer.print(
            [
                "apiVersion": "v1", "items": .array(objects.map(\.object)), "kind": "List", "metadata": ["resourceVersion": ""],
            ], nil)
    }

    private func sorted(_ objects: [(object: JSON, resource: APIResource)]) throws -> [(object: JSON, resource: APIResource)] {
        guard let sortBy, targets.count != 1 || targets[0].name == nil else { return objects }
        // The resource travels with its object under a name that no object has.
        let numbered: [JSON] = objects.enumerated().map { index, item in ["object": item.object, "index": .int(Int64(index))] }
        return try sortBy.sorted(numbered, needsField: true).compactMap { $0["index"]?.int.map { objects[Int($0)] } }
    }

    // MARK: - Asking

    /// A list; what is wrong with a selector is said in kubectl's words. Source: `EnhanceListError` of k8s.io/cli-runtime.
    func list(_ request: APIRequest, _ target: Target) async throws -> JSON {
        do { return try await session.send(request) } catch var status as APIStatus where status.reason == "BadRequest" {
            let resource: GroupVersionResource = target.resource.resource
            let options: RequestOptions = request.options
            status.message =
                "Unable to find \"\(resource.group)/\(resource.version), Resource=\(resource.resource)\" that match label selector "
                + "\"\(options.labelSelector ?? "")\", field selector \"\(options.fieldSelector ?? "")\": \(status.message)"
            throw status
        } catch let error as PathSegmentError {
            throw Failure("\(error)", isComplete: true)
        }
    }

    /// One object, or a whole list: page after page is put together.
    private func fetch(_ target: Target, _ representation: APIRequest.Representation) async throws -> JSON {
        var request = APIRequest(
            target.name == nil ? .list : .get, target.resource.resource, namespace: target.namespace, name: target.name,
            subresource: verb.subresource, representation: representation)
        // The metadata of each row is for columns that the server does not make.
        let needsMetadata: Bool = verb.allNamespaces || verb.showLabels || !verb.labels.isEmpty
        if representation == .table, sortBy != nil || !needsMetadata {
            request.options.other.append(("includeObject", sortBy == nil ? "None" : "Object"))
        }
        guard target.name == nil else { return try await session.send(request) }
        let more: [(name: String, value: String)] = request.options.other
        request.options = verb.listOptions
        request.options.other = more
        if verb.chunkSize > 0 { request.options.limit = verb.chunkSize }
        var whole: JSON = try await list(request, target)
        let member: String = whole["kind"] == "Table" ? "rows" : "items"
        while let token = whole.continueToken {
            request.options.continueToken = token
            let page: JSON = try await session.send(request)
            whole[member] = .array((whole[member]?.array ?? []) + (page[member]?.array ?? []))
            whole["metadata"] = page["metadata"]
        }
        return whole
    }

    /// A 404 that names no object means that the server has no such resource.
    private func explained(_ error: any Error, _ target: Target) -> any Error {
        guard let status = error as? APIStatus, status.code == 404, status.details?.name ?? "" == "", target.name == nil else {
            return error
        }
        return Failure("the server doesn't have a resource type \(JSON.quoted(target.resource.resource.resource))")
    }

    /// Items of lists come without their type.
    static func typed(_ item: JSON, _ resource: APIResource) -> JSON {
        guard let object = item.object, object["kind"] == nil else { return item }
        let type: [JSONObject.Member] = [
            JSONObject.Member(key: "apiVersion", value: .string(resource.apiVersion)),
            JSONObject.Member(key: "kind", value: .string(resource.kind)),
        ]
        return .object(JSONObject(members: type + object.members))
    }
}
