package import API
import HTTP
import Logging
import Machinery
import Store

/// The way of a request, in the order of the Kubernetes documentation. Authentication and routing are behind it when it comes here.
extension APIServer {
    ///
    /// - Parameters:
    ///   - origin: where it comes from; nil is a part of the cluster in this process.
    ///   - later: runs something after the requests that are ready beside this one; nil where none are.
    package func perform(
        _ request: APIRequest, as user: UserInfo, from origin: RequestOrigin? = nil,
        later: (@Sendable (@escaping @Sendable () -> Void) -> Void)? = nil, _ reply: @escaping Reply
    ) {
        let warnings = Warnings()
        let record: AuditRecord? = record(request, user, origin)
        let meter: RequestMetrics.Request = requestMetrics.begin(RequestLabels(request))
        let span: RequestSpan? = tracing?.begin(request, origin: origin)
        let reply: Reply = { result in
            switch result {
            case .success(.document(let code, let pieces, _)):
                meter.ended(code, bytes: pieces.reduce(0) { $0 + $1.count })
                span?.ended(code)
                record?.completed(code) { try? JSON(parsing: pieces.joinedBytes) }
            case .success(.watch):
                record?.started(200)  // its end is the watch's to tell
                span?.ended(200)
            case .success(.stream):
                span?.ended(200)
                meter.ended(200, bytes: nil)
                record?.completed(200)
            case .success(.connect(let take)):
                record?.started(101)
                span?.ended(101)
                return reply(
                    .success(
                        .connect { http, exchange in
                            let session: LongRequest = meter.isStreaming(audit: record)
                            exchange.onClose { withExtendedLifetime(session) {} }
                            take(http, exchange)
                        }))
            case .failure(var status):
                meter.ended(status.code, bytes: nil)
                span?.ended(status.code)
                record?.failed(status)
                // What was worth a warning before a request failed is told with the failure.
                status.warnings = warnings.all
                return reply(.failure(status))
            }
            reply(result)
        }
        do throws(APIStatus) {
            try authorizer.authorize(user, .resource(request), method: request.method)
            guard let type = type(of: request.resource) else { throw .pathNotFound }
            var call = Call(request: request, user: user, type: type, now: clock.time, warnings: warnings)
            call.later = later
            call.meter = meter
            call.audit = record
            call.span = span
            if let record { call.annotate = { record.annotate($0, $1) } }
            if let warning = type.deprecation { call.warnings.add(warning) }
            try request.checkWriteOptions()
            try request.checkTableOptions()
            if !request.body.isEmpty { try Self.checkContentType(call) }
            try checkPlace(call)
            if webhooks.areAsked(about: call) { call.webhookRun = WebhookRun() }
            proceed(call, reply) { [self, call] () throws(APIStatus) in
                if let name = request.subresource {
                    try performSubresource(name, call, reply)
                } else {
                    try performVerb(call, reply)
                }
            }
        } catch {
            reply(.failure(error))
        }
    }

    /// nil for a request of which nothing is recorded.
    private func record(_ request: APIRequest, _ user: UserInfo, _ origin: RequestOrigin?) -> AuditRecord? {
        record(user, Attributes(request), origin ?? RequestOrigin(request)) {
            var complaints = BodyComplaints()
            let schema: ObjectSchema? = request.subresource == nil ? type(of: request.resource)?.schema : nil
            return request.body.isEmpty ? nil : try? BodyReader.parse(request.body, request.contentType, schema, complaints: &complaints)
        }
    }

    /// The same for any request, with what the authorizer says of it.
    func record(
        _ user: UserInfo, _ attributes: Attributes, _ origin: @autoclosure () -> RequestOrigin, object: () -> JSON? = { nil }
    ) -> AuditRecord? {
        guard let record = audit?.begin(user, attributes, origin, object: object) else { return nil }
        let decision: Decision = authorizer.decide(user, attributes)
        record.annotate("authorization.k8s.io/decision", decision.isAllowed ? "allow" : "forbid")
        record.annotate("authorization.k8s.io/reason", decision.reason)
        return record
    }

    /// Does the next step of a call: at once, or on a thread that may block for a call that has to wait for webhooks.
    ///
    /// To be used wherever a call goes on after a write, on the store's thread, with a step that asks admission.
    func proceed(_ call: Call, _ reply: @escaping Reply, _ step: @escaping @Sendable () throws(APIStatus) -> Void) {
        let run: @Sendable () -> Void = {
            do throws(APIStatus) { try step() } catch { reply(.failure(error)) }
        }
        guard call.webhookRun != nil || call.type.conversion?.blocks == true else { return run() }
        slowLane.run(run) { reply(.failure($0)) }
    }

    private func performVerb(_ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        guard call.names.verbs.contains(call.request.verb) else { throw .pathMethodNotAllowed }
        // What changes one object has that object's address.
        if [.update, .patch].contains(call.request.verb), call.request.name == nil { throw .pathMethodNotAllowed }
        switch call.request.verb {
        case .get: reply(.success(try get(call)))
        case .list: reply(.success(try list(call)))
        case .watch: reply(.success(try watch(call)))
        case .create:
            if let review = Self.reviews[call.request.resource] { return try answer(review, call, reply) }
            if call.request.resource == Binding.names.resource { return try bind(call, reply) }
            // What is made has its name in itself, not in its address.
            guard call.request.name == nil else { throw .pathMethodNotAllowed }
            try create(call, reply)
        case .update: try update(call, reply)
        case .patch: try patch(call, reply)
        case .delete: try delete(call, reply)
        case .deletecollection: try deleteCollection(call, reply)
        }
    }

    private func performSubresource(_ name: String, _ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        guard let subresource = call.names.subresources.first(where: { $0.name == name }) else { throw .pathNotFound }
        guard subresource.verbs.contains(call.request.verb) else { throw .pathMethodNotAllowed }
        if name == "status" {
            switch call.request.verb {
            case .get: reply(.success(try get(call)))
            case .update: try update(call, reply)
            default: try patch(call, reply)
            }
        } else if let handler = subresources[name] {
            try handler.handle(call, subresource, self, reply)
        } else {
            throw .pathNotFound
        }
    }

    /// A namespaced object needs a namespace, a cluster-wide one must not have any.
    private func checkPlace(_ call: Call) throws(APIStatus) {
        let request: APIRequest = call.request
        guard call.names.isNamespaced else {
            if request.namespace != nil { throw .pathNotFound }
            return
        }
        guard request.namespace == nil else { return }
        switch request.verb {
        case .list, .watch: return
        // Upstream has a path for them, which lists alone; custom resources have none. Source: `registerResourceHandlers`.
        case .create, .deletecollection: throw call.type.custom == nil ? .pathMethodNotAllowed : .pathNotFound
        default: throw .pathNotFound
        }
    }

    /// Words for a store that could not do what was asked.
    func status(_ error: StoreError, _ call: Call, name: String) -> APIStatus {
        switch error {
        case .conflict(_, nil): .notFound(call.names, name)
        case .conflict: .conflict(call.names, name)
        case .compacted(let oldest):
            .expired("The provided continue parameter or resourceVersion is too old: the oldest one that can be served is \(oldest)")
        case .future(let current): Self.tooNew(call.options.resourceVersion ?? "", current: current)
        case .full, .unsealed, .io, .corrupt, .inUse, .closed: unwritten(error)
        }
    }

    private func unwritten(_ error: StoreError) -> APIStatus {
        log.error("the store did not take a write", metadata: ["error": "\(error)"])
        return .internalError("\(error)" + (store.failure == nil ? "" : "; nothing more is written until the cluster is started again"))
    }

    static func tooNew(_ wanted: String, current: Revision) -> APIStatus {
        var details = APIStatus.Details()
        details.retryAfterSeconds = 1
        details.causes = [APIStatus.Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")]
        return APIStatus(
            code: 504, reason: "Timeout", message: "Timeout: Too large resource version: \(wanted), current: \(current)", details: details)
    }
}
