package import Machinery

/// Something that happened to an object, in the form of `events.k8s.io/v1`. Stored as the ``Event`` of the core group.
package struct EventsV1Event: Kind {
    package static let definition = Definition(EventsV1Event(), "events.v1.Event", "Something that happened to an object.")
    package static let names = KindNames("Event", group: "events.k8s.io", plural: "events", short: ["ev"], createsOnUpdate: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let eventTime = Field<MicroTime?>("eventTime", 2, "When it happened first.", .always)
    package let series = Field<EventsV1EventSeries?>("series", 3, "How often and when last, where it goes on happening.")
    package let reportingController = Field<String>("reportingController", 4, "Controller that reports it.")
    package let reportingInstance = Field<String>("reportingInstance", 5, "Which one of the controllers of that name.")
    package let action = Field<String>("action", 6, "What was done or failed to be done.")
    package let reason = Field<String>("reason", 7, "One word in CamelCase for what happened.")
    package let regarding = Field<ObjectReference>("regarding", 8, "The object that it happened to.")
    package let related = Field<ObjectReference?>("related", 9, "A second object that has to do with it.")
    package let note = Field<String>("note", 10, "For people: what happened; 1 KB at most.")
    package let type = Field<String>("type", 11, "Normal or Warning.")
    package let deprecatedSource = Field<EventSource>("deprecatedSource", 12, "Who reports it, in the old form.")
    package let deprecatedFirstTimestamp = Field<Time?>(
        "deprecatedFirstTimestamp", 13, "When it happened first, in the old form.", .written)
    package let deprecatedLastTimestamp = Field<Time?>("deprecatedLastTimestamp", 14, "When it happened last, in the old form.", .written)
    package let deprecatedCount = Field<Int32>("deprecatedCount", 15, "How often it happened, in the old form.")

    package static let selectableFields: [SelectableField] =
        ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"].map {
            SelectableField("regarding." + $0)
        } + ["reason", "type", "reportingController"]

    /// Those of the stored form.
    package static let columns: [Column<EventsV1Event>] = Event.columns.map { column in
        let head: ColumnDefinition = column.definition
        return Column(head.name, head.type, head.doc, priority: head.priority, format: head.format) { event, now in
            column.cell(View<Event>(EventConversion.toCore(event.json)), now)
        }
    }

    package static let storedForm: StoredForm? = StoredForm(
        Event.names, toStored: EventConversion.toCore, fromStored: EventConversion.fromCore)
}

/// How often something happened that goes on happening.
package struct EventsV1EventSeries: Schema {
    package static let definition = Definition(
        EventsV1EventSeries(), "events.v1.EventSeries", "How often something happened that goes on happening.")

    package let count = Field<Int32>("count", 1, "How often, up to the last report.", .always)
    package let lastObservedTime = Field<MicroTime?>("lastObservedTime", 2, "When it happened last.", .always)
}

/// From the events of `events.k8s.io/v1` to those of the core group and back. Source: pkg/apis/events/v1/conversion.go.
enum EventConversion {
    /// The names that differ.
    private static let names: [(new: String, core: String)] = [
        ("reportingController", "reportingComponent"), ("regarding", "involvedObject"), ("note", "message"),
        ("deprecatedSource", "source"), ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedCount", "count"),
    ]
    private static let toCoreNames = [String: String](uniqueKeysWithValues: names.map { ($0.new, $0.core) })
    private static let fromCoreNames = [String: String](uniqueKeysWithValues: names.map { ($0.core, $0.new) })

    static func toCore(_ event: JSON) -> JSON {
        let result: JSON = renamed(event, toCoreNames, "v1")
        return Event.definition.schema.complete(result) ?? result
    }

    static func fromCore(_ event: JSON) -> JSON {
        let result: JSON = renamed(event, fromCoreNames, "events.k8s.io/v1")
        return EventsV1Event.definition.schema.complete(result) ?? result
    }

    private static func renamed(_ event: JSON, _ names: [String: String], _ apiVersion: String) -> JSON {
        guard let object: JSONObject = event.object else { return event }
        var result: JSON = .object(
            JSONObject(members: object.members.map { JSONObject.Member(key: names[$0.key] ?? $0.key, value: $0.value) }))
        result["apiVersion"] = .string(apiVersion)
        return result
    }
}

/// Source: `ValidateEventCreate` and `ValidateEventUpdate` of pkg/apis/core/validation.
extension EventsV1Event {
    package static func validate(_ event: View<EventsV1Event>, _ path: Path, _ problems: inout Problems) {
        validatePlace(event, path, &problems)
        validateReporter(event, path, &problems)
        if event.eventTime == nil { problems.required(path.child("eventTime")) }
        if let series = event.series {
            if series.count < 2 { problems.invalid(path.child("series").child("count"), "", "should be at least 2") }
            if series.lastObservedTime == nil { problems.required(path.child("series").child("lastObservedTime")) }
        }
        if event.type != "Normal", event.type != "Warning" {
            problems.invalid(path.child("type"), "", "has invalid value: \(event.type)")
        }
        if event.deprecatedFirstTimestamp != nil { problems.invalid(path.child("firstTimestamp"), "", "needs to be unset") }
        if event.deprecatedLastTimestamp != nil { problems.invalid(path.child("lastTimestamp"), "", "needs to be unset") }
        if event.deprecatedCount != 0 { problems.invalid(path.child("count"), "", "needs to be unset") }
        if !event.deprecatedSource.component.isEmpty || !event.deprecatedSource.host.isEmpty {
            problems.invalid(path.child("source"), "", "needs to be unset")
        }
    }

    private static func validatePlace(_ event: View<EventsV1Event>, _ path: Path, _ problems: inout Problems) {
        let namespace: String = event.metadata.namespace
        guard event.regarding.namespace.isEmpty, namespace != "default", namespace != "kube-system", !namespace.isEmpty else { return }
        problems.invalid(path.child("involvedObject").child("namespace"), "", "does not match event.namespace")
    }

    private static func validateReporter(_ event: View<EventsV1Event>, _ path: Path, _ problems: inout Problems) {
        guard event.eventTime != nil else { return }
        if event.reportingController.isEmpty {
            problems.required(path.child("reportingController"))
        } else {
            for detail in Names.qualifiedName(event.reportingController) {
                problems.invalid(path.child("reportingController"), .string(event.reportingController), detail)
            }
        }
        for (field, text) in [("reportingInstance", event.reportingInstance), ("action", event.action), ("reason", event.reason)] {
            if text.isEmpty { problems.required(path.child(field)) }
            if text.utf8.count > 128 { problems.invalid(path.child(field), "", "can have at most 128 characters") }
        }
        if event.note.utf8.count > 1024 { problems.invalid(path.child("message"), "", "can have at most 1024 characters") }
    }

    /// Only the series goes on.
    package static func validateUpdate(
        _ event: View<EventsV1Event>, from old: View<EventsV1Event>, _ path: Path, _ problems: inout Problems
    ) {
        let fixed: [(field: String, told: String)] = [
            ("regarding", "involvedObject"), ("reason", "reason"), ("note", "message"), ("deprecatedSource", "source"),
            ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"), ("deprecatedCount", "count"),
            ("type", "type"), ("eventTime", "eventTime"), ("action", "action"), ("related", "related"),
            ("reportingController", "reportingController"), ("reportingInstance", "reportingInstance"),
        ]
        for (field, told) in fixed where event.json[field] != old.json[field] {
            problems.invalid(path.child(told), event.json[field] ?? .null, "field is immutable")
        }
    }
}
