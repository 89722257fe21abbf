import API
import Machinery

/// Turns lines of a log into what a reader asked for. A struct with steps: give bytes as they come, take text.
struct LogPicker {
    private let hasTimestamps: Bool
    /// `stdout` or `stderr`; nil takes both.
    private let stream: [UInt8]?
    /// Lines before this time, in RFC 3339, are left out; nil when the first wanted line was seen.
    private var since: [UInt8]?
    private let line: (ArraySlice<UInt8>) -> CRILine?
    private var left: Int
    private var pending: [UInt8] = []
    private var isWithinLine = false

    /// Bytes that may still be given out are used up.
    var isFull: Bool { left <= 0 }

    init(_ request: LogRequest, since: String?, line: @escaping (ArraySlice<UInt8>) -> CRILine? = { CRILine($0) }) {
        hasTimestamps = request.hasTimestamps
        switch request.stream {
        case "Stdout": stream = Array("stdout".utf8)
        case "Stderr": stream = Array("stderr".utf8)
        default: stream = nil
        }
        self.since = since.map { Array($0.utf8) }
        self.line = line
        left = request.limitBytes ?? .max
    }

    /// The text of the whole lines that are there now.
    mutating func take(_ bytes: some Collection<UInt8>) -> [UInt8] {
        pending += bytes
        var result: [UInt8] = []
        var start = 0
        while !isFull, let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let line = line(pending[start..<end]) { add(line, to: &result) }
            start = end + 1
        }
        pending.removeFirst(start)
        return result
    }

    private mutating func add(_ line: CRILine, to result: inout [UInt8]) {
        if let stream, !line.stream.elementsEqual(stream) { return }
        if let since {
            // Times of one length and zone compare as text does.
            guard !line.timestamp.lexicographicallyPrecedes(since) else { return }
            self.since = nil
        }
        var text: [UInt8] = []
        if hasTimestamps, !isWithinLine, !line.timestamp.isEmpty { text += Array(line.timestamp) + [UInt8(ascii: " ")] }
        text += line.text
        if !line.isPartial { text.append(UInt8(ascii: "\n")) }
        isWithinLine = line.isPartial
        result += text.prefix(left)
        left -= text.count
    }
}
