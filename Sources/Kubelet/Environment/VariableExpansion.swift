/// Puts the values of variables where a text names them: `$(NAME)`. `$$` is a dollar sign; an unknown name stays as it is written.
///
/// Source: third_party/forked/golang/expansion of Kubernetes.
enum VariableExpansion {
    static func expand(_ text: String, _ value: (String) -> String?) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result: [UInt8] = []
        let bytes: [UInt8] = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "$"), at + 1 < bytes.count else {
                result.append(bytes[at])
                at += 1
                continue
            }
            switch bytes[at + 1] {
            case UInt8(ascii: "$"):
                result.append(UInt8(ascii: "$"))
                at += 2
            case UInt8(ascii: "("):
                guard let end = bytes[(at + 2)...].firstIndex(of: UInt8(ascii: ")")) else {
                    result += [UInt8(ascii: "$"), UInt8(ascii: "(")]
                    at += 2
                    continue
                }
                let name = String(decoding: bytes[(at + 2)..<end], as: UTF8.self)
                if let value = value(name) { result += Array(value.utf8) } else { result += bytes[at...end] }
                at = end + 1
            default:
                result += [UInt8(ascii: "$"), bytes[at + 1]]
                at += 2
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
