import Client
import Machinery

/// Where ConfigMaps and Secrets take their values from.
package struct KeyValueSources: FlagGroup {
    @Option("from-literal", help: "A key and its value; may be repeated.", value: "key=value")
    var literals: [String] = []

    @Option(
        "from-file", help: "A file, or a folder of files; the key is the file's name unless said; may be repeated.", value: "[key=]path")
    var files: [String] = []

    @Option("from-env-file", help: "A file with lines key=value; may be repeated.", value: "path")
    var environmentFiles: [String] = []

    package init() {}

    /// Keys and values in the order of the flags. Throws for a key that stands twice or breaks the rules.
    ///
    /// - Parameters:
    ///   - owner: ends the error of a key that stands twice.
    ///   - kind: stands in the error of a key that breaks the rules.
    func values(_ shell: Shell, of owner: String = "", kind: String = "") throws -> [(key: String, value: [UInt8])] {
        if !environmentFiles.isEmpty, !literals.isEmpty || !files.isEmpty {
            throw Failure("from-env-file cannot be combined with from-file or from-literal")
        }
        var values: [(key: String, value: [UInt8])] = []
        func add(_ key: String, _ value: [UInt8]) throws {
            let problems: [String] = Names.configMapKey(key)
            if !problems.isEmpty {
                throw Failure("\(JSON.quoted(key)) is not a valid key name\(kind): \(problems.joined(separator: ";"))")
            }
            if values.contains(where: { $0.key == key }) {
                throw Failure("cannot add key \(JSON.quoted(key)), another key by that name already exists\(owner)")
            }
            values.append((key, value))
        }
        for literal in literals {
            guard let equals = literal.firstIndex(of: "="), equals != literal.startIndex else {
                throw Failure("invalid literal source \(literal), expected key=value")
            }
            var text: Substring = literal[literal.index(after: equals)...]
            if text.count >= 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote {
                text = text.dropFirst().dropLast()
            }
            try add(String(literal[..<equals]), Array(text.utf8))
        }
        for source in files { for (key, path) in try Self.files(source) { try add(key, try Self.bytes(path)) } }
        for path in environmentFiles { for (key, value) in try Self.environment(path, shell) { try add(key, Array(value.utf8)) } }
        return values
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        do { return try LocalFile.read(path) } catch { throw Failure("error reading \(path): \(error.reason)") }
    }

    private static func files(_ source: String) throws -> [(key: String, path: String)] {
        let parts: [Substring] = source.split(separator: "=", omittingEmptySubsequences: false)
        switch parts.count {
        case 1:
            guard LocalFile.isFolder(source) else { return [(String(source.split(separator: "/").last ?? ""), source)] }
            let folder: String = source.hasSuffix("/") ? source : source + "/"
            return try LocalFile.names(in: source).filter { !LocalFile.isFolder(folder + $0) && Names.configMapKey($0).isEmpty }.map {
                ($0, folder + $0)
            }
        case 2:
            if parts[0].isEmpty { throw Failure("key name for file path \(parts[1]) missing") }
            if parts[1].isEmpty { throw Failure("file path for key name \(parts[0]) missing") }
            if LocalFile.isFolder(String(parts[1])) { throw Failure("cannot give a key name for a directory path") }
            return [(String(parts[0]), String(parts[1]))]
        default: throw Failure("key names or file paths cannot contain '='")
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Lines `key=value`; a key alone takes its value from this process's environment; `#` begins a comment.
    private static func environment(_ path: String, _ shell: Shell) throws -> [(key: String, value: String)] {
        var values: [(key: String, value: String)] = []
        let text = String(decoding: try bytes(path), as: UTF8.self)
        for part in text.split(separator: "\n") {
            var line: Substring = part.drop { $0.isWhitespace }
            if line.last == "\r" { line = line.dropLast() }
            if line.isEmpty || line.first == "#" { continue }
            let key: Substring = line.prefix { $0 != "=" }
            guard let first = key.utf8.first, !isDigit(first), Names.configMapKey(String(key)).isEmpty else {
                throw Failure(
                    "\(JSON.quoted(String(key))) is not a valid key name: a valid environment variable name must consist of alphabetic "
                        + "characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or "
                        + "'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')")
            }
            values.append(
                (String(key), key.count < line.count ? String(line.dropFirst(key.count + 1)) : shell.environment(String(key)) ?? ""))
        }
        return values
    }
}
