package import Machinery

/// Something that happened to an object, for people to read.
package struct Event: Kind {
    package static let definition = Definition(Event(), "core.v1.Event", "Something that happened to an object, for people to read.")
    package static let names = KindNames("Event", group: "", plural: "events", short: ["ev"], createsOnUpdate: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.", .always)
    package let involvedObject = Field<ObjectReference>("involvedObject", 2, "The object that it happened to.", .always)
    package let reason = Field<String>("reason", 3, "One word in CamelCase for what happened.")
    package let message = Field<String>("message", 4, "The same for people.")
    package let source = Field<EventSource>("source", 5, "Who reports it, in the old form.")
    package let firstTimestamp = Field<Time?>("firstTimestamp", 6, "When it happened first.", .written)
    package let lastTimestamp = Field<Time?>("lastTimestamp", 7, "When it happened last.", .written)
    package let count = Field<Int32>("count", 8, "How often it happened.")
    package let type = Field<String>("type", 9, "Normal or Warning.")
    package let eventTime = Field<MicroTime?>("eventTime", 10, "When it happened first, in the new form.", .written)
    package let series = Field<EventSeries?>("series", 11, "How often and when last, where it goes on happening.")
    package let action = Field<String>("action", 12, "What was done or failed to be done.")
    package let related = Field<ObjectReference?>("related", 13, "A second object that has to do with it.")
    package let reportingComponent = Field<String>("reportingComponent", 14, "Controller that reports it.", default: "")
    package let reportingInstance = Field<String>("reportingInstance", 15, "Which one of the controllers of that name.", default: "")

    package static let selectableFields: [SelectableField] = [
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
        "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent",
        SelectableField("source", at: ["source.component", "reportingComponent"]), "type",
    ]

    package static let columns: [Column<Event>] = [
        Column("Last Seen", .string, "Time since it happened last.") { event, now in .string(humanAge(event.lastSeen, now)) },
        Column("Type", .string, "Normal or Warning.") { event, _ in .string(event.type) },
        Column("Reason", .string, "One word for what happened.") { event, _ in .string(event.reason) },
        Column("Object", .string, "The object that it happened to.") { event, _ in
            let object: View<ObjectReference> = event.involvedObject
            return .string(object.kind.isEmpty ? object.name : "\(object.kind.lowercased())/\(object.name)")
        },
        Column("Subobject", .string, "The part of the object that it happened to.", priority: 1) { event, _ in
            .string(event.involvedObject.fieldPath)
        },
        Column("Source", .string, "Who reports it.", priority: 1) { event, _ in
            let component: String = event.source.component.isEmpty ? event.reportingComponent : event.source.component
            return .string(event.source.host.isEmpty ? component : "\(component), \(event.source.host)")
        },
        Column("Message", .string, "What happened.") { event, _ in
            .string(event.message.trimmingWhitespace)
        },
        Column("First Seen", .string, "Time since it happened first.", priority: 1) { event, now in
            .string(humanAge(event.firstSeen, now))
        },
        Column("Count", .string, "How often it happened.", priority: 1) { event, _ in .int(Int64(event.occurrences)) },
        Column("Name", .string, "Name, unique within the namespace.", priority: 1, format: "name") { event, _ in .string(event.name) },
    ]

    /// Source: `legacyValidateEvent` of pkg/apis/core/validation.
    package static func validate(_ event: View<Event>, _ path: Path, _ problems: inout Problems) {
        let namespace: String = event.metadata.namespace
        let involved: String = event.involvedObject.namespace
        let here: Path = path.child("involvedObject").child("namespace")
        let isNew: Bool = event.eventTime != nil
        let fits: Bool
        if involved.isEmpty {
            // What happens to objects without a namespace is told in the default one; by newer reporters also in kube-system.
            fits = namespace.isEmpty || namespace == "default" || isNew && namespace == "kube-system"
        } else {
            fits = involved == namespace || isNew
        }
        if !fits { problems.invalid(here, .string(involved), "does not match event.namespace") }
        if isNew { validateNew(event, path, &problems) }
    }

    private static func validateNew(_ event: View<Event>, _ path: Path, _ problems: inout Problems) {
        if event.reportingComponent.isEmpty {
            problems.required(path.child("reportingComponent"))
        } else {
            for detail in Names.qualifiedName(event.reportingComponent) {
                problems.invalid(path.child("reportingComponent"), .string(event.reportingComponent), detail)
            }
        }
        for (field, text) in [("reportingInstance", event.reportingInstance), ("action", event.action), ("reason", event.reason)] {
            if text.isEmpty { problems.required(path.child(field)) }
            if text.utf8.count > 128 { problems.invalid(path.child(field), .string(text), "can have at most 128 characters") }
        }
        if event.message.utf8.count > 1024 {
            problems.invalid(path.child("message"), .string(event.message), "can have at most 1024 characters")
        }
    }
}

extension View<Event> {
    /// How often it happened, in whichever form that is told.
    package var occurrences: Int { self.series?.count ?? max(1, self.count) }

    package var firstSeen: Time? { self.firstTimestamp ?? self.eventTime?.time }

    package var lastSeen: Time? { self.series.map { $0.lastObservedTime?.time } ?? self.lastTimestamp ?? firstSeen }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[first...last])
    }
}

/// Who reports an event, in the old form.
package struct EventSource: Schema {
    package static let definition = Definition(EventSource(), "core.v1.EventSource", "Who reports an event.")

    package let component = Field<String>("component", 1, "Component that reports it.")
    package let host = Field<String>("host", 2, "Node that the component runs on.")
}

/// How often something happened that goes on happening.
package struct EventSeries: Schema {
    package static let definition = Definition(EventSeries(), "core.v1.EventSeries", "How often something happened that goes on happening.")

    package let count = Field<Int32>("count", 1, "How often, up to the last report.")
    package let lastObservedTime = Field<MicroTime?>("lastObservedTime", 2, "When it happened last.", .written)
}
