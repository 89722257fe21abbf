import Glibc

/// Why an image can't be named, found, read, fetched or kept. Decide by case; the description is a sentence.
package enum ImageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text is no name of an image.
    case invalidName(String, reason: String)
    /// The registry, archive or store does not have it. The name in full.
    case notFound(String)
    /// The registry wants to know who asks, or does not let this one.
    case refused(String, reason: String)
    /// The registry can't be reached or answers with something else. In words.
    case registry(String)
    /// Bytes are not those that their digest promised.
    case wrongDigest(of: String, expected: String, found: String)
    /// An archive, manifest or layer breaks its format or tries to leave its place. In words.
    case damaged(String)
    /// What an image asks for and this version can't do. In words, with what to do.
    case unsupported(String)
    /// A system call failed.
    case file(call: String, errno: Int32, path: String)
    /// Containers run from it.
    case inUse(String)

    package var description: String {
        switch self {
        case .invalidName(_, let reason): reason
        case .notFound(let name): "\(name): not found"
        case .refused(let name, let reason):
            "\(name): pull access denied, repository does not exist or may require authorization: \(reason)"
        case .registry(let words), .damaged(let words), .unsupported(let words): words
        case .wrongDigest(let what, let expected, let found): "\(what) has the digest \(found), not \(expected) as promised"
        case .file(let call, let errno, let path): "\(call) \(path): \(Self.text(of: errno))"
        case .inUse(let name): "image \(name) is in use by a running container; delete its pod first"
        }
    }

    /// A system call that has just failed.
    static func system(_ call: String, _ path: String) -> ImageError { .file(call: call, errno: Glibc.errno, path: path) }

    private static func text(of errno: Int32) -> String {
        guard let message = strerror(errno) else { return "error \(errno)" }
        let words = String(cString: message)
        return words.prefix(1).lowercased() + words.dropFirst()
    }
}
