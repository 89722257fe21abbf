/// A sequence of keys that is not for the program in the container, but ends the session.
///
/// Keys that begin it wait for the next one; when that is another, all go to the program. Source: github.com/moby/term.
struct DetachKeys: Sendable, Equatable {
    private let keys: [UInt8]
    private var held = 0

    /// - Parameter text: keys with commas between: `ctrl-p,ctrl-q`; a letter, or `ctrl-` and one of `a` to `z`, `@ [ \ ] ^ _`.
    init(_ text: String) throws {
        keys = try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            let bytes: [UInt8] = Array(word.utf8)
            if bytes.count == 1 { return bytes[0] }
            guard word.hasPrefix("ctrl-"), bytes.count == 6, let key = Self.control(bytes[5]) else {
                throw Failure("could not bind detach keys: Unknown character: '\(word)'")
            }
            return key
        }
    }

    private static func control(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 1
        case UInt8(ascii: "@"): 0
        case UInt8(ascii: "[")...UInt8(ascii: "_"): letter - UInt8(ascii: "[") + 27
        default: nil
        }
    }

    /// What of the typed keys is for the program; `isDetached` when the sequence is complete.
    mutating func pass(_ typed: [UInt8]) -> (bytes: [UInt8], isDetached: Bool) {
        var passed: [UInt8] = []
        for key in typed {
            if key == keys[held] {
                held += 1
                if held == keys.count { return (passed, true) }
                continue
            }
            passed += keys[..<held]
            held = key == keys[0] ? 1 : 0
            if held == 0 { passed.append(key) }
            if held == keys.count { return (passed, true) }
        }
        return (passed, false)
    }
}
