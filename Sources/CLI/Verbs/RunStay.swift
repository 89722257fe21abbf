import API
import Client
import Glibc
import Machinery

/// What `run` does after the pod is made: `--attach` stays with it until it ends, `--rm` removes it.
extension Run {
    func stay(with made: View<Pod>, _ keys: DetachKeys, _ session: Session) async throws {
        let watch = PodWatch(session: session, key: made.key)
        let pod: View<Pod> = try await watch.wait(within: podRunningTimeout.duration) { pod in
            pod.isFinished || (pod.status.phase == "Running" && pod.isReady)
        }
        let attachment = Attachment(
            session: session, pod: pod, container: pod.spec.containers.first?.name ?? "", hasInput: stdin, wantsTerminal: tty,
            isQuiet: quiet, detachKeys: keys)
        if pod.isFinished { try await attachment.showLog() } else { try await attachment.runOrShowLog() }
        guard !leaveStdinOpen, restart != "Always" else { return }
        let (policy, name): (String, String) = (restart, made.key.name)
        let end: View<Pod> = try await watch.wait(within: nil) { pod in
            policy == "OnFailure" ? pod.status.phase == "Succeeded" : pod.isFinished
        }
        guard end.status.phase == "Failed" else { return }
        let place = "pod \(made.key.namespace)/\(name)"
        guard let state = end.status.containerStatuses.first?.state.terminated, state.exitCode != 0 else {
            throw Failure("\(place) failed with unknown exit code")
        }
        throw Failure(
            "\(place) terminated (\(state.reason))" + (state.message.isEmpty ? "" : "\n" + state.message),
            exitCode: Int32(clamping: state.exitCode), isComplete: true)
    }

    /// How `--rm` deletes. Throws kubectl's text for what does not go together.
    func deletion(_ output: Output) throws -> DeletionOptions {
        let policy: String = try DeletionOptions.policy(cascade, output)
        return DeletionOptions(propagationPolicy: policy, gracePeriodSeconds: gracePeriod >= 0 ? gracePeriod : force ? 0 : nil)
    }

    /// Ctrl-C, which ends this program, ends the pod, too.
    func removeOnSignal(_ pod: View<Pod>, _ options: DeletionOptions, _ session: Session) {
        let signals = StopSignals()
        Task {
            await signals.wait()
            do { try await remove(pod, options, session) } catch { session.output.note(Failure(error).text) }
            session.output.flush()
            Glibc.exit(130)
        }
    }

    func remove(_ pod: View<Pod>, _ options: DeletionOptions, _ session: Session) async throws {
        let deletion = ObjectDeletion(
            session: session, dryRun: .none, gracePeriodSeconds: options.gracePeriodSeconds,
            propagationPolicy: options.propagationPolicy ?? "Background", showsNameOnly: false, isQuiet: quiet,
            timeout: timeout.duration > .zero ? timeout.duration : nil)
        let target = Target(resource: APIResource(Pod.names), name: pod.name, namespace: pod.namespace)
        let deleted: ObjectDeletion.Deleted? = try await deletion.delete(target)
        session.output.flush()
        if let deleted { try await deletion.wait(for: [deleted]) }
    }
}
