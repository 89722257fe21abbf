import Machinery

/// The documents of one file, up to the first that is no YAML.
struct ManifestStream {
    let documents: [YAMLDocument]
    /// Why it ends before its end.
    let failure: Failure?

    init(_ bytes: [UInt8], source: String) {
        do {
            documents = try YAML.documents(bytes, file: source)
            failure = nil
        } catch {
            let start: Int = Self.start(ofDocumentAt: error.line, in: bytes)
            documents = start == 0 ? [] : (try? YAML.documents(Array(bytes[..<start]), file: source)) ?? []
            var shown: YAMLError = error
            // kubectl counts the lines of each document from its beginning; in a file of several that helps nobody.
            if CLI.isKubectl, start > 0 { do { _ = try YAML.documents(Array(bytes[start...]), file: source) } catch { shown = error } }
            failure = Failure("error parsing \(source): \(shown.kubectlText)")
        }
    }

    /// Where the document begins that a line stands in: behind the last `---` before it.
    private static func start(ofDocumentAt line: Int, in bytes: [UInt8]) -> Int {
        var start: Int = 0
        var begin: Int = 0
        for _ in 1..<max(1, line) {
            guard let end = bytes[begin...].firstIndex(of: UInt8(ascii: "\n")) else { break }
            if bytes[begin..<end].starts(with: "---".utf8) { start = end + 1 }
            begin = end + 1
        }
        return start
    }
}
