import Client
import Machinery

/// Prints a watch's beginning and its events, as rows or as objects.
struct WatchPrinter {
    var table: TablePrinter
    var objects: ObjectPrinter
    let showsEvents: Bool
    let resource: APIResource

    mutating func show(_ list: JSON, _ output: Output) throws {
        if list["kind"] == "Table" {
            if list["rows"]?.array?.isEmpty == false { output.write(table.text(list, event: "ADDED")) }
            return
        }
        for item in list["items"]?.array ?? [] { try show(GetQuery.typed(item, resource), "ADDED", output) }
    }

    mutating func show(_ event: WatchEvent, _ output: Output) throws {
        if event.object["kind"] == "Table" {
            output.write(table.text(event.object, event: event.kind.rawValue))
        } else {
            try show(event.object, event.kind.rawValue, output)
        }
    }

    private mutating func show(_ object: JSON, _ event: String, _ output: Output) throws {
        try objects.print(object, resource, event: showsEvents ? event : nil)
    }
}
