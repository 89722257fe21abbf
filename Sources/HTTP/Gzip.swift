import CZlib

/// Compresses bodies for clients that ask for it. Source: RFC 1952.
package enum Gzip {
    /// The pieces, one after the other, as one gzip member; nil when zlib has no memory for it.
    ///
    /// The fastest level: what is sent over a network is sent once.
    package static func compress(_ pieces: [ArraySlice<UInt8>]) -> [UInt8]? {
        var stream = z_stream()
        // 15 bits of window, and 16 for gzip's head and foot.
        let version: String = ZLIB_VERSION
        guard deflateInit2_(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, version, CInt(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            return nil
        }
        defer { deflateEnd(&stream) }
        let length: Int = pieces.reduce(0) { $0 + $1.count }
        let bound = Int(deflateBound(&stream, UInt(length)))
        let compressed: [UInt8] = Array(unsafeUninitializedCapacity: bound) { buffer, count in
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(clamping: bound)
            for piece in pieces {
                piece.withUnsafeBufferPointer { bytes in
                    // zlib only reads what it is given here.
                    stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                    stream.avail_in = UInt32(clamping: bytes.count)
                    deflate(&stream, Z_NO_FLUSH)
                }
            }
            count = deflate(&stream, Z_FINISH) == Z_STREAM_END ? bound - Int(stream.avail_out) : 0
        }
        return compressed.isEmpty ? nil : compressed
    }
}
