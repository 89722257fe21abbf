/// Which part of which log is wanted.
package struct LogRequest: Sendable {
    package var pod: ObjectKey
    package var uid: String
    package var container: String
    package var isFollowed = false
    /// The log of the container's run before this one.
    package var isPrevious = false
    package var hasTimestamps = false
    package var tailLines: Int?
    package var limitBytes: Int?
    package var sinceSeconds: Int?
    /// RFC 3339.
    package var sinceTime: String?
    /// `All`, `Stdout` or `Stderr`.
    package var stream = "All"

    package init(pod: ObjectKey, uid: String, container: String) {
        self.pod = pod
        self.uid = uid
        self.container = container
    }
}
