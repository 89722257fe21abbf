import Glibc

/// The system's error numbers that this target decides by, and the system's words for all of them.
enum SystemErrno {
    static let addressInUse: CInt = EADDRINUSE
    static let connectionRefused: CInt = ECONNREFUSED
    static let timedOut: CInt = ETIMEDOUT
    static let connectionReset: CInt = ECONNRESET
    static let brokenPipe: CInt = EPIPE

    /// `no route to host`: the system's sentence with a small letter first.
    static func text(_ code: CInt) -> String {
        guard let message = strerror(code) else { return "error \(code)" }
        let sentence = String(cString: message)
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
}
