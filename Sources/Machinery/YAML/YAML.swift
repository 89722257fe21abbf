/// YAML 1.1 as Kubernetes reads and writes it (`sigs.k8s.io/yaml`): a way to spell JSON.
public enum YAML {
    /// The documents of a file in order; empty ones are left out. JSON is read as well, one or several values in a row.
    ///
    /// `yes`, `on`, `0644`, `0x1f` and the like mean what they mean to kubectl; anchors, aliases and merge keys are carried out;
    /// keys that are no strings become strings. The last of several values for one key wins and the key is noted in
    /// ``YAMLDocument/duplicates``.
    public static func documents(
        _ bytes: [UInt8], file: String? = nil, booleans: YAMLBooleans = .all
    ) throws(YAMLError) -> [YAMLDocument] {
        guard bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return try yamlDocuments(bytes, file, booleans) }
        do throws(JSONError) {
            return try jsonDocuments(bytes)
        } catch {
            // A flow mapping begins with a brace, too. What is neither is more often meant as JSON.
            if let documents = try? yamlDocuments(bytes, file, booleans) { return documents }
            throw YAMLError(file: file, line: error.line, column: error.column, problem: error.problem, goLine: error.line)
        }
    }

    public static func documents(
        _ text: String, file: String? = nil, booleans: YAMLBooleans = .all
    ) throws(YAMLError) -> [YAMLDocument] {
        try documents(Array(text.utf8), file: file, booleans: booleans)
    }

    /// What a plain scalar means: `81` a number, `web` a string.
    public static func plain(_ text: String) -> JSON {
        switch YAMLScalar(plain: text, .words) {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .bigInt(let digits): .number(digits)
        case .float(let value) where value.isFinite: .number(GoFloat.json(value))
        case .float, .string, .timestamp, .merge: .string(text)
        }
    }

    private static func yamlDocuments(_ bytes: [UInt8], _ file: String?, _ booleans: YAMLBooleans) throws(YAMLError) -> [YAMLDocument] {
        try bytes.withUnsafeBufferPointer { (buffer) throws(YAMLError) -> [YAMLDocument] in
            let reader = YAMLReader(bytes: buffer, file: file, booleans: booleans)
            return try reader.documents()
        }
    }

    private static func jsonDocuments(_ bytes: [UInt8]) throws(JSONError) -> [YAMLDocument] {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> [YAMLDocument] in
            var documents: [YAMLDocument] = []
            var parser = JSONParser(bytes: buffer, refusesDuplicates: false)
            var line: Int = 1
            var counted: Int = 0
            while let (json, start) = try parser.nextDocument() {
                line += buffer[counted..<start].count { $0 == UInt8(ascii: "\n") }
                counted = start
                let known: Int = documents.reduce(0) { $0 + $1.duplicates.count }
                let found: [YAMLDocument.Duplicate] = parser.duplicates.dropFirst(known).map {
                    YAMLDocument.Duplicate(path: $0, key: String($0.split(separator: ".").last ?? ""), line: line)
                }
                documents.append(YAMLDocument(json: json, line: line, duplicates: found))
            }
            return documents
        }
    }
}

/// Which plain words are booleans.
public enum YAMLBooleans: Sendable {
    /// `true`, `yes`, `on`, `y` and their opposites, as YAML 1.1 and `sigs.k8s.io/yaml` have it.
    case all
    /// `true` and `false` alone, as kustomize reads patches (Go's `yaml.v3`). A date is the moment at which it begins, and annotations are
    /// texts as they are written: `1.50`.
    case words
    /// As `words`, for manifests: an annotation without a value is a text, too.
    case manifests
}

/// One document of a YAML file.
public struct YAMLDocument: Sendable {
    public let json: JSON
    /// The line where its content begins, from 1.
    public let line: Int
    /// Keys that stood twice in one mapping.
    public let duplicates: [Duplicate]

    public struct Duplicate: Hashable, Sendable, CustomStringConvertible {
        /// `spec.template.metadata.labels.app`
        public let path: String
        public let key: String
        /// Of the second one, from 1; for JSON that of the document.
        public let line: Int

        /// `line 8: key "replicas" already set in map`
        public var description: String { "line \(line): key \"\(key)\" already set in map" }
    }
}
