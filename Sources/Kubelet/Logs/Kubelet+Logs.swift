package import API
import Machinery

/// The logs of the node's containers: kept short, and read.
extension Kubelet {
    /// Keeps logs from growing without end.
    func rotateLogs() async {
        while (try? await clock.sleep(for: configuration.logInterval)) != nil {
            for worker in workers { await worker.rotateLogs() }
        }
    }

    /// Opens a container's log. Throws ``APIStatus`` for a run that is not there.
    package func log(_ request: LogRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        if let controlPlane, controlPlane.uid == request.uid { return try controlPlane.log(request, watch: watch, clock: clock) }
        let folders = PodFolders(configuration, key: request.pod, uid: request.uid)
        let attempts: [Int] = folders.attempts(of: request.container)
        let worker: PodWorker? = worker(request.uid)
        let record: ContainerRecord? = await worker?.records[request.container]
        let current: Int? = record.map { $0.hasRun ? $0.attempt : -1 } ?? attempts.last
        let wanted: Int? = request.isPrevious ? current.map { $0 - 1 } : current
        guard let wanted, wanted >= 0, attempts.contains(wanted) else {
            throw APIStatus.badRequest(Self.absence(request, record))
        }
        let path: String = folders.log(of: request.container, attempt: wanted)
        return LogReader(
            request: request, path: path, watch: watch, since: LogReader.since(request, clock: clock),
            isWriting: { await worker?.isWriting(request.container, attempt: wanted) ?? false }
        ).stream()
    }

    /// Source: `validateContainerLogStatus` of pkg/kubelet/kubelet_pods.go.
    private static func absence(_ request: LogRequest, _ record: ContainerRecord?) -> String {
        let container: String = request.container
        let pod: String = request.pod.name
        if request.isPrevious { return "previous terminated container \"\(container)\" in pod \"\(pod)\" not found" }
        if let problem = record?.problem {
            switch problem.reason {
            case "ErrImagePull": return "container \"\(container)\" in pod \"\(pod)\" is waiting to start: image can't be pulled"
            case "ImagePullBackOff":
                return "container \"\(container)\" in pod \"\(pod)\" is waiting to start: trying and failing to pull image"
            default: return "container \"\(container)\" in pod \"\(pod)\" is waiting to start: \(problem.reason)"
            }
        }
        if let record, record.isWaiting {
            let reason: String = record.role == .main ? "ContainerCreating" : "PodInitializing"
            return "container \"\(container)\" in pod \"\(pod)\" is waiting to start: \(reason)"
        }
        return "container \"\(container)\" in pod \"\(pod)\" is not available"
    }
}
