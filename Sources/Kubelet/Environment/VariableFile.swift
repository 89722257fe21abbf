/// A file of variables that a container wrote: lines of `NAME='value'`, where a value may go over several lines; empty lines and those that
/// begin with `#` are left out. Source: the page "Define Environment Variable Values Using An Init Container" of the Kubernetes documentation.
enum VariableFile {
    /// The value of a name, the last one where it has several; nil when the file has none. Throws ``ConfigError`` for another kind of file.
    static func value(of name: String, in bytes: [UInt8]) throws(ConfigError) -> String? {
        var rest: Substring = String(decoding: bytes, as: UTF8.self)[...]
        var found: String?
        var number = 1
        while let first = rest.first {
            if first.isWhitespace {
                if first.isNewline { number += 1 }
                rest.removeFirst()
                continue
            }
            if first == "#" {
                rest = rest.drop { !$0.isNewline }
                continue
            }
            let key: Substring = rest.prefix { $0 != "=" && !$0.isNewline }
            rest = rest.dropFirst(key.count)
            guard rest.hasPrefix("='"), let end = rest.dropFirst(2).firstIndex(of: "'") else {
                throw ConfigError("line \(number) is not of the form NAME='value'")
            }
            let value: Substring = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
            rest = rest[rest.index(after: end)...]
            guard rest.first?.isNewline != false else { throw ConfigError("line \(number) goes on behind its value") }
            number += value.count { $0.isNewline }
            if key == name { found = String(value) }
        }
        return found
    }
}
