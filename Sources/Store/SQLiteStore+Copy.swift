extension SQLiteStore {
    /// Writes what is there now, without its past, into a new store file: one consistent state, with its revisions. Writers go on meanwhile.
    /// Values are sealed as they are here. Blocks.
    ///
    /// - Parameter path: where nothing is yet, in a folder that exists.
    /// - Returns: the revision that the copy shows.
    package func copy(to path: String) throws(StoreError) -> Revision {
        let state: Published = snapshot
        let entries: SortedEntries = state.current
        let all: [Entry] = entries.prefix(of: entries.range(prefix: "", after: nil), limit: .max).sorted { $0.revision < $1.revision }
        try LogFile.create(path)
        let tables: LogTables = try LogFile.open(path, sealing)
        do throws(SQLiteFailure) {
            try tables.fill(all, at: state.revision)
        } catch {
            throw error.storeError(path)
        }
        return state.revision
    }
}
