import API
import Dispatch
package import HTTP
import Logging
import Machinery

/// Brings HTTP to the API: authentication, routing and the forms of answers. Runs on the event loops and never blocks; what is long
/// is made beside them.
package final class HTTPFront: Sendable {
    let server: APIServer
    /// Makes lists of hundreds of objects, and other forms of long answers: on an event loop everybody would wait.
    private let longAnswers = DispatchQueue(label: "long answers", attributes: .concurrent)

    package init(server: APIServer) {
        self.server = server
    }

    /// The handler for ``HTTPServer``.
    package func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let id: String = AuditID.of(request)
        exchange.stamp("Audit-Id", id)
        var notes = TokenNotes()
        do throws(APIStatus) {
            let sender: UserInfo
            do throws(APIStatus) {
                sender = try server.authenticator.user(of: request, &notes)
            } catch {
                recordStranger(request, id, error, notes)
                throw error
            }
            for warning in notes.warnings { exchange.stamp("Warning", HTTPHeaders.warning(warning)) }
            let target: Route.Target = try Route.target(method: request.method, path: request.path, query: request.query)
            let identities: Identities
            do throws(APIStatus) {
                identities = try server.identities(of: sender, in: request, for: target)
            } catch {
                if server.knowsOrigins {
                    let attributes = Attributes(target, method: request.method)
                    server.record(sender, attributes, RequestOrigin(request, id: id, notes))?.failed(error)
                }
                throw error
            }
            let origin: RequestOrigin? = server.knowsOrigins ? RequestOrigin(request, id: id, notes, identities) : nil
            admit(Incoming(target, request, as: identities.user, from: origin), exchange)
        } catch {
            exchange.refuse(error, as: Self.refusalForm(request))
        }
    }

    /// A request whose sender is known.
    private final class Incoming: Sendable {
        let target: Route.Target
        let http: HTTPRequest
        let user: UserInfo
        /// nil where nothing is recorded.
        let origin: RequestOrigin?

        init(_ target: Route.Target, _ http: HTTPRequest, as user: UserInfo, from origin: RequestOrigin?) {
            self.target = target
            self.http = http
            self.user = user
            self.origin = origin
        }
    }

    /// Records a request of which nobody knows from whom it is. Source: `WithFailedAuthenticationAudit` of k8s.io/apiserver.
    private func recordStranger(_ request: HTTPRequest, _ id: String, _ status: APIStatus, _ notes: TokenNotes) {
        guard let audit = server.audit else { return }
        let attributes = Attributes(verb: request.method.lowercased(), path: request.path)
        audit.begin(.anonymous, attributes) { RequestOrigin(request, id: id, notes) }?.failed(status)
    }

    /// Serves a request when priority and fairness let it run, or refuses it.
    private func admit(_ incoming: Incoming, _ exchange: HTTPExchange) {
        let flows: FlowControl = server.flowControl
        let flow: FlowRequest
        var isWatch = false
        switch incoming.target {
        // Connections that last as long as the client likes take no seat.
        case .resource(let request) where ConnectOptions.kinds[request.subresource ?? ""] != nil: return serve(incoming, exchange)
        case .unknown(let path) where Self.isProfile(path): return serve(incoming, exchange)
        case .resource(let request):
            flow = FlowRequest(request, seats: server.seats(of: request))
            isWatch = request.verb == .watch
        default: flow = FlowRequest(verb: incoming.http.method.lowercased(), path: incoming.target.path)
        }
        let isWide: Bool = flow.seats > 1
        let run: @Sendable (FlowTicket?) -> Void = { [self, isWatch] ticket in
            let begin: @Sendable () -> Void = { [self] in
                serve(incoming, exchange)
                // A watch has its seat while it begins.
                if isWatch, let ticket { flows.end(ticket) }
            }
            guard isWide else { return begin() }
            if let ticket { exchange.after(FlowControl.turn) { flows.turnEnded(ticket) } }
            longAnswers.async(execute: begin)
        }
        let verdict: FlowControl.Verdict = flows.admit(incoming.user, flow) { ticket, mayRun in
            exchange.execute {
                guard mayRun else { return self.drop(incoming, exchange) }
                if flows.begin(ticket) { run(ticket) }
            }
        }
        if !verdict.schemaUID.isEmpty {
            exchange.stamp("X-Kubernetes-PF-FlowSchema-UID", verdict.schemaUID)
            exchange.stamp("X-Kubernetes-PF-PriorityLevel-UID", verdict.levelUID)
        }
        switch verdict.outcome {
        case .exempt: run(nil)
        case .runs(let ticket):
            exchange.onClose { flows.end(ticket) }
            run(ticket)
        case .waits(let ticket): exchange.onClose { flows.end(ticket) }
        case .refused: drop(incoming, exchange)
        }
    }

    private func drop(_ incoming: Incoming, _ exchange: HTTPExchange) {
        if case .resource(let request) = incoming.target { server.requestMetrics.dropped(RequestLabels(request)) }
        exchange.refuseForNow()
    }

    private func serve(_ incoming: Incoming, _ exchange: HTTPExchange) {
        do throws(APIStatus) {
            if let other = server.aggregation.server(for: incoming.target) { return try pass(incoming, to: other, exchange) }
            guard case .resource(let resource) = incoming.target else {
                if incoming.http.method == "POST", let command = server.commands.first(where: { $0.path == incoming.target.path }) {
                    return try perform(command, incoming.http, as: incoming.user, audit: record(incoming), exchange)
                }
                if case .unknown(let path) = incoming.target, Self.isLog(path) {
                    return try showLog(path, incoming.http, as: incoming.user, audit: record(incoming), exchange)
                }
                if case .unknown(let path) = incoming.target, Self.isProfile(path) {
                    return try showProfile(path, incoming.http, as: incoming.user, audit: record(incoming), exchange)
                }
                return try answerDocument(incoming, exchange)
            }
            try perform(resource, incoming, exchange)
        } catch {
            refuse(error, incoming, as: Self.refusalForm(incoming.http), exchange)
        }
    }

    /// Refuses what was asked for: of paths that nothing claims as plain text.
    private func refuse(_ status: APIStatus, _ incoming: Incoming, as form: WireForm, _ exchange: HTTPExchange) {
        guard status == .pathNotFound, !server.claims(incoming.target) else { return exchange.refuse(status, as: form) }
        exchange.refusePage()
    }

    /// Leaves a request to the server that serves its group and version.
    private func pass(_ incoming: Incoming, to other: ExtensionServer, _ exchange: HTTPExchange) throws(APIStatus) {
        let http: HTTPRequest = incoming.http
        let attributes = Attributes(incoming.target, method: http.method)
        let record: AuditRecord? = incoming.origin.flatMap { origin in server.record(incoming.user, attributes, origin) }
        do throws(APIStatus) {
            try server.authorizer.authorize(incoming.user, incoming.target, method: http.method)
        } catch {
            record?.failed(error)
            throw error
        }
        var isLong: Bool = http.headers["upgrade"] != nil
        if case .resource(let request) = incoming.target, RequestLabels(request).isLongRunning || request.subresource == "log" {
            isLong = true
        }
        let proxy = ExtensionProxy(
            aggregation: server.aggregation, server: other, user: incoming.user, record: record, limit: isLong ? nil : ExtensionProxy.limit)
        Task { await proxy.answer(http, exchange) }
    }

    private func perform(_ resource: APIRequest, _ incoming: Incoming, _ exchange: HTTPExchange) throws(APIStatus) {
        var request: APIRequest = resource
        let http: HTTPRequest = incoming.http
        if let timeout = request.options["timeout"] { try Self.check(timeout: timeout) }
        let form: WireForm = try form(for: request, http)
        request.representation = form.representation
        // What goes through a proxy is for the other side to read.
        if !http.body.isEmpty || request.verb == .patch, request.subresource != "proxy" {
            request.contentType = try MediaTypes.content(
                http.headers["content-type"], verb: request.verb, isCustom: server.type(of: request.resource)?.custom != nil)
        }
        request.body = http.body
        request.options.program = http.headers["user-agent"].map(Self.manager)
        server.perform(request, as: incoming.user, from: incoming.origin, later: { exchange.afterTurn($0) }) { [self] result in
            switch result {
            case .success(.document(let code, let pieces, let warnings)):
                let respond: @Sendable () -> Void = { exchange.respond(code, HTTPHeaders(warnings: warnings), pieces, as: form) }
                if form.isLaborious(pieces) { longAnswers.async(execute: respond) } else { respond() }
            // Who asks for the head alone gets it, and the connection stays free.
            case .success(.watch) where http.method == "HEAD", .success(.stream) where http.method == "HEAD":
                exchange.respond(200, [:], [])
            case .success(.watch(let watcher, _)) where WebSocketHandshake.isAsked(http.headers):
                WebSocketWatch(
                    watcher: watcher, framing: form.encoding == .protobuf ? .protobuf : .json, hasBetaName: form.hasBetaName,
                    hub: server.watches
                ).serve(http, exchange)
            case .success(.watch(let watcher, let warnings)): stream(watcher, form, warnings, exchange)
            case .success(.stream(let bytes)) where WebSocketHandshake.isAsked(http.headers):
                WebSocketText(pieces: bytes).serve(http, exchange) { [log = server.log] in Self.note($0, log) }
            case .success(.stream(let bytes)): stream(bytes, exchange)
            case .success(.connect(let take)): take(http, exchange)
            case .failure(let status): refuse(status, incoming, as: form, exchange)
            }
        }
    }

    /// What stands before the first `/`, 128 characters at most.
    private static func manager(_ agent: String) -> String {
        let name: Substring.UTF8View = agent.utf8.prefix { $0 != UInt8(ascii: "/") }
        return name.count <= 128 ? String(Substring(name)) : String(Substring(name).prefix(128))
    }

    /// Nothing here takes long enough to be cut short, but what can't be read is refused as upstream does.
    private static func check(timeout: String) throws(APIStatus) {
        do {
            _ = try GoDuration.parse(timeout)
        } catch {
            throw .badRequest("invalid timeout specified in the request URL - \(error)")
        }
    }

    // MARK: - Forms of answers

    private func form(for request: APIRequest, _ http: HTTPRequest) throws(APIStatus) -> WireForm {
        // Logs and streams are not negotiated; they are answered to whoever asks.
        if let name = request.subresource, ["log", "exec", "attach", "portforward", "proxy"].contains(name) {
            return Self.refusalForm(http)
        }
        let hasProtobuf: Bool = server.type(of: request.resource).map { ProtobufKinds.have($0.names) } ?? true
        let endpoint = MediaTypes.Endpoint(
            hasProtobuf: hasProtobuf, isWatch: request.verb == .watch, hasOtherForms: APIServer.reviews[request.resource] == nil)
        var form: WireForm = try MediaTypes.form(accept: http.headers["accept"], for: endpoint)
        form.isPretty = form.isPretty || http.asksForPretty
        form.isCompressed = http.acceptsGzip
        return form
    }

    /// Of an error: what the client accepts, or else JSON.
    private static func refusalForm(_ http: HTTPRequest) -> WireForm {
        guard var form: WireForm = try? MediaTypes.form(accept: http.headers["accept"]) else { return .raw }
        form.isPretty = form.isPretty || http.asksForPretty
        return form
    }

    private func stream(_ watcher: Watcher, _ form: WireForm, _ warnings: [String], _ exchange: HTTPExchange) {
        let framing: EventFraming = form.encoding == .protobuf ? .protobuf : .json
        var headers = HTTPHeaders(warnings: warnings)
        headers.set("Content-Type", framing.mediaType)
        headers.set("Cache-Control", "no-cache, private")
        exchange.start(200, headers)
        let stream = WatchStream(watcher, framing, hasBetaName: form.hasBetaName, exchange)
        let registration: WatchRegistration = server.watches.register(
            watcher, group: .loop(exchange.loop), execute: { exchange.execute($0) }, pump: stream.pump)
        exchange.onClose { registration.end() }
    }

    private func stream(_ bytes: AsyncThrowingStream<[UInt8], any Error>, _ exchange: HTTPExchange) {
        exchange.start(200, ["Content-Type": "text/plain", "Cache-Control": "no-cache, private"])
        let log = server.log
        let task = Task {
            do {
                for try await part in bytes {
                    exchange.send([part])
                    if !exchange.isWritable { await exchange.writable() }
                }
            } catch {
                Self.note(error, log)
            }
            exchange.end()
        }
        exchange.onClose { task.cancel() }
    }

    private static func note(_ error: any Error, _ log: Logger) {
        log.warning("a stream broke off", metadata: ["error": "\(error)"])
    }

    /// Of a request beside the resources; nil where nothing is recorded.
    private func record(_ incoming: Incoming) -> AuditRecord? {
        incoming.origin.flatMap { origin in
            server.record(incoming.user, Attributes(verb: incoming.http.method.lowercased(), path: incoming.target.path), origin)
        }
    }

    private func answerDocument(_ incoming: Incoming, _ exchange: HTTPExchange) throws(APIStatus) {
        let (target, request): (Route.Target, HTTPRequest) = (incoming.target, incoming.http)
        let record: AuditRecord? = record(incoming)
        let meter: RequestMetrics.Request = server.requestMetrics.begin(RequestLabels(method: request.method, document: target.family))
        let document: Document
        do throws(APIStatus) {
            document = try server.document(
                target, query: request.query, accept: request.headers["accept"] ?? "",
                host: request.headers["host"] ?? "kubernetes.default.svc", as: incoming.user)
        } catch {
            meter.ended(error.code, bytes: nil)
            record?.failed(error)
            throw error
        }
        meter.ended(200, bytes: document.bytes.count)
        record?.completed(200)
        var headers: HTTPHeaders = ["Content-Type": document.contentType, "Cache-Control": "no-cache, private"]
        if let etag = document.etag {
            headers.set("ETag", etag)
            headers.set("Vary", "Accept")
            guard request.headers["if-none-match"] != etag else { return exchange.respond(304, headers, []) }
        }
        if case .openAPI(let path) = target, let wanted = request.option("hash"), !wanted.isEmpty, let hash = document.hash {
            // The address names its content: it can be kept for good, or is that of an older one.
            guard wanted == hash else { return exchange.respond(301, ["Location": "\(path)?hash=\(hash)"], []) }
            headers.set("Cache-Control", "public, immutable")
            headers.set("Expires", HTTPDate.format(Int(server.clock.time.seconds) + 365 * 24 * 3600))
        }
        if document.contentType.hasPrefix("text/plain") { headers.set("X-Content-Type-Options", "nosniff") }
        switch target {
        case .discovery where document.contentType == "application/json":
            var form: WireForm = try MediaTypes.form(accept: request.headers["accept"])
            form.isPretty = form.isPretty || request.asksForPretty
            exchange.respond(200, headers, [document.bytes[...]], as: form)
        case .version: exchange.respond(200, headers, [document.bytes[...]], as: .raw)
        default: exchange.respond(200, headers, document.bytes)
        }
    }
}

extension HTTPFront {
    /// The answer to a request that never became one, as a `Status`.
    package static let refusal: @Sendable (HTTPRefusal) -> HTTPResponse = { refusal in
        let status: APIStatus =
            switch refusal {
            case .malformed: .badRequest("the request is no HTTP")
            case .headTooLarge: APIStatus(code: 431, reason: "RequestHeaderFieldsTooLarge", message: "the head of the request is too large")
            case .bodyTooLarge(let limit): .requestTooLarge("limit is \(limit)")
            case .timedOut: APIStatus(code: 408, reason: "Timeout", message: "the body of the request did not arrive in time")
            }
        return HTTPResponse(status: status.code, headers: ["Content-Type": "application/json"], body: status.json.serialized())
    }
}
