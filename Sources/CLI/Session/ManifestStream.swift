import Machinery

/// The documents of one file, one after the other, up to the first that is no YAML: a file of many objects is never decoded as a whole.
/// Source: k8s.io/apimachinery/pkg/util/yaml, `splitYAMLDocument`.
struct ManifestStream: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private let source: String
    /// JSON is one value, or several in a row, and not cut at lines.
    private let isJSON: Bool
    private var start: Int = 0
    /// Lines before `start`.
    private var line: Int = 0
    /// Those of the piece that was read last: more than one only in JSON.
    private var pending: ArraySlice<YAMLDocument> = []

    init(_ bytes: [UInt8], source: String) {
        self.bytes = bytes
        self.source = source
        isJSON = bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
    }

    /// The next document, or why there are no more.
    mutating func next() -> Result<YAMLDocument, Failure>? {
        while pending.isEmpty {
            guard start < bytes.count else { return nil }
            let (piece, before): (ArraySlice<UInt8>, Int) = (takePiece(), line)
            do throws(YAMLError) {
                pending = try YAML.documents(Array(piece), file: source)[...]
                line = before + piece.count { $0 == UInt8(ascii: "\n") }
            } catch {
                start = bytes.count
                // kubectl counts the lines of each document from its beginning; in a file of several that helps nobody.
                let shown: YAMLError = CLI.isKubectl ? error : error.moved(down: before)
                return .failure(Failure("error parsing \(source): \(shown.kubectlText)"))
            }
        }
        return pending.popFirst().map { .success($0) }
    }

    /// Up to the next line that begins with `---`; such a line stands at the beginning of the piece that follows, unless it is bare.
    private mutating func takePiece() -> ArraySlice<UInt8> {
        if isJSON {
            defer { start = bytes.count }
            return bytes[start...]
        }
        var begin: Int = start
        if let end = lineEnd(from: begin), bytes[begin..<end].elementsEqual("---".utf8) {
            begin = end + 1
            line += 1
        }
        start = begin
        repeat {
            start = lineEnd(from: start).map { $0 + 1 } ?? bytes.count
        } while start < bytes.count && !bytes[start...].starts(with: "---".utf8)
        return bytes[begin..<start]
    }

    private func lineEnd(from index: Int) -> Int? { bytes[index...].firstIndex(of: UInt8(ascii: "\n")) }
}
