import NIOCore

/// What is left to send of an answer's body.
struct AnswerRest {
    private var pieces: ArraySlice<ArraySlice<UInt8>>
    /// Bytes that are left.
    private(set) var length: Int

    /// - Parameter pieces: they follow each other.
    init(_ pieces: [ArraySlice<UInt8>]) {
        self.pieces = pieces[...]
        length = pieces.reduce(0) { $0 + $1.count }
    }

    /// Moves the next bytes to the end of a buffer, so many at most.
    mutating func move(_ most: Int, to buffer: inout ByteBuffer) {
        var room: Int = min(most, length)
        length -= room
        while room > 0, let piece = pieces.first {
            if piece.count <= room {
                buffer.writeBytes(piece)
                pieces.removeFirst()
            } else {
                buffer.writeBytes(piece.prefix(room))
                pieces[pieces.startIndex] = piece.dropFirst(room)
            }
            room -= min(room, piece.count)
        }
    }
}
