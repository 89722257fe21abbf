import API
import APIServer
import Kubelet
import Synchronization

/// The way from the API server to the logs that the kubelet wrote. The kubelet needs the server to exist first, so it is set later.
final class KubeletLogs: LogSource {
    private let state = Mutex<Kubelet?>(nil)

    var kubelet: Kubelet? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func log(_ request: LogRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        guard let kubelet else { return AsyncThrowingStream { $0.finish() } }
        return try await kubelet.log(request)
    }
}
