import API
import Machinery

/// How lines of logs are written.
enum LogStyle: Sendable {
    case plain
    /// `[pod/web-1/main] ` before each line, in a colour of the container's own on a terminal.
    case prefixed(isColoured: Bool)
    /// An object a line: namespace, pod, container, line.
    case json

    /// Whole lines as they are to be written. Ends with a line break where `lines` does.
    func rendered(_ lines: ArraySlice<UInt8>, of log: ContainerLog) -> [UInt8] {
        switch self {
        case .plain: return Array(lines)
        case .prefixed(let isColoured):
            let origin: String = "[pod/\(log.pod.name)/\(log.container)]"
            return Self.prefixed(lines, Array((isColoured ? Self.coloured(origin) : origin).utf8) + [UInt8(ascii: " ")])
        case .json:
            var result: [UInt8] = []
            var rest: ArraySlice<UInt8> = lines
            while !rest.isEmpty {
                let end: Int = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
                let json: JSON = [
                    "namespace": .string(log.pod.namespace), "pod": .string(log.pod.name), "container": .string(log.container),
                    "line": .string(String(decoding: rest[..<end], as: UTF8.self)),
                ]
                result += json.serialized() + [UInt8(ascii: "\n")]
                rest = rest[min(end + 1, rest.endIndex)...]
            }
            return result
        }
    }

    /// The same colour for the same text: of the terminal's own 12 that can be read on black and on white.
    private static func coloured(_ text: String) -> String {
        let hash: UInt32 = text.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let colours: [Int] = [31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96]
        return "\u{1B}[\(colours[Int(hash % UInt32(colours.count))])m\(text)\u{1B}[0m"
    }

    private static func prefixed(_ lines: ArraySlice<UInt8>, _ prefix: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isLineStart: Bool = true
        for byte in lines {
            if isLineStart { result += prefix }
            result.append(byte)
            isLineStart = byte == UInt8(ascii: "\n")
        }
        return result
    }
}
