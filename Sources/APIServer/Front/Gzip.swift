import CZlib

/// Compresses large answers. As the API server of Kubernetes does, at the fastest level: the network is near, the processor is shared.
///
/// Source: RFC 1952; `defaultGzipContentEncodingLevel` in k8s.io/apiserver.
enum Gzip {
    /// Pieces that follow each other, as one gzip member.
    ///
    /// nil when zlib has no memory for it.
    static func compress(_ pieces: [ArraySlice<UInt8>]) -> [UInt8]? {
        var stream = z_stream()
        guard swkube_deflate_begin(&stream, level, gzipWindow) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        // Room for the worst case, so that one buffer takes all.
        let most = Int(deflateBound(&stream, UInt(pieces.reduce(0) { $0 + $1.count })))
        return [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(buffer.count)
            for piece in pieces {
                piece.withUnsafeBufferPointer { bytes in
                    // zlib only reads here; its interface is older than const.
                    stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                    stream.avail_in = UInt32(bytes.count)
                    deflate(&stream, Z_NO_FLUSH)
                }
            }
            deflate(&stream, Z_FINISH)
            count = buffer.count - Int(stream.avail_out)
        }
    }

    private static let level: Int32 = 1
    /// Matches up to 32 KB back, in the frame of gzip.
    private static let gzipWindow: Int32 = 31
}
