import API
import Machinery

/// The columns of a custom resource: the name, then what its definition lists, or the age.
///
/// Source: k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor.
struct CustomColumns: Sendable {
    let definitions: [ColumnDefinition]
    let cells: @Sendable (JSON, Time) -> [JSON]

    private struct Source: Sendable {
        let type: ColumnDefinition.CellType
        /// nil for a path that can't be read, whose cells are empty.
        let path: JSONPath?
    }

    init(_ columns: [View<CustomResourceColumnDefinition>]) {
        let wanted: [(ColumnDefinition, Source)] = columns.map { column in
            let type: ColumnDefinition.CellType = ColumnDefinition.CellType(rawValue: column.type) ?? .string
            return (
                ColumnDefinition(
                    name: column.name, type: type, format: column.format, doc: column.description, priority: column.priority),
                Source(type: type, path: try? JSONPath("{" + column.jsonPath + "}"))
            )
        }
        let shown: [(ColumnDefinition, Source)] = columns.isEmpty ? [Self.age] : wanted
        definitions = [Self.name] + shown.map(\.0)
        let sources: [Source] = shown.map(\.1)
        cells = { object, now in
            [object[["metadata", "name"]] ?? ""] + sources.map { Self.cell($0, object, now) }
        }
    }

    private static let name = ColumnDefinition(
        name: "Name", type: .string, format: "name", doc: "Name, unique within the namespace.", priority: 0)
    private static let age = (
        ColumnDefinition(name: "Age", type: .date, format: "", doc: "Time since the object was created.", priority: 0),
        Source(type: .date, path: try? JSONPath("{.metadata.creationTimestamp}"))
    )

    private static func cell(_ source: Source, _ object: JSON, _ now: Time) -> JSON {
        guard let value = (try? source.path?.values(object))?.first else { return .null }
        switch source.type {
        case .string: return value.string.map { .string($0) } ?? .string(shown(value))
        case .integer:
            return value.int.map { .int($0) } ?? value.double.flatMap { Int64(exactly: $0.rounded(.towardZero)) }.map { .int($0) } ?? .null
        case .number: return value.double == nil ? .null : value
        case .boolean: return value.bool == nil ? .null : value
        case .date:
            guard let text = value.string else { return .null }
            guard let time = Time(text) else { return "<invalid>" }
            return .string(humanAge(time, now))
        }
    }

    private static func shown(_ value: JSON) -> String {
        switch value {
        case .object, .array: value.sortedByKey.text(JSONStyle(escapeHTML: true))
        default: GoText.of(value)
        }
    }
}
