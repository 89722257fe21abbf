import NIOHTTP1

/// The header fields of a request or an answer, in the order in which they were added.
///
/// Names compare without regard to case; a name may occur more than once. Values never hold a line break:
/// CR, LF and NUL become spaces when a value is added, so text from users cannot start another header.
package struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
    /// The fields as NIO keeps them: reading a request and writing an answer convert nothing.
    var fields: NIOHTTP1.HTTPHeaders

    init(_ fields: NIOHTTP1.HTTPHeaders) {
        self.fields = fields
    }

    /// No headers.
    package init() {
        self.fields = NIOHTTP1.HTTPHeaders()
    }

    package init(dictionaryLiteral elements: (String, String)...) {
        self.fields = NIOHTTP1.HTTPHeaders()
        self.fields.reserveCapacity(elements.count + 2)
        for (name, value) in elements { add(name, value) }
    }

    /// All fields as they stand on the wire.
    package var pairs: [(name: String, value: String)] {
        fields.map { (name: $0.name, value: $0.value) }
    }

    /// Value of the first field of that name; nil without one. Setting replaces all fields of that name, nil removes them.
    package subscript(name: String) -> String? {
        get { fields.first(name: name) }
        set {
            if let newValue { set(name, newValue) } else { fields.remove(name: name) }
        }
    }

    /// Values of all fields of that name, in order, one for each field: comma lists are not taken apart.
    package func all(_ name: String) -> [String] {
        fields[name]
    }

    /// True when a field's name begins so. - Parameter prefix: in small letters.
    package func contains(prefix: String) -> Bool {
        fields.contains { field in
            field.name.utf8.count >= prefix.utf8.count
                && zip(field.name.utf8, prefix.utf8).allSatisfy { ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) == $1 }
        }
    }

    /// Adds a field beside those of the same name.
    package mutating func add(_ name: String, _ value: String) {
        fields.add(name: name, value: Self.oneLine(value))
    }

    /// Replaces all fields of that name with one.
    package mutating func set(_ name: String, _ value: String) {
        fields.replaceOrAdd(name: name, value: Self.oneLine(value))
    }

    /// The value without line breaks; almost always the value itself.
    private static func oneLine(_ value: String) -> String {
        func breaks(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D || byte == 0x00 }
        guard value.utf8.contains(where: breaks) else { return value }
        return String(decoding: value.utf8.map { breaks($0) ? 0x20 : $0 }, as: UTF8.self)
    }
}
