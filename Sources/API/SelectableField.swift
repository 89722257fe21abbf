package import Machinery

/// A field that field selectors may name.
///
///     package static let selectableFields: [SelectableField] = ["spec.nodeName", SelectableField("spec.hostNetwork", absent: "false")]
package struct SelectableField: Sendable, ExpressibleByStringLiteral {
    /// As selectors write it, mostly the path of the field.
    package let name: String
    /// Where the value stands; the first place that holds one counts.
    private let paths: [[String]]
    private let absent: String

    /// - Parameters:
    ///   - paths: where the value stands, if not where the name says.
    ///   - absent: what an object without the value is selected by.
    package init(_ name: String, at paths: [String] = [], absent: String = "") {
        self.name = name
        self.paths = (paths.isEmpty ? [name] : paths).map { $0.split(separator: ".").map(String.init) }
        self.absent = absent
    }

    package init(stringLiteral name: String) { self.init(name) }

    /// What selectors compare with.
    package func value(in object: JSON) -> String {
        for path in paths {
            switch object[path] {
            case .string(let text)? where !text.isEmpty: return text
            case .bool(let flag)?: return flag ? "true" : "false"
            case .int(let number)?: return String(number)
            default: continue
            }
        }
        return absent
    }
}
