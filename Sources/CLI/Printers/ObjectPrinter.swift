import Client
import Machinery

/// Prints objects, or lists of them, in any form but the table.
struct ObjectPrinter {
    let format: OutputFormat
    let output: Output
    /// Keeps `metadata.managedFields`.
    let showsManagedFields: Bool
    private var hasPrintedYAML: Bool = false

    init(_ format: OutputFormat, _ output: Output, showsManagedFields: Bool = false) {
        self.format = format
        self.output = output
        self.showsManagedFields = showsManagedFields
    }

    /// - Parameter done: for people: what was done to the object (`created`), printed behind its name.
    /// - Parameter suffix: behind that, such as ` (dry run)`.
    /// - Parameter isTyped: JSON has its members as Go declares them.
    mutating func print(
        _ object: JSON, _ resource: APIResource?, done: String = "", suffix: String = "", isTyped: Bool = false, event: String? = nil
    ) throws {
        let plain: JSON = showsManagedFields || !format.isDocument ? object : Self.withoutManagedFields(object)
        if case .name = format {
            for item in PlainTable.items(of: plain) { output.line(name(item, PlainTable.items(of: plain).count == 1 ? resource : nil)) }
            return
        }
        let object: JSON = event.map { ["type": .string($0), "object": plain.sortedByKey] } ?? plain
        switch format {
        // An event a line, for programs that read lines.
        case .json where event != nil: output.line(object.text())
        case .human:
            output.line("\(name(object, resource)) \(done)\(suffix)")
        case .name: break
        case .json: output.line((isTyped ? GoForm.ordered(object) : object.sortedByKey).text(.kubectl))
        case .yaml:
            if hasPrintedYAML { output.line("---") }
            hasPrintedYAML = true
            output.write(YAML.write(object, sortedKeys: true))
        case .kyaml: output.write(KYAML.write(isTyped ? GoForm.ordered(object) : object.sortedByKey))
        case .jsonPath(let path): output.write(try path.text(object))
        case .goTemplate(let template):
            do { output.write(try template.text(object, isTyped: isTyped)) } catch let error as GoTemplateFailure {
                output.write(error.output)
                throw error.failure
            }
        case .jsonPathAsJSON(let path): output.line(JSON.array(try path.values(object)).sortedByKey.text(.kubectl))
        case .customColumns(let columns): output.write(try columns.text(PlainTable.items(of: object)))
        }
    }

    /// `deployment.apps/web`
    private func name(_ object: JSON, _ resource: APIResource?) -> String {
        ObjectName.shown(object, resource)
    }

    static func withoutManagedFields(_ object: JSON) -> JSON {
        var object: JSON = object
        if let items = object["items"]?.array {
            object["items"] = .array(items.map(withoutManagedFields))
        } else if var metadata = object["metadata"], metadata["managedFields"] != nil {
            metadata["managedFields"] = nil
            object["metadata"] = metadata
        }
        return object
    }
}

/// An object's name as verbs tell it.
enum ObjectName {
    /// `pod/web-1`, `deployment.apps/web`. Without a resource the kind in small letters stands for it.
    static func shown(_ object: JSON, _ resource: APIResource?) -> String {
        let given: String = object[["metadata", "name"]]?.string ?? ""
        let name: String = given.isEmpty ? "<unknown>" : given
        // A part of an object, such as its scale, has a kind of its own.
        if let resource, object["kind"]?.string ?? resource.kind == resource.kind { return resource.shown + "/" + name }
        let kind: String = (object["kind"]?.string ?? "").lowercased()
        let group: String = Discovery.split(object["apiVersion"]?.string ?? "").group
        return (group.isEmpty ? kind : kind + "." + group) + "/" + name
    }
}
