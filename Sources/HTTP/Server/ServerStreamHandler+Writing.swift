import NIOCore
import NIOHPACK
import NIOHTTP1

/// How answers are written. HTTP/1.1 is encoded here, head and body in one buffer, so that a whole answer is one write and one
/// TLS record; HTTP/2 goes through NIO's codec.
extension ServerStreamHandler {
    private var turns: LoopTurns { connection.table.turns }

    /// Writes a whole answer. Of a long one the rest follows in later turns of the event loop, as the client takes it.
    func write(_ status: Int, _ headers: HTTPHeaders, _ body: [ArraySlice<UInt8>]) {
        guard let context else { return }
        var rest: AnswerRest = AnswerRest(body)
        let status = HTTPResponseStatus(statusCode: status)
        let hasLength: Bool = status.mayHaveResponseBody
        var fields: NIOHTTP1.HTTPHeaders = headers.fields
        if hasLength { fields.replaceOrAdd(name: "Content-Length", value: String(rest.length)) }
        complete(&fields)
        if !hasLength || isHead { rest = AnswerRest([]) }
        let slice: Int = turns.slice(for: connection)
        let isShort: Bool = rest.length <= slice
        // Beside others a long answer waits for its turn with its first slice too.
        let first: Int = isShort || !turns.isShared(beside: connection) ? min(rest.length, slice) : 0
        if isShort { turns.answeredShortly(connection) }
        switch wire {
        case .http1:
            var buffer: ByteBuffer = encodeHead(status, fields, room: first)
            rest.move(first, to: &buffer)
            write(context, buffer, before: rest)
        case .http2:
            let head = HTTPResponseHead(version: .http2, status: status, headers: fields)
            context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
            writeSlice(context, of: rest, first)
        }
    }

    /// Writes so many bytes of a body.
    private func writeSlice(_ context: ChannelHandlerContext, of rest: AnswerRest, _ count: Int) {
        var rest: AnswerRest = rest
        var buffer: ByteBuffer = context.channel.allocator.buffer(capacity: count)
        rest.move(count, to: &buffer)
        write(context, buffer, before: rest)
    }

    /// Writes a part of a body, after which `rest` is left.
    private func write(_ context: ChannelHandlerContext, _ buffer: ByteBuffer, before rest: AnswerRest) {
        let isLast: Bool = rest.length == 0
        if wire == .http1 {
            guard !isLast else { return finish(context, NIOAny(buffer)) }
            context.writeAndFlush(NIOAny(buffer), promise: nil)
        } else {
            if buffer.readableBytes > 0 { context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(buffer))), promise: nil) }
            guard !isLast else { return finish(context, NIOAny(HTTPServerResponsePart.end(nil))) }
            context.flush()
        }
        self.rest = rest
        goOn()
    }

    /// Goes on with a long answer in a later turn, if the client takes more: ``channelWritabilityChanged(context:)`` calls again.
    func goOn() {
        guard let context, rest != nil, !isDue else { return }
        expectReading()
        guard context.channel.isWritable else { return }
        isDue = true
        turns.later(for: connection) { [self] in
            isDue = false
            guard let context = self.context, let rest else { return }
            self.rest = nil
            writeSlice(context, of: rest, min(rest.length, turns.slice(for: connection)))
        }
    }

    /// Writes the head of an answer whose parts come later. Without a length among its fields: chunks on HTTP/1.1, up to the end of the
    /// connection on HTTP/1.0.
    func writeHead(_ status: Int, _ headers: HTTPHeaders) {
        guard let context else { return }
        let status = HTTPResponseStatus(statusCode: status)
        var fields: NIOHTTP1.HTTPHeaders = headers.fields
        complete(&fields)
        switch wire {
        case .http1:
            let hasLength: Bool = fields.contains(name: "content-length")
            isChunked = version.minor > 0 && status.mayHaveResponseBody && !hasLength
            if isChunked {
                fields.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
            } else if !hasLength, status.mayHaveResponseBody {
                keepsAlive = false
            }
            context.writeAndFlush(NIOAny(encodeHead(status, fields, room: 0)), promise: nil)
        case .http2:
            let head = HTTPResponseHead(version: .http2, status: status, headers: fields)
            context.writeAndFlush(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
        }
    }

    /// Writes one part of a started answer.
    func writePart(_ pieces: [[UInt8]]) {
        guard let context, !isHead else { return }
        let length: Int = pieces.reduce(0) { $0 + $1.count }
        guard length > 0 else { return }
        var buffer: ByteBuffer = context.channel.allocator.buffer(capacity: length + 20)
        if wire == .http1, isChunked {
            buffer.writeString(String(length, radix: 16))
            buffer.writeStaticString("\r\n")
        }
        for piece: [UInt8] in pieces { buffer.writeBytes(piece) }
        switch wire {
        case .http1:
            if isChunked { buffer.writeStaticString("\r\n") }
            context.writeAndFlush(NIOAny(buffer), promise: nil)
        case .http2:
            context.writeAndFlush(NIOAny(HTTPServerResponsePart.body(.byteBuffer(buffer))), promise: nil)
        }
    }

    /// Writes one part of a started answer as it is.
    func writePart(_ part: ByteBuffer) {
        guard let context, !isHead, part.readableBytes > 0 else { return }
        guard wire == .http1 else {
            return context.writeAndFlush(NIOAny(HTTPServerResponsePart.body(.byteBuffer(part))), promise: nil)
        }
        guard isChunked else { return context.writeAndFlush(NIOAny(part), promise: nil) }
        var head: ByteBuffer = context.channel.allocator.buffer(capacity: 20)
        head.writeString(String(part.readableBytes, radix: 16))
        head.writeStaticString("\r\n")
        context.write(NIOAny(head), promise: nil)
        context.write(NIOAny(part), promise: nil)
        context.writeAndFlush(NIOAny(ByteBuffer(staticString: "\r\n")), promise: nil)
    }

    /// Ends the connection, or the stream of HTTP/2, without an end of the answer.
    func abort() { context?.close(promise: nil) }

    /// Writes the end of a started answer.
    func writeEnd() {
        guard let context else { return }
        switch wire {
        case .http1:
            var buffer: ByteBuffer = context.channel.allocator.buffer(capacity: 8)
            if isChunked, !isHead { buffer.writeStaticString("0\r\n\r\n") }
            finish(context, NIOAny(buffer))
        case .http2:
            finish(context, NIOAny(HTTPServerResponsePart.end(nil)))
        }
    }

    /// Writes the head that ends HTTP on this connection.
    func writeUpgrade(_ headers: HTTPHeaders) {
        guard let context else { return }
        var fields: NIOHTTP1.HTTPHeaders = headers.fields
        complete(&fields)
        keepsAlive = true  // says nothing about the connection beside what the fields say
        context.writeAndFlush(NIOAny(encodeHead(.switchingProtocols, fields, room: 0)), promise: nil)
    }

    /// Tells a client that asked first to send its body.
    func writeContinue() {
        guard let context else { return }
        switch wire {
        case .http1:
            var buffer: ByteBuffer = context.channel.allocator.buffer(capacity: 32)
            buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            context.writeAndFlush(NIOAny(buffer), promise: nil)
        case .http2:
            let head = HTTPResponseHead(version: .http2, status: .continue)
            context.writeAndFlush(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
        }
    }

    // MARK: - Details

    /// Writes the last bytes of an answer, and closes the connection when they have left where the client or the protocol asks for it.
    /// A refused request keeps its connection until the rest of the body has come.
    private func finish(_ context: ChannelHandlerContext, _ data: NIOAny) {
        if keepsAlive || isDiscarding {
            context.writeAndFlush(data, promise: nil)
        } else {
            let sent: EventLoopPromise<Void> = context.eventLoop.makePromise()
            let channel: any Channel = context.channel
            sent.futureResult.whenComplete { _ in channel.close(promise: nil) }
            context.writeAndFlush(data, promise: sent)
        }
        answered()
    }

    /// Adds what every head has: the time, and the stamps of this answer.
    private func complete(_ fields: inout NIOHTTP1.HTTPHeaders) {
        for stamp in stamps { fields.add(name: stamp.name, value: stamp.value) }
        stamps.removeAll(keepingCapacity: true)
        if fields.first(name: "date") == nil { fields.add(name: "Date", value: connection.table.date) }
    }

    /// Status line and fields, with room for `room` bytes more.
    private func encodeHead(_ status: HTTPResponseStatus, _ fields: NIOHTTP1.HTTPHeaders, room: Int) -> ByteBuffer {
        var buffer: ByteBuffer = ByteBufferAllocator().buffer(capacity: 512 + room)
        buffer.writeStaticString(version.minor == 0 ? "HTTP/1.0 " : "HTTP/1.1 ")
        buffer.writeString(String(status.code))
        buffer.writeStaticString(" ")
        buffer.writeString(status.reasonPhrase)
        buffer.writeStaticString("\r\n")
        for (name, value) in fields {
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
            buffer.writeStaticString("\r\n")
        }
        if !keepsAlive {
            buffer.writeStaticString("Connection: close\r\n")
        } else if version.minor == 0 {
            buffer.writeStaticString("Connection: keep-alive\r\n")
        }
        buffer.writeStaticString("\r\n")
        return buffer
    }
}
