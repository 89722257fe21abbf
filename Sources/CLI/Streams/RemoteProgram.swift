import API
import Client
import HTTP
import Machinery
import Sandbox
import Synchronization

/// A program in a container, run or attached to, by its streams over a WebSocket.
///
/// Source: k8s.io/client-go/tools/remotecommand.
struct RemoteProgram: Sendable {
    /// What of it is wanted.
    struct Options: Sendable {
        var pod: ObjectKey
        var container: String
        /// nil attaches.
        var command: [String]?
        var hasInput = false
        var hasOutput = true
        var hasError = true
        var hasTerminal = false
    }

    private let connection: UpgradedConnection
    private let version: Int
    private let left = Flag()
    /// Keeps the connection's thread.
    private let transport: HTTPSTransport

    /// Something that happens once, seen from two tasks.
    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }

    /// Begins. Throws ``APIStatus`` or ``TransportError`` when the server does not let it.
    init(_ options: Options, _ session: Session) async throws {
        guard let transport = session.transport as? HTTPSTransport else { throw Failure("streams need a connection to a server") }
        self.transport = transport
        var query: [(String, String)] = (options.command ?? []).map { ("command", $0) }
        query.append(("container", options.container))
        for (name, isOn) in [
            ("stdin", options.hasInput), ("stdout", options.hasOutput), ("stderr", options.hasError && !options.hasTerminal),
            ("tty", options.hasTerminal),
        ] where isOn { query.append((name, "true")) }
        var request = APIRequest(
            .get, Pod.names.resource, namespace: options.pod.namespace, name: options.pod.name,
            subresource: options.command == nil ? "attach" : "exec")
        request.options.other = query.map { (name: $0.0, value: $0.1) }
        let target: String = request.path + (request.query.map { "?" + $0 } ?? "")
        let (name, connection): (String, UpgradedConnection) = try await transport.webSocket(
            target, protocols: ["v5.channel.k8s.io", "v4.channel.k8s.io"])
        self.connection = connection
        version = name.hasPrefix("v5.") ? 5 : 4
    }

    /// Sends input; returns when more can be sent. False when the program takes no more.
    func write(_ bytes: [UInt8]) async -> Bool {
        do { try await connection.send(.init([0] + bytes)) } catch { return false }
        return true
    }

    /// Says that no more input comes. Servers before version 5 cannot be told.
    func finishInput() {
        if version >= 5 { connection.post(.init([255, 0])) }
    }

    func resize(_ size: WindowSize) {
        let json: JSON = ["Width": .int(Int64(size.columns)), "Height": .int(Int64(size.rows))]
        connection.post(.init([4] + json.serialized()))
    }

    /// Hands on the output until the program's end, which throws for any other than exit code 0.
    func receive(_ take: (_ bytes: [UInt8], _ isError: Bool) async throws -> Void) async throws {
        defer { connection.close() }
        while let message = await connection.next() {
            guard let channel = message.bytes.first else { continue }
            let bytes: [UInt8] = Array(message.bytes.dropFirst())
            switch channel {
            case 1, 2: if !bytes.isEmpty { try await take(bytes, channel == 2) }
            case 3: if !bytes.isEmpty { return try Self.judge(bytes) }
            default: break
            }
        }
        try Task.checkCancellation()
        if left.isSet { return }
        throw Failure("the connection to the container was lost before its end was told")
    }

    /// Leaves without waiting for the end.
    func close() { connection.close() }

    /// The same by the user's wish: then the end of the connection is none of an accident.
    func leave() {
        left.set()
        connection.close()
    }

    private static func judge(_ bytes: [UInt8]) throws {
        guard let status = try? JSON(parsing: bytes) else { throw Failure(String(decoding: bytes, as: UTF8.self)) }
        guard status["status"] != "Success" else { return }
        if status["reason"] == "NonZeroExitCode" {
            for cause in status[["details", "causes"]]?.array ?? [] where cause["reason"] == "ExitCode" {
                guard let code = cause["message"]?.string.flatMap({ Int32($0) }) else { continue }
                throw Failure("command terminated with exit code \(code)", exitCode: code, isComplete: true)
            }
        }
        throw Failure(status["message"]?.string ?? "the server told of an unknown error")
    }
}

extension RemoteProgram {
    /// Connects it with this process: keys, output, and the window of the terminal.
    ///
    /// - Parameter hasTerminal: keys are given on as they are typed, and the terminal is as before afterwards.
    /// - Parameter redraws: tells a wrong size first, so that a program that draws on the whole window does it anew.
    /// - Parameter detachKeys: with a terminal, the keys that leave the program, which is a good end.
    func interact(
        hasInput: Bool, hasTerminal: Bool, redraws: Bool = false, detachKeys: DetachKeys? = nil, _ output: Output
    ) async throws {
        let typing: Task<Void, Never>? = hasInput ? Task { await type(hasTerminal ? detachKeys : nil) } : nil
        defer { typing?.cancel() }
        output.flush()
        guard hasTerminal, Terminal.isTerminal(0) else { return try await show(output) }
        try await Terminal.withRawKeys(0) {
            let sizes = Task {
                if redraws, let size = Terminal.size(0) {
                    resize(WindowSize(rows: size.rows &+ 1, columns: size.columns &+ 1))
                }
                for await size in Terminal.sizes(0) { resize(size) }
            }
            defer { sizes.cancel() }
            try await show(output)
        }
    }

    private func show(_ output: Output) async throws {
        try await receive { bytes, isError in
            output.write(bytes, to: isError ? .error : .out)
            output.flush()
        }
    }

    /// Not to be waited for: it may wait for a key that never comes.
    private func type(_ detachKeys: DetachKeys?) async {
        let input = StandardInput()
        var keys: DetachKeys? = detachKeys
        while let typed = await input.next(), !Task.isCancelled {
            let passed: (bytes: [UInt8], isDetached: Bool)? = keys?.pass(typed)
            let bytes: [UInt8] = passed?.bytes ?? typed
            if !bytes.isEmpty { guard await write(bytes) else { return } }
            if passed?.isDetached == true { return leave() }
        }
        finishInput()
    }
}
