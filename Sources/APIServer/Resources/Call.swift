package import API
package import HTTP
import Machinery
import Synchronization

/// One request on its way through the server.
struct Call: Sendable {
    var request: APIRequest
    let user: UserInfo
    let type: ResourceType
    let now: Time
    let warnings: Warnings
    /// Set by handlers of subresources that change what an update of the object may not: update rules do not apply.
    var isSystemWrite = false
    /// Set where what is written differs from what is stored by the server's own doing alone: nothing of it needs to be defaulted, owned,
    /// admitted or validated again.
    var isOwnChange = false
    /// Set by handlers of subresources that showed the body of the request to admission themselves.
    var isAdmitted = false
    /// The kind that admission sees where the body of a subresource is another one: `Scale`, `Binding`, `Eviction`.
    var body: KindNames?
    /// Set while the call runs on the ``SlowLane``: then it may wait for webhooks.
    var webhookRun: WebhookRun?
    /// Runs something after the requests that are ready beside this one: their writes go to the disk together. nil where none are.
    var later: (@Sendable (@escaping @Sendable () -> Void) -> Void)?
    /// Measures the request; of one that streams its answer, whoever streams it.
    var meter: RequestMetrics.Request?
    /// The request as a trace; nil where nobody is told of it.
    var span: RequestSpan?
    /// The request in the audit; nil where nothing is recorded.
    var audit: AuditRecord?
    /// Notes something of the request for the audit; nil where nothing is recorded.
    var annotate: (@Sendable (_ key: String, _ value: String) -> Void)?
    /// Its way through the mutating policies.
    let policyRun = PolicyRun()
    /// What the request took of quotas until now.
    let charges = QuotaCharges()

    var names: KindNames { type.names }
    var options: RequestOptions { request.options }

    /// The key of the object that the request names.
    func key(_ name: String) -> String { ObjectKeys.key(type.storedNames, namespace: request.namespace, name: name) }

    /// What the keys of all objects begin with that a list or watch is about.
    var prefix: String { ObjectKeys.prefix(type.storedNames, namespace: request.namespace) }
}

/// Texts for the `Warning:` headers of an answer, collected on the way.
final class Warnings: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ text: String) {
        texts.withLock { if !$0.contains(text) { $0.append(text) } }
    }

    var all: [String] { texts.withLock { $0 } }
}

/// What the server answers to a request that succeeded.
package enum Answer: Sendable {
    /// One JSON document in pieces that follow each other.
    case document(code: Int, pieces: [ArraySlice<UInt8>], warnings: [String])
    case watch(Watcher, warnings: [String])
    /// Text as it comes, such as a log.
    case stream(AsyncThrowingStream<[UInt8], any Error>)
    /// What only a connection from outside can carry: it takes the request as it came and gives the answer itself.
    case connect(@Sendable (HTTPRequest, HTTPExchange) -> Void)

    static func bytes(_ bytes: [UInt8], code: Int = 200, warnings: [String] = []) -> Answer {
        .document(code: code, pieces: [bytes[...]], warnings: warnings)
    }

    static func json(_ json: JSON, code: Int = 200, warnings: [String] = []) -> Answer {
        .bytes(json.serialized(), code: code, warnings: warnings)
    }
}

/// Takes the answer, once, on any thread.
package typealias Reply = @Sendable (Result<Answer, APIStatus>) -> Void

extension Call {
    /// The same call for a write whose rules the handler checked itself: prepared as an update of system state, not of the user's fields.
    var systemWrite: Call {
        var call: Call = self
        call.isSystemWrite = true
        return call
    }

    /// The same call, for a write of what the server itself changes in a stored object.
    var ownChange: Call {
        var call: Call = self
        call.isOwnChange = true
        return call
    }

    /// The same call, for a write after admission.
    var admitted: Call {
        var call: Call = self
        call.isAdmitted = true
        return call
    }

    /// The same call, answered with whole objects whatever the client asked for.
    var inFull: Call {
        var call: Call = self
        call.request.representation = .object
        return call
    }

    /// The same call, which changes nothing if that is asked for.
    func dryRun(_ isDryRun: Bool) -> Call {
        var call: Call = self
        call.request.options.dryRun = isDryRun
        return call
    }
}
