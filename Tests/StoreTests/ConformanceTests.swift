import Store
import TestSupport
import Testing

@Test(arguments: StoreConformance.cases)
func `the SQLite store does what every store does`(_ test: StoreConformance) async throws {
    let place: TemporaryStore = TemporaryStore()
    try await test.run { try place.open() }
}
