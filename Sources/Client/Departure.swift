/// When the writes of a task set off for the disk, where client and server share a process: writes that set off together cost one trip.
package enum Departure {
    package typealias Wait = @Sendable (_ depart: @escaping @Sendable () -> Void) -> Void

    /// Lets a write set off when those that it shall go with are ready. nil: behind the tasks that are ready now.
    @TaskLocal package static var wait: Wait?
}
