import API
import HTTP
import Machinery

/// One request on its way to the endpoints of a Service, with all that is tried until its client has an answer.
///
/// An endpoint that cannot be reached has got nothing, so another is tried, whatever the request. More than that is tried only where
/// `retries` say so: after answers of the statuses they name, and for requests that may be repeated when no answer came.
struct ProxyPass: Sendable {
    let backends: ProxyBackends
    let forwarder: HTTPForwarder
    let request: HTTPClientRequest
    let isUpgrade: Bool
    let service: ObjectKey
    let port: ProxyBackends.Port
    /// Whether TLS is spoken to endpoints whose Service says nothing of it.
    var isSecure = false
    var times = HTTPForwarder.Times()
    /// Until when the answer must have begun, however often it is tried.
    var deadline: ContinuousClock.Instant?
    var policy: MeshPolicy?
    var retries: MeshSettings.Retries?
    var change: HTTPForwarder.Change?
    var statusWithoutService = 503
    /// Why the client may not talk to an endpoint; nil where it may.
    var refusal: @Sendable (HTTPForwarder.Target) -> String? = { _ in nil }
    /// Is told once who answered, and with which status; 0 when that broke off.
    var done: @Sendable (HTTPForwarder.Target?, Int) -> Void = { _, _ in }

    /// How often another endpoint is tried when one cannot be reached.
    private static let attempts = 3

    /// Call on the exchange's event loop.
    func run(_ exchange: HTTPExchange, attempt: Int = 1) {
        guard let found = endpoint() else {
            let what: String = policy?.settings.errors == nil ? "has no endpoints" : "has no endpoint that has not failed lately"
            return fail(backends.exists(service) ? 503 : statusWithoutService, "Service \(service) \(what)", nil, exchange)
        }
        let target = HTTPForwarder.Target(host: found.host, port: found.port, isSecure: found.isSecure || isSecure)
        if let text = refusal(target) { return fail(403, text, target, exchange) }
        var times: HTTPForwarder.Times = times
        if let deadline {
            let left: Duration = ContinuousClock.Instant.now.duration(to: deadline)
            if left <= .zero { return fail(504, "Service \(service) does not answer in time", nil, exchange) }
            times = HTTPForwarder.Times(connect: min(times.connect, left), answer: min(times.answer, left))
        }
        let conclude: @Sendable (HTTPForwarder.Outcome) -> Void = { ended($0, target, attempt, exchange) }
        if isUpgrade { return forwarder.upgrade(request, to: target, times, for: exchange, done: conclude) }
        var refuses: HTTPForwarder.Refuses?
        if let retries, !retries.codes.isEmpty { refuses = { retries.codes.contains($0) && isTriedAgain(attempt) } }
        forwarder.forward(request, to: target, times, for: exchange, change: change, refuses: refuses, done: conclude)
    }

    private func ended(_ outcome: HTTPForwarder.Outcome, _ target: HTTPForwarder.Target, _ attempt: Int, _ exchange: HTTPExchange) {
        let place = "\(target.host):\(target.port) of Service \(service)"
        if case .clientLeft = outcome { return done(target, 499) }
        if case .answered(let status) = outcome {
            policy?.note(target, isGood: status < 500)
            return done(target, status)
        }
        policy?.note(target, isGood: false)
        switch outcome {
        case .answered, .clientLeft, .broken(_, isOwed: false): done(target, 0)
        case .refused: again(exchange, attempt)
        case .unreachable(let reason):
            if attempt < min(Self.attempts, backends.count(service, port)) { return run(exchange, attempt: attempt + 1) }
            if isTriedAgain(attempt) { return again(exchange, attempt) }
            fail(502, "\(place) cannot be reached: \(reason)", target, exchange)
        case .broken(let reason, isOwed: true):
            if isRepeatable, isTriedAgain(attempt) { return again(exchange, attempt) }
            fail(502, "\(reason) of Service \(service)", target, exchange)
        case .timedOut:
            if isRepeatable, isTriedAgain(attempt) { return again(exchange, attempt) }
            fail(504, "\(place) does not answer in time", target, exchange)
        }
    }

    // MARK: - Again

    /// Methods that do the same when they are done twice. Source: RFC 9110, 9.2.2.
    private var isRepeatable: Bool { ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].contains(request.method) }

    /// Takes from the budget when it is.
    private func isTriedAgain(_ attempt: Int) -> Bool {
        guard let retries, !isUpgrade, attempt <= retries.attempts else { return false }
        if let deadline, ContinuousClock.Instant.now.advanced(by: retries.wait(after: attempt)) >= deadline { return false }
        return policy?.takesRetry() ?? true
    }

    private func again(_ exchange: HTTPExchange, _ attempt: Int) {
        exchange.after(retries?.wait(after: attempt) ?? .zero) { run(exchange, attempt: attempt + 1) }
    }

    // MARK: - Details

    /// The endpoint whose turn it is among those that are not out.
    private func endpoint() -> HTTPForwarder.Target? {
        guard let policy, policy.settings.errors != nil else { return backends.next(service, port) }
        var tries = 0
        while let target = backends.next(service, port) {
            if !policy.isOut(target) { return target }
            tries += 1
            if tries >= backends.count(service, port) { return nil }
        }
        return nil
    }

    private func fail(_ status: Int, _ text: String, _ target: HTTPForwarder.Target?, _ exchange: HTTPExchange) {
        done(target, status)
        exchange.tell(status, text)
    }
}

extension HTTPExchange {
    /// An answer of the proxy itself, with its reason.
    func tell(_ status: Int, _ text: String, _ more: HTTPHeaders = [:]) {
        var headers: HTTPHeaders = more
        headers.set("Content-Type", "text/plain; charset=utf-8")
        respond(status, headers, Array("\(status) \(text)\n".utf8))
    }
}
