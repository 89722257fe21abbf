import Machinery

/// What is known of a value from outside of expressions: its type, its members and the most that it can hold.
///
/// Values in JSON are read by it: a text is a timestamp where the declaration says so.
package final class Declaration: Sendable {
    package struct Member: Sendable {
        /// As it stands in the JSON; expressions may have to write it otherwise.
        package let property: String
        package let declaration: Declaration

        package init(property: String, declaration: Declaration) {
            self.property = property
            self.declaration = declaration
        }
    }

    package enum Form: Sendable {
        /// Any JSON.
        case dyn
        case plain(ValueType)
        case list(Declaration)
        /// With texts as keys.
        case map(Declaration)
        /// By the name that expressions use.
        case object([String: Member])
    }

    package let name: String
    package let form: Form
    /// Most characters, bytes, elements or entries; 0 for values of fixed size.
    package let maxElements: UInt64
    /// Fewest bytes of the value in JSON.
    package let minSize: Int64
    /// Where the fields of an object are read by an object of Swift instead of JSON, as `variables` are.
    package let isNullable: Bool

    package init(_ form: Form, name: String = "object", maxElements: UInt64 = 0, minSize: Int64 = 0, isNullable: Bool = false) {
        self.form = form
        self.name = name
        self.maxElements = maxElements
        self.minSize = minSize
        self.isNullable = isNullable
    }

    package static let dyn = Declaration(.dyn, name: "dyn", maxElements: UInt64(maxRequestSize - 2), minSize: 1)
    package static let bool = Declaration(.plain(.bool), minSize: 4)
    package static let int = Declaration(.plain(.int), minSize: 1)
    package static let double = Declaration(.plain(.double), minSize: 1)
    package static let string = Declaration(.plain(.string), maxElements: UInt64(maxRequestSize - 2), minSize: 2)

    /// Bytes of the longest request. Source: `MaxRequestSizeBytes` of k8s.io/apiserver/pkg/cel.
    package static let maxRequestSize: Int64 = 3 * 1024 * 1024

    package var type: ValueType {
        switch form {
        case .dyn: .dyn
        case .plain(let type): type
        case .list(let element): .list(element.type)
        case .map(let value): .map(.string, value.type)
        case .object: .object(self)
        }
    }

    /// Of the elements of a list or the values of a map.
    var element: Declaration? {
        switch form {
        case .list(let element), .map(let element): element
        default: nil
        }
    }

    func member(_ name: String) -> Member? { if case .object(let members) = form { members[name] } else { nil } }
}

extension Declaration: Hashable {
    package static func == (one: Declaration, other: Declaration) -> Bool { one === other }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// How names of properties are written in expressions. Source: k8s.io/apiserver/pkg/cel/escaping.go.
package enum PropertyName {
    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
        "package", "namespace", "return", "var", "void", "while",
    ]

    /// nil for a property that expressions can't name.
    package static func escaped(_ property: String) -> String? {
        if reserved.contains(property) { return "__\(property)__" }
        var text: String = ""
        let bytes: [UInt8] = Array(property.utf8)
        guard let first = bytes.first, !(0x30...0x39).contains(first) else { return nil }
        var index: Int = 0
        while index < bytes.count {
            let byte: UInt8 = bytes[index]
            switch byte {
            case UInt8(ascii: "."): text += "__dot__"
            case UInt8(ascii: "-"): text += "__dash__"
            case UInt8(ascii: "/"): text += "__slash__"
            case UInt8(ascii: "_") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "_"):
                text += "__underscores__"
                index += 1
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: return nil
            }
            index += 1
        }
        return text
    }
}
