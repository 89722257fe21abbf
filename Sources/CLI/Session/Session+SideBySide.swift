import Client
import Synchronization

extension Session {
    /// How many requests wait for their answers at once: more connections cost more than they bring.
    static let most = 4

    /// Does the same to several things, some at once, and tells of them in their order.
    ///
    /// - Parameter atOnce: how many.
    /// - Parameter work: gets a session of its own, whose warnings and notes wait for their turn.
    /// - Parameter take: is called in the order of the items; false ends it all.
    func inOrder<Item: Sendable, Value: Sendable>(
        _ items: [Item], atOnce: Int = most, _ work: @escaping @Sendable (Item, Session) async throws -> Value,
        take: (Item, Result<Value, any Error>) -> Bool
    ) async {
        guard items.count > 1, atOnce > 1 else {
            for item in items {
                let result: Result<Value, any Error>
                do { result = .success(try await work(item, self)) } catch { result = .failure(error) }
                if !take(item, result) { return }
            }
            return
        }
        await withTaskGroup(of: Done<Value>.self) { group in
            var (begun, told): (Int, Int) = (0, 0)
            var waiting: [Int: Done<Value>] = [:]
            func begin() {
                guard begun < items.count else { return }
                let (place, item): (Int, Item) = (begun, items[begun])
                begun += 1
                group.addTask { [self] in
                    let held = HeldOutput()
                    let session: Session = writing(to: held.output)
                    defer { session.output.flush() }
                    do {
                        return Done(place: place, held: held, result: .success(try await work(item, session)))
                    } catch {
                        return Done(place: place, held: held, result: .failure(error))
                    }
                }
            }
            for _ in 0..<max(1, atOnce) { begin() }
            while let done = await group.next() {
                waiting[done.place] = done
                while let next = waiting.removeValue(forKey: told) {
                    next.held.release(to: output)
                    let goesOn: Bool = take(items[told], next.result)
                    told += 1
                    if !goesOn { return group.cancelAll() }
                }
                begin()
            }
        }
    }
}

/// One piece of the work, with what it wrote.
private struct Done<Value: Sendable>: Sendable {
    let place: Int
    let held: HeldOutput
    let result: Result<Value, any Error>
}

/// Keeps what is written until it is its turn.
private final class HeldOutput: Sendable {
    private let pieces: Mutex<[(stream: Output.Stream, bytes: [UInt8])]> = Mutex([])

    /// Where the piece of work writes.
    var output: Output { Output { [self] stream, bytes in pieces.withLock { $0.append((stream, bytes)) } } }

    func release(to output: Output) {
        for piece in pieces.withLock({ $0 }) { output.write(piece.bytes, to: piece.stream) }
    }
}
