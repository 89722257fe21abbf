import Crypto
import Machinery
import Synchronization

/// The bytes of a document and their identity.
package struct HashedDocument: Sendable {
    /// JSON, UTF-8; or protobuf.
    package let bytes: [UInt8]
    /// SHA-512 of the bytes of its first form, upper-case hexadecimal.
    package let hash: String
    /// For `ETag` and `If-None-Match`, quoted.
    package var etag: String { "\"\(hash)\"" }

    init(_ json: JSON) { self.init(json.serialized()) }

    /// Another form of the document that has this hash.
    init(_ bytes: [UInt8], hash: String) {
        self.bytes = bytes
        self.hash = hash
    }

    init(_ bytes: [UInt8]) {
        let digits: [UInt8] = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in SHA512.hash(data: bytes) { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        self.init(bytes, hash: String(decoding: text, as: UTF8.self))
    }
}

/// A value that is made when it is first asked for, and kept.
final class Lazily<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let make: @Sendable () -> Value

    init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    var get: Value {
        value.withLock { value in
            if let value { return value }
            let made: Value = make()
            value = made
            return made
        }
    }
}
