import Glibc
import Machinery

/// Text of a description as it grows: indented lines whose tabs become columns.
/// Source: the prefix writer of k8s.io/kubectl/pkg/describe.
struct DescribeText {
    private var done: String = ""
    private var writer = TabWriter.describe
    let now: Time
    private let aligns: Bool

    /// - Parameter aligns: false keeps the tabs.
    init(now: Time, aligns: Bool = true) {
        self.now = now
        self.aligns = aligns
    }

    /// A line; each level indents by two spaces. Tabs end cells.
    mutating func line(_ level: Int = 0, _ text: String = "") {
        guard aligns else { return done += String(repeating: "  ", count: level) + text + "\n" }
        writer.line(
            (String(repeating: "  ", count: level) + text).split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
    }

    /// A label and its value.
    mutating func field(_ label: String, _ value: String, level: Int = 0) { line(level, "\(label):\t\(value)") }

    /// Lines after this do not line up with those before.
    mutating func breakColumns() {
        done += writer.rendered()
        writer = .describe
    }

    var text: String { done + writer.rendered() }

    /// Labels, one a line behind the title.
    mutating func labels(_ labels: JSON?, _ title: String = "Labels", level: Int = 0) {
        let members: [JSONObject.Member] = (labels?.object ?? [:]).sorted().members
        if members.isEmpty { return line(level, "\(title):\t<none>") }
        for (index, member) in members.enumerated() {
            line(index == 0 ? level : 0, "\(index == 0 ? title + ":" : "")\t\(member.key)=\(member.value.string ?? "")")
        }
    }

    /// Annotations, one a line; long ones below their name.
    mutating func annotations(_ annotations: JSON?, level: Int = 0) {
        let limit: Int = 140
        var members: [JSONObject.Member] = (annotations?.object ?? [:]).sorted().members
        members.removeAll { $0.key == LastApplied.annotation }
        if members.isEmpty { return line(level, "Annotations:\t<none>") }
        for (index, member) in members.enumerated() {
            let title: String = index == 0 ? "Annotations:" : ""
            var value: String = member.value.string ?? ""
            if value.hasSuffix("\n") { value.removeLast() }
            if value.utf8.count + member.key.utf8.count + 2 > limit || value.contains("\n") {
                line(level, "\(title)\t\(member.key):")
                for part in value.split(separator: "\n", omittingEmptySubsequences: false) {
                    line(level, "\t  \(part.utf8.count > limit - 2 ? part.prefix(limit - 2) + "..." : part)")
                }
            } else {
                line(level, "\(title)\t\(member.key): \(value)")
            }
        }
    }

    /// The table of events at the end of a description; they come oldest first.
    mutating func events(_ events: [JSON]) {
        if events.isEmpty { return line(0, "Events:\t<none>") }
        line(0, "Events:")
        line(1, "Type\tReason\tAge\tFrom\tMessage")
        line(1, "----\t------\t----\t----\t-------")
        for event in events {
            let source: String = event[["source", "component"]]?.string ?? event["reportingComponent"]?.string ?? ""
            // Which container of the pod it is about stands before it.
            let place: String = event.text(at: "involvedObject", "fieldPath")
            let message: String = ((place.isEmpty ? "" : place + ": ") + (event["message"]?.string ?? "")).split(separator: "\n").joined(
                separator: "\n  \t\t\t\t"
            ).trimmedText
            line(1, "\(event["type"]?.string ?? "")\t\(event["reason"]?.string ?? "")\t\(interval(of: event))\t\(source)\t\(message)")
        }
    }

    /// A table of conditions with the time since when they are so.
    mutating func conditions(_ conditions: [JSON]) {
        line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage")
        line(1, "----\t------\t------------------\t------\t-------")
        for condition in conditions {
            let cells: [String] = [
                condition.text(at: "type"), condition.text(at: "status"), DescribeText.date(condition["lastTransitionTime"]),
                condition.text(at: "reason"), condition.text(at: "message"),
            ]
            line(1, cells.joined(separator: "\t"))
        }
    }

    /// `5m (x3 over 10m)`
    func interval(of event: JSON) -> String {
        let first: String =
            age(event["eventTime"] ?? event["firstTimestamp"]) == "<unknown>"
            ? age(event["firstTimestamp"]) : age(event["eventTime"] ?? event["firstTimestamp"])
        if let series = event["series"], !series.isNull {
            return "\(age(series["lastObservedTime"])) (x\(series["count"]?.int ?? 0) over \(first))"
        }
        if let count = event["count"]?.int, count > 1 { return "\(age(event["lastTimestamp"])) (x\(count) over \(first))" }
        return first
    }

    /// Time since then; `<unknown>` without a time.
    func age(_ time: JSON?) -> String {
        guard let text = time?.string, let micro = MicroTime(text) else { return "<unknown>" }
        return (now - micro.time).human
    }

    /// A time as `Mon, 02 Jan 2006 15:04:05 -0700`, in the user's time zone.
    static func date(_ time: JSON?) -> String {
        guard let text = time?.string, let time = Time(text) else { return "<unset>" }
        var seconds = time_t(time.seconds)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return text }
        let days: [String] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months: [String] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let offset: Int = parts.tm_gmtoff / 60
        let zone: String = (offset < 0 ? "-" : "+") + two(Int32(abs(offset) / 60)) + two(Int32(abs(offset) % 60))
        return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) \(zone)"
    }
}

extension String {
    fileprivate var trimmedText: String { String(self[...].trimmed) }
}

/// Short ways to read a tree for printing.
extension JSON {
    /// The text at a path; empty without one. Numbers and booleans are spelled out.
    func text(at path: String...) -> String { self[path].map { $0.string ?? GoText.of($0) } ?? "" }
    func list(_ path: String...) -> [JSON] { self[path]?.array ?? [] }
    func number(_ path: String...) -> Int64 { self[path]?.int ?? 0 }
}
