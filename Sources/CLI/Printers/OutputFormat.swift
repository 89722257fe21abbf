import Client
import Machinery

/// The value of `-o`: every form in which verbs show objects.
enum OutputFormat: Sendable {
    /// For people. The server's Table in `get`, a sentence in other verbs.
    case human(isWide: Bool)
    case json
    case yaml
    /// YAML in the flow style that cannot be misread. Source: KEP-5295.
    case kyaml
    case name
    case jsonPath(JSONPath)
    case jsonPathAsJSON(JSONPath)
    case goTemplate(GoTemplate)
    case customColumns(CustomColumns)

    /// True for whole objects, of which managed fields are left out; templates see all.
    var isDocument: Bool {
        switch self {
        case .json, .yaml, .kyaml: true
        default: false
        }
    }

    /// Reads the files that the value names. Throws ``Failure`` in kubectl's words.
    ///
    /// - Parameters:
    ///   - template: the value of `--template`, used where `-o` itself brings none.
    ///   - allowsMissingKeys: a field that the object has not is empty; otherwise it is an error.
    ///   - allowsTables: `wide` and custom columns are forms of this verb.
    init(
        _ text: String?, template: String? = nil, allowsMissingKeys: Bool = true, allowsTables: Bool = true, noHeaders: Bool = false
    ) throws {
        let given: String = text ?? ""
        if given.isEmpty, let template, !template.isEmpty {
            self = .goTemplate(try GoTemplate(template, allowsMissingKeys: allowsMissingKeys))
            return
        }
        let equals: String.Index = given.firstIndex(of: "=") ?? given.endIndex
        let name = String(given[..<equals])
        let value: String? = equals == given.endIndex ? template : String(given[given.index(after: equals)...])
        switch name {
        case "": self = .human(isWide: false)
        case "wide" where allowsTables: self = .human(isWide: true)
        case "json": self = .json
        case "yaml": self = .yaml
        case "kyaml": self = .kyaml
        case "name": self = .name
        case "jsonpath", "jsonpath-file", "jsonpath-as-json":
            guard let value, !value.isEmpty else { throw Failure("template format specified but no template given") }
            let source: String = name == "jsonpath-file" ? try Self.file(value) : value
            var path: JSONPath
            do { path = try JSONPath(source) } catch { throw Failure("error parsing jsonpath \(source), \(error)") }
            path.allowsMissingKeys = allowsMissingKeys
            self = name == "jsonpath-as-json" ? .jsonPathAsJSON(path) : .jsonPath(path)
        case "go-template", "go-template-file", "template", "templatefile":
            guard let value, !value.isEmpty else { throw Failure("template format specified but no template given") }
            let source: String = name.hasSuffix("file") ? try Self.file(value) : value
            self = .goTemplate(try GoTemplate(source, allowsMissingKeys: allowsMissingKeys))
        case "custom-columns" where allowsTables, "custom-columns-file" where allowsTables:
            guard let value, !value.isEmpty else { throw Failure("custom-columns format specified but no custom columns given") }
            self = .customColumns(
                name == "custom-columns"
                    ? try CustomColumns(value, noHeaders: noHeaders)
                    : try CustomColumns(file: try Self.file(value), noHeaders: noHeaders))
        default:
            let tables: String = allowsTables ? "custom-columns,custom-columns-file," : ""
            let wide: String = allowsTables ? "wide," : ""
            throw Failure(
                "unable to match a printer suitable for the output format \(JSON.quoted(given)), allowed formats are: \(tables)go-template,"
                    + "go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,\(wide)yaml")
        }
    }

    var isForPeople: Bool { if case .human = self { true } else { false } }
    var isWide: Bool { if case .human(let isWide) = self { isWide } else { false } }
    var isName: Bool { if case .name = self { true } else { false } }

    private static func file(_ path: String) throws -> String {
        do { return String(decoding: try LocalFile.read(path), as: UTF8.self) } catch {
            throw Failure("error reading --template \(path), \(error)")
        }
    }
}
