import API
package import HTTP
import Logging
import Machinery

/// Brings HTTP to the API: authentication, routing and the forms of answers. Runs on the event loops and never blocks.
package final class HTTPFront: Sendable {
    private let server: APIServer
    private let authenticator: Authenticator

    package init(server: APIServer) {
        self.server = server
        let clock = server.clock
        authenticator = Authenticator(tokens: server.tokens) { clock.time }
    }

    /// The handler for ``HTTPServer``.
    package func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        do throws(APIStatus) {
            let user: UserInfo = try authenticator.user(of: request)
            let target: Route.Target = try Route.target(method: request.method, path: request.path, query: request.query)
            guard case .resource(let resource) = target else { return try answerDocument(target, request, user, exchange) }
            try perform(resource, request, user, exchange)
        } catch {
            refuse(error, exchange)
        }
    }

    private func perform(_ resource: APIRequest, _ http: HTTPRequest, _ user: UserInfo, _ exchange: HTTPExchange) throws(APIStatus) {
        var request: APIRequest = resource
        let (representation, form): (APIRequest.Representation, MediaTypes.Form) =
            // Logs are text and answered to whoever asks.
            request.subresource == "log" ? (.object, .json) : try MediaTypes.representation(accept: http.headers["accept"])
        request.representation = representation
        if !http.body.isEmpty || request.verb == .patch {
            request.contentType = try MediaTypes.content(http.headers["content-type"], verb: request.verb)
        }
        request.body = http.body
        if request.options.fieldManager == nil, let agent = http.headers["user-agent"] {
            // As upstream: the program's name is the manager of what it writes.
            request.options.fieldManager = String(agent.prefix { $0 != "/" }.prefix(128))
        }
        server.perform(request, as: user) { [self] result in
            switch result {
            case .success(.document(let code, let pieces, let warnings)): send(code, pieces, warnings, form, exchange)
            case .success(.watch(let watcher)): stream(watcher, exchange)
            case .success(.stream(let bytes)): stream(bytes, exchange)
            case .failure(let status): refuse(status, exchange)
            }
        }
    }

    // MARK: - Forms of answers

    private func send(
        _ code: Int, _ pieces: [ArraySlice<UInt8>], _ warnings: [String], _ form: MediaTypes.Form, _ exchange: HTTPExchange
    ) {
        var headers: HTTPHeaders = ["Cache-Control": "no-cache, private"]
        for warning in warnings { headers.add("Warning", "299 - " + JSON.quoted(warning)) }
        switch form {
        case .json:
            headers.set("Content-Type", "application/json")
            exchange.respond(code, headers, pieces: pieces)
        case .yaml:
            headers.set("Content-Type", "application/yaml")
            let json: JSON = (try? JSON(parsing: Array(pieces.joined()))) ?? .null
            exchange.respond(code, headers, Array(YAML.write(json).utf8))
        }
    }

    private func refuse(_ status: APIStatus, _ exchange: HTTPExchange) {
        var headers: HTTPHeaders = ["Content-Type": "application/json", "Cache-Control": "no-cache, private"]
        if let seconds = status.details?.retryAfterSeconds, seconds > 0 { headers.set("Retry-After", String(seconds)) }
        exchange.respond(status.code, headers, status.json.serialized())
    }

    private func stream(_ watcher: Watcher, _ exchange: HTTPExchange) {
        exchange.start(200, ["Content-Type": "application/json", "Cache-Control": "no-cache, private"])
        let pump: @Sendable () -> Void = { Self.pump(watcher, exchange) }
        let registration: WatchRegistration = server.watches.register(
            watcher, group: .loop(exchange.loop), execute: { exchange.execute($0) }, pump: pump)
        exchange.onClose { registration.end() }
    }

    /// Sends what is new while the client takes it; goes on when it takes more.
    private static func pump(_ watcher: Watcher, _ exchange: HTTPExchange) {
        while exchange.isWritable {
            let batch: Watcher.Batch = watcher.next()
            if !batch.pieces.isEmpty { exchange.send(batch.pieces) }
            if batch.isEnd { return exchange.end() }
            if batch.pieces.isEmpty { return }
        }
        exchange.onWritable { pump(watcher, exchange) }
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
                log.warning("a stream broke off", metadata: ["error": "\(error)"])
            }
            exchange.end()
        }
        exchange.onClose { task.cancel() }
    }

    private func answerDocument(
        _ target: Route.Target, _ request: HTTPRequest, _ user: UserInfo, _ exchange: HTTPExchange
    ) throws(APIStatus) {
        let document: Document = try server.document(target, query: request.query, accept: request.headers["accept"] ?? "", as: user)
        var headers: HTTPHeaders = ["Content-Type": document.contentType, "Cache-Control": "no-cache, private"]
        if let etag = document.etag {
            headers.set("ETag", etag)
            headers.set("Vary", "Accept")
            guard request.headers["if-none-match"] != etag else { return exchange.respond(304, headers, []) }
        }
        exchange.respond(200, headers, document.bytes)
    }
}

extension HTTPExchange {
    /// Returns when the client takes more, or has left.
    fileprivate func writable() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let once = Once(continuation)
            onWritable { once.resume() }
            onClose { once.resume() }
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
