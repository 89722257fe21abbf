import API
import Machinery
import Synchronization

/// One request in the audit: its events, from stage to stage.
///
/// Source: k8s.io/apiserver/pkg/apis/audit/v1 `Event`, pkg/audit/request.go.
final class AuditRecord: Sendable {
    private struct State {
        var annotations: [String: String] = [:]
        var requestObject: JSON?
        var name = ""
        /// Of the answer that has begun.
        var code = 200
        var isOver = false
    }

    private let audit: Audit
    private let choice: AuditPolicy.Choice
    private let origin: RequestOrigin
    private let user: UserInfo
    private let attributes: Attributes
    private let received: MicroTime
    private let state: Mutex<State>

    init(
        _ audit: Audit, _ choice: AuditPolicy.Choice, _ origin: RequestOrigin, _ user: UserInfo, _ attributes: Attributes, object: JSON?
    ) {
        self.audit = audit
        self.choice = choice
        self.origin = origin
        self.user = user
        self.attributes = attributes
        received = audit.now()
        let name: String = object?[["metadata", "name"]]?.string ?? ""
        state = Mutex(
            State(
                annotations: Dictionary(origin.annotations.map { ($0.key, $0.value) }) { first, _ in first },
                requestObject: choice.level >= .request ? object : nil, name: attributes.name.isEmpty ? name : attributes.name))
        tell(.requestReceived, answer: nil, at: received)
    }

    /// Puts a note into the events that follow; the first one of a key stays.
    func annotate(_ key: String, _ value: String) {
        state.withLock { $0.annotations[key] = $0.annotations[key] ?? value }
    }

    /// The answer has begun and goes on.
    func started(_ code: Int) {
        state.withLock { $0.code = code }
        tell(.responseStarted, answer: ["metadata": [:], "code": .int(Int64(code))], at: audit.now())
    }

    /// The answer that had begun is complete.
    func ended() { completed(state.withLock { $0.code }) }

    /// The answer is complete; told again, it does nothing.
    ///
    /// - Parameter object: made when the policy asks for it.
    func completed(_ code: Int, object: () -> JSON? = { nil }) {
        guard end() else { return }
        tell(
            .responseComplete, answer: ["metadata": [:], "code": .int(Int64(code))], at: audit.now(),
            object: choice.level == .requestResponse ? object() : nil)
    }

    /// The request was refused.
    func failed(_ status: APIStatus) {
        guard end() else { return }
        let json: JSON = status.json
        var answer: JSON = ["metadata": [:]]
        for name in ["status", "message", "reason", "details", "code"] { if let value = json[name] { answer[name] = value } }
        let object: JSON? = choice.level == .requestResponse ? json : JSON?.none
        tell(.responseComplete, answer: answer, at: audit.now(), object: object)
    }

    // MARK: - Details

    private func end() -> Bool {
        state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
    }

    private func tell(_ stage: AuditPolicy.Stage, answer: JSON?, at time: MicroTime, object: JSON? = nil) {
        guard !choice.omitted.contains(stage) else { return }
        let state: State = state.withLock { $0 }
        var event: JSON = [
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": .string(choice.level.rawValue), "auditID": .string(origin.id),
            "stage": .string(stage.rawValue), "requestURI": .string(origin.uri), "verb": .string(attributes.verb),
            "user": Self.json(origin.sender ?? user),
        ]
        if origin.sender != nil { event["impersonatedUser"] = Self.json(user) }
        if !origin.constraint.isEmpty { event["authenticationMetadata"] = ["impersonationConstraint": .string(origin.constraint)] }
        event["sourceIPs"] = .array(origin.addresses.map { .string($0) })
        if !origin.agent.isEmpty { event["userAgent"] = .string(origin.agent) }
        if attributes.isResource { event["objectRef"] = reference(state.name) }
        if let answer { event["responseStatus"] = answer }
        if let sent = state.requestObject { event["requestObject"] = bare(sent) }
        if let object { event["responseObject"] = bare(object) }
        event["requestReceivedTimestamp"] = .string(received.description)
        event["stageTimestamp"] = .string(time.description)
        if stage != .requestReceived, !state.annotations.isEmpty {
            var annotations: JSON = [:]
            for (key, value) in state.annotations.sorted(by: { $0.key < $1.key }) { annotations[key] = .string(value) }
            event["annotations"] = annotations
        }
        audit.tell(event)
    }

    private func reference(_ name: String) -> JSON {
        var reference: JSON = ["resource": .string(attributes.resource)]
        for (field, value) in [
            ("namespace", attributes.namespace), ("name", name), ("apiGroup", attributes.group), ("apiVersion", attributes.version),
            ("subresource", attributes.subresource),
        ] where !value.isEmpty { reference[field] = .string(value) }
        return reference
    }

    private func bare(_ object: JSON) -> JSON {
        guard choice.omitsManagedFields else { return object }
        var object: JSON = object
        if var metadata = object["metadata"], metadata["managedFields"] != nil {
            metadata["managedFields"] = nil
            object["metadata"] = metadata
        }
        if let items = object["items"]?.array { object["items"] = .array(items.map { bare($0) }) }
        return object
    }

    private static func json(_ user: UserInfo) -> JSON {
        var json: JSON = ["username": .string(user.name)]
        if !user.uid.isEmpty { json["uid"] = .string(user.uid) }
        json["groups"] = .array(user.groups.map { .string($0) })
        if !user.extra.isEmpty {
            var extra: JSON = [:]
            for (key, values) in user.extra.sorted(by: { $0.key < $1.key }) { extra[key] = .array(values.map { .string($0) }) }
            json["extra"] = extra
        }
        return json
    }
}
