import Machinery

/// One aspect of a Gateway's, listener's or route's state.
struct GatewayCondition: Sendable, Hashable {
    let type: String
    let isTrue: Bool
    let reason: String
    var message = ""

    /// The list as a status has it; conditions of before keep the time of their last change while their status stays.
    static func json(_ conditions: [GatewayCondition], generation: Int64, before: JSON?, now: Time) -> JSON {
        .array(
            conditions.map { condition in
                let status: String = condition.isTrue ? "True" : "False"
                let old: JSON? = before?.array?.first { $0["type"]?.string == condition.type && $0["status"]?.string == status }
                return [
                    "type": .string(condition.type), "status": .string(status), "reason": .string(condition.reason),
                    "message": .string(condition.message), "observedGeneration": .int(generation),
                    "lastTransitionTime": old?["lastTransitionTime"] ?? now.json,
                ]
            })
    }
}

/// Reads a span of time as the Gateway API writes it: `1h30m`, `500ms`. Source: GEP-2257.
enum GatewayDuration {
    static func parse(_ text: String) -> Duration? {
        var total: Duration = .zero
        var rest: Substring = text[...]
        while !rest.isEmpty {
            let digits: Substring = rest.prefix { $0.isNumber }
            guard let number = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            if rest.hasPrefix("ms") {
                total += .milliseconds(number)
                rest = rest.dropFirst(2)
            } else if let unit = rest.popFirst(), let seconds = ["h": 3600, "m": 60, "s": 1][unit] as Int64? {
                total += .seconds(number * seconds)
            } else {
                return nil
            }
        }
        return text.isEmpty ? nil : total
    }
}
