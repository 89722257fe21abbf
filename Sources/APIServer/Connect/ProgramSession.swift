import API
import HTTP
import Machinery

/// What a client sends to a program that runs for it.
enum RemoteEvent: Sendable {
    case input([UInt8])
    case inputEnd
    case resize(rows: UInt16, columns: UInt16)
}

/// The client's side of a program's streams, in whatever protocol it speaks.
protocol RemoteStreams: Sendable {
    /// Hands on what the client sends, at the pace at which it is taken, until the client is gone.
    func receive(_ take: @escaping @Sendable (RemoteEvent) async -> Void) async
    /// Throws when the client is gone.
    func send(_ bytes: [UInt8], to output: RemoteOutput) async throws
    /// Says how it ended, and closes.
    func end(_ outcome: ProgramOutcome) async
    /// Returns when the client is gone, or after ``end(_:)``.
    func gone() async
}

enum RemoteOutput: Sendable { case output, error }

/// Carries bytes between a program on a node and the client that it runs for, until one of both is done.
struct ProgramSession: Sendable {
    let request: ProgramRequest
    let node: any NodeDoor
    let remote: any RemoteStreams

    /// Returns when client and program have gone.
    func run() async {
        let program: any NodeProgram
        do {
            program = try await node.program(request)
        } catch {
            let doing: String = request.command == nil ? "attaching to" : "executing command in"
            return await remote.end(.problem("error \(doing) container: \(error)"))
        }
        await withTaskGroup(of: ProgramOutcome?.self) { group in
            group.addTask {
                await remote.receive { event in await give(event, to: program) }
                return nil
            }
            group.addTask {
                await remote.gone()
                return nil
            }
            group.addTask { await outcome(of: program) }
            // The first to be done ends it: the program, or the client. What the client sends may end before, and means nothing.
            let first: ProgramOutcome?? = await group.next()
            if let outcome = first ?? nil { await remote.end(outcome) } else { await program.hangUp() }
            group.cancelAll()
        }
        await program.hangUp()
    }

    private func give(_ event: RemoteEvent, to program: any NodeProgram) async {
        switch event {
        case .input(let bytes):
            // A program that takes no more input may still have something to say.
            _ = await program.input?.write(bytes)
        case .inputEnd: program.input?.finish()
        case .resize(let rows, let columns): await program.resize(rows: rows, columns: columns)
        }
    }

    /// Passes on all output, then waits for the program's end.
    private func outcome(of program: any NodeProgram) async -> ProgramOutcome? {
        async let output: Bool = pass(program.output, to: .output, isWanted: request.hasOutput)
        async let error: Bool = pass(program.error, to: .error, isWanted: request.hasError)
        guard await (output, error) == (true, true) else { return nil }
        do {
            switch try await program.exitCode() {
            case nil, 0: return .success
            case let code?: return .exit(code, command: request.command ?? [])
            }
        } catch {
            return .problem("error executing command in container: \(error)")
        }
    }

    /// False when the client is gone.
    private func pass(_ stream: (any NodeStream)?, to output: RemoteOutput, isWanted: Bool) async -> Bool {
        while let bytes = await stream?.read() {
            // A terminal's output is read even where nobody looks, or its program would wait for ever.
            guard isWanted else { continue }
            do { try await remote.send(bytes, to: output) } catch { return false }
        }
        return true
    }
}
