import TestSupport
import Testing

@testable import Store

@Test(arguments: 1...8)
func `sorted entries agree with a sorted array, and copies stay as they were`(_ seed: UInt64) {
    var random: SplitMix64 = SplitMix64(state: seed)
    let indexer: Indexer = Indexer { _, _ in Indexer { _, _ in fatalError("not asked for") } }
    var (entries, model): (SortedEntries, [String: Revision]) = (SortedEntries(), [:])
    var copies: [(SortedEntries, [String: Revision])] = []
    for step: Revision in 1...6000 {
        // First mostly growing, then mostly shrinking, so that chunks split, empty and join.
        let isRemoval: Bool = Int.random(in: 0..<10, using: &random) < (step < 3000 ? 2 : 8)
        let key: String = isRemoval ? model.keys.randomElement(using: &random) ?? "" : made(&random)
        if isRemoval {
            entries.remove(key)
        } else {
            entries.set(Entry(key: key, value: [], revision: step, created: step, indexer: indexer))
        }
        model[key] = isRemoval ? nil : step
        if step % 1000 == 0 { copies.append((entries, model)) }
    }
    for (entries, model) in copies {
        let all: [Entry] = entries.prefix(of: entries.range(prefix: "", after: nil), limit: .max)
        #expect(all.map(\.key) == model.keys.sorted())
        #expect(all.allSatisfy { model[$0.key] == $0.revision && entries[$0.key] === $0 })
        #expect(entries.count == model.count)
        #expect(entries.count(in: entries.range(prefix: "/k/2", after: nil)) == model.keys.count { $0.hasPrefix("/k/2") })
        #expect(entries["/k/none"] == nil)
        for _ in 0..<50 {
            let (prefix, after): (String, String) = (String(made(&random).dropLast(2)), made(&random))
            let expected: [String] = model.keys.filter { $0.hasPrefix(prefix) && $0 > after }.sorted()
            #expect(entries.prefix(of: entries.range(prefix: prefix, after: after), limit: .max).map(\.key) == expected)
        }
    }
}

/// A key that begins like many others, or few, and may be the beginning of another.
private func made(_ random: inout SplitMix64) -> String {
    let beginning: String = ["/k/", "/k/", "/k/objects/of/one/namespace/", "/k/objects/of/", "/", "/m"].randomElement(using: &random) ?? ""
    let ending: String = ["", "", "/status", "\u{1}"].randomElement(using: &random) ?? ""
    return beginning + String(Int.random(in: 0..<1500, using: &random)) + ending
}
