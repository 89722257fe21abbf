import API
import APIServer
import Machinery
import Sandbox
import Store

/// What a running cluster does for the command line beside the API: it stands still, goes on, and copies itself.
struct ClusterCommands: Sendable {
    let profile: ClusterProfile
    let store: SQLiteStore
    let clock: ClusterClock
    let pause: ClusterPause
    /// The first processes of the containers that run.
    let leaders: @Sendable () async -> Set<Int32>

    var all: [ServerCommand] {
        [
            ServerCommand(ClusterCommand.pause.path) { [pause, leaders] _ in
                // The clock first: nothing is started or ended by the hour any more.
                let running: Set<Int32> = await leaders()
                let count: Result<Int, ClusterError> = await BlockingThread.run {
                    Result { () throws(ClusterError) -> Int in try pause.pause(running) }
                }
                return ["processes": .int(Int64(try count.get()))]
            },
            ServerCommand(ClusterCommand.unpause.path) { [pause] _ in
                ["processes": .int(Int64(await BlockingThread.run { pause.resume() }))]
            },
            ServerCommand(ClusterCommand.snapshot.path) { [profile, store, clock] body in
                let name: String = body["name"]?.string ?? ""
                let saved: Result<ClusterSnapshot, any Error> = await BlockingThread.run {
                    Result { try ClusterSnapshot.save(name, of: profile, store, now: clock.time) }
                }
                do { return try saved.get().json } catch let error as ClusterError { throw APIStatus.badRequest(error.description) }
            },
        ]
    }
}

/// The commands by their paths.
package enum ClusterCommand: String, Sendable {
    case pause, unpause, snapshot

    /// Where the API server takes it, with POST.
    package var path: String { "/swkube/" + rawValue }
}
