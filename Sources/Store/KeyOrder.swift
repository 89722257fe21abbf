import Glibc

/// The order of keys: by their UTF-8 bytes, as etcd has it.
///
/// Swift compares strings by canonical equivalence ("é" in one or two scalars is one string); keys are
/// bytes, and compared as such.
enum KeyOrder {
    /// Negative, zero or positive, as `a` stands before, with or after `b`.
    static func compare(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        if let first = a.baseAddress, let second = b.baseAddress {
            let order: Int32 = memcmp(first, second, min(a.count, b.count))
            if order != 0 { return Int(order) }
        }
        return a.count - b.count
    }

    static func precedes(_ a: String, _ b: String) -> Bool {
        a.withKeyBytes { first in b.withKeyBytes { second in compare(first, second) < 0 } }
    }

    static func starts(_ key: UnsafeBufferPointer<UInt8>, with prefix: UnsafeBufferPointer<UInt8>) -> Bool {
        guard key.count >= prefix.count else { return false }
        guard let first = key.baseAddress, let second = prefix.baseAddress else { return true }
        return memcmp(first, second, prefix.count) == 0
    }
}

/// A key as a dictionary has it: equal when its bytes are.
struct Key: Hashable {
    let string: String

    init(_ string: String) { self.string = string }

    static func == (a: Key, b: Key) -> Bool {
        a.string.withKeyBytes { first in b.string.withKeyBytes { second in KeyOrder.compare(first, second) == 0 } }
    }

    func hash(into hasher: inout Hasher) {
        string.withKeyBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// The UTF-8 bytes in place; native strings are not copied.
    func withKeyBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        utf8.withContiguousStorageIfAvailable(body) ?? Array(utf8).withUnsafeBufferPointer(body)
    }
}
