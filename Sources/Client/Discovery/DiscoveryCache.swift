/// Discovery documents of one server, kept in files and asked for again only when the server has others: by their ETag.
///
///     <folder>/<host>_<port>/api, apis      the tag, a line break, the document
package struct DiscoveryCache: Sendable {
    private let folder: String

    /// - Parameter folder: for all servers; made when something is kept.
    package init(folder: String, server: ServerAddress) {
        let name: String = String(server.hostAndPort.map { $0 == ":" || $0 == "/" ? "_" : $0 })
        self.folder = "\(folder)/\(name)"
    }

    /// The document at a path, from the server or, where that has the same, from the file. A file that cannot be read or written is none.
    func document(_ path: String, accept: String, _ transport: any Transport) async throws -> [UInt8] {
        let file: String = folder + path
        let kept: [UInt8] = (try? LocalFile.read(file)) ?? []
        let end: Int? = kept.firstIndex(of: UInt8(ascii: "\n"))
        let tag: String? = end.map { String(decoding: kept[..<$0], as: UTF8.self) }
        guard let new = try await transport.document(path, accept: accept, unless: tag) else { return Array(kept[((end ?? -1) + 1)...]) }
        if let etag = new.etag { try? LocalFile.replace(file, with: Array((etag + "\n").utf8) + new.bytes) }
        return new.bytes
    }
}
