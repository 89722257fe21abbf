import API
import Client
import Logging
import Machinery
import Sandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Stopping containers: the preStop hook, the signal, the grace period, the kill.
extension PodWorker {
    /// Begins to stop a container; its end comes as any other end does.
    func stop(_ name: String, message: String, grace: Int, isForNewDefinition: Bool = false) {
        guard let record = records[name], record.isRunning, stopping[name] == nil else { return }
        let grace: Int = max(0, grace)
        records[name]?.isStopping = true
        if isForNewDefinition { records[name]?.mustRestart = true }
        stopping[name] = Stopping(attempt: record.attempt, killAt: node.clock.now.advanced(by: .seconds(grace)))
        probes.removeValue(forKey: name)?.cancel()
        tell(name, .normal, "Killing", message)
        guard grace > 0 else { return poke() }
        let hook: View<LifecycleHandler>? = container(name)?.lifecycle?.preStop
        let signal: Int32 = stopSignal(of: name)
        begin { [weak self] in await self?.ask(name, record, hook: hook, signal: signal) }
    }

    /// The container's own signal, or its image's.
    private func stopSignal(of name: String) -> Int32 {
        let own: String? = container(name)?.lifecycle?.stopSignal
        let text: String = own ?? image(of: name).stopSignal
        return Int32(text) ?? Self.number(ofSignal: text) ?? SIGTERM
    }

    /// Runs the hook, then sends the signal. What the hook takes counts against the grace period, but two seconds stay.
    private func ask(_ name: String, _ record: ContainerRecord, hook: View<LifecycleHandler>?, signal number: Int32) async {
        if let hook, let container = container(name) {
            let limit: Duration = stopping[name].map { node.clock.now.duration(to: $0.killAt) } ?? .seconds(2)
            if let problem = await run(hook, in: container, id: record.sandboxID, limit: limit) {
                tell(name, .warning, "FailedPreStopHook", "PreStopHook failed")
                log.info("a preStop hook failed", metadata: ["container": "\(name)", "problem": "\(problem)"])
            }
            guard let current = stopping[name], current.attempt == record.attempt else { return }
            stopping[name]?.killAt = max(current.killAt, node.clock.now.advanced(by: .seconds(2)))
        }
        await send(number, to: record)
        poke()
    }

    /// Kills what has had its time.
    func killOverdue() async {
        let now: ClusterClock.Instant = node.clock.now
        for (name, stop) in stopping where !stop.isKilled && stop.killAt <= now {
            guard let record = records[name], record.isRunning, record.attempt == stop.attempt else { continue }
            stopping[name]?.isKilled = true
            await send(SIGKILL, to: record)
        }
    }

    private func send(_ number: Int32, to record: ContainerRecord) async {
        do {
            // As any runtime does: the signal is the first process's own affair, the kill is everybody's.
            try await sandbox?.signal(record.sandboxID, number, wholeGroup: number == SIGKILL)
        } catch {
            // It ended meanwhile, or its sandbox did: that is what was wanted. Should its end have escaped us, the sandbox knows it.
            log.debug("a signal met nobody", metadata: ["container": "\(record.name)", "error": "\(error)"])
            for state in (try? await sandbox?.state()) ?? [] where state.id == record.sandboxID {
                if case .ended(let exit) = state.phase { ended(exit) }
            }
        }
    }

    /// `SIGUSR1` as its number. Source: signal(7) and the names that the API admits.
    static func number(ofSignal name: String?) -> Int32? {
        guard let name else { return nil }
        let known: [String: Int32] = [
            "SIGABRT": SIGABRT, "SIGALRM": SIGALRM, "SIGBUS": SIGBUS, "SIGCHLD": SIGCHLD, "SIGCLD": SIGCHLD, "SIGCONT": SIGCONT,
            "SIGFPE": SIGFPE, "SIGHUP": SIGHUP, "SIGILL": SIGILL, "SIGINT": SIGINT, "SIGIO": SIGIO, "SIGIOT": SIGIOT, "SIGKILL": SIGKILL,
            "SIGPIPE": SIGPIPE, "SIGPOLL": SIGPOLL, "SIGPROF": SIGPROF, "SIGPWR": SIGPWR, "SIGQUIT": SIGQUIT, "SIGSEGV": SIGSEGV,
            "SIGSTKFLT": SIGSTKFLT, "SIGSTOP": SIGSTOP, "SIGSYS": SIGSYS, "SIGTERM": SIGTERM, "SIGTRAP": SIGTRAP, "SIGTSTP": SIGTSTP,
            "SIGTTIN": SIGTTIN, "SIGTTOU": SIGTTOU, "SIGURG": SIGURG, "SIGUSR1": SIGUSR1, "SIGUSR2": SIGUSR2, "SIGVTALRM": SIGVTALRM,
            "SIGWINCH": SIGWINCH, "SIGXCPU": SIGXCPU, "SIGXFSZ": SIGXFSZ,
        ]
        if let number = known[name] { return number }
        // Real-time signals count up from SIGRTMIN (34) and down from SIGRTMAX (64).
        if name == "SIGRTMIN" { return 34 }
        if name == "SIGRTMAX" { return 64 }
        if name.hasPrefix("SIGRTMIN+"), let offset = Int32(name.dropFirst(9)) { return 34 + offset }
        if name.hasPrefix("SIGRTMAX-"), let offset = Int32(name.dropFirst(9)) { return 64 - offset }
        return nil
    }
}
