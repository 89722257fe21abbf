import Client
import Machinery

/// The value of `-o`: every form in which verbs show objects.
enum OutputFormat: Sendable {
    /// For people. The server's Table in `get`, a sentence in other verbs.
    case human(isWide: Bool)
    case json
    case yaml
    case name
    case jsonPath(JSONPath)
    case jsonPathAsJSON(JSONPath)
    case customColumns(CustomColumns)

    /// Reads the files that the value names. Throws ``Failure`` in kubectl's words.
    init(_ text: String?, noHeaders: Bool = false) throws {
        guard let text, !text.isEmpty else {
            self = .human(isWide: false)
            return
        }
        let equals: String.Index = text.firstIndex(of: "=") ?? text.endIndex
        let name: String = text[..<equals].lowercased()
        let value: String? = equals == text.endIndex ? nil : String(text[text.index(after: equals)...])
        switch name {
        case "wide": self = .human(isWide: true)
        case "json": self = .json
        case "yaml": self = .yaml
        case "name": self = .name
        case "jsonpath", "jsonpath-file", "jsonpath-as-json":
            guard let value, !value.isEmpty else { throw Failure("template format specified but no template given") }
            let template: String = name == "jsonpath-file" ? try Self.file(value, "template") : value
            let path: JSONPath
            do { path = try JSONPath(template) } catch {
                throw Failure("error parsing jsonpath \(template), \(error)")
            }
            self = name == "jsonpath-as-json" ? .jsonPathAsJSON(path) : .jsonPath(path)
        case "custom-columns", "custom-columns-file":
            guard let value, !value.isEmpty else { throw Failure("custom-columns format specified but no custom columns given") }
            self = .customColumns(
                name == "custom-columns"
                    ? try CustomColumns(value, noHeaders: noHeaders)
                    : try CustomColumns(file: try Self.file(value, "template"), noHeaders: noHeaders))
        case "go-template", "go-template-file", "template", "templatefile":
            throw Failure("-o \(name) is not there yet; use -o jsonpath or -o custom-columns")
        default:
            throw Failure(
                "unable to match a printer suitable for the output format \(JSON.quoted(text)), allowed formats are: custom-columns,"
                    + "custom-columns-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,wide,yaml")
        }
    }

    var isForPeople: Bool { if case .human = self { true } else { false } }
    var isWide: Bool { if case .human(let isWide) = self { isWide } else { false } }

    private static func file(_ path: String, _ what: String) throws -> String {
        do { return String(decoding: try LocalFile.read(path), as: UTF8.self) } catch {
            throw Failure("error reading \(what) \(path), \(error)")
        }
    }
}

extension OutputFormat {
    var isName: Bool { if case .name = self { true } else { false } }
}
