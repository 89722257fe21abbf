import Crypto

/// The name of bytes that follows from them: `sha256:` and 64 hexadecimal digits.
package struct Digest: Sendable, Hashable, CustomStringConvertible {
    /// Without the algorithm.
    package let hex: String

    package var description: String { "sha256:" + hex }

    /// nil for anything but SHA-256, which all registries use.
    package init?(_ text: String) {
        guard text.hasPrefix("sha256:") else { return nil }
        let digits: Substring = text.dropFirst(7)
        guard digits.utf8.count == 64, digits.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }) else {
            return nil
        }
        hex = String(digits)
    }

    package init(of bytes: [UInt8]) {
        var hash = RunningDigest()
        bytes.withUnsafeBytes { hash.add($0) }
        self = hash.finish()
    }

    fileprivate init(bytes: some Sequence<UInt8>) {
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        hex = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// What a chain of layers is called: a layer on others is not the layer alone. Source: the image specification of OCI, ChainID.
    static func chain(_ diffs: some Collection<Digest>) -> [Digest] {
        var chain: [Digest] = []
        for diff in diffs {
            chain.append(chain.last.map { Digest(of: Array("\($0) \(diff)".utf8)) } ?? diff)
        }
        return chain
    }
}

/// The digest of bytes that come piece by piece.
struct RunningDigest {
    private var hash = SHA256()

    mutating func add(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    func finish() -> Digest { Digest(bytes: hash.finalize()) }
}
