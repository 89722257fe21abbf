import Dispatch
import Glibc

/// Standard input, piece by piece: nothing is read before it is wanted.
///
/// A read that waits cannot be called off, so whoever reads must not be waited for at the end.
struct StandardInput: Sendable {
    /// nil at the end.
    func next() async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let bytes = [UInt8](unsafeUninitializedCapacity: 32 * 1024) { buffer, used in
                    var count: Int
                    repeat { count = read(0, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
                    used = max(0, count)
                }
                continuation.resume(returning: bytes.isEmpty ? nil : bytes)
            }
        }
    }
}
