/// The versions that this program tells of itself.
package enum Versions {
    /// Of Kubernetes, whose API it serves and speaks.
    package static let kubernetes = "v1.36.0"
    /// The parts of that version: `1` and `36`.
    package static let (major, minor): (String, String) = ("1", "36")
    /// Of swkube.
    package static let swkube = "0.1.0"
    /// What this was built for, in the words of Go: `linux/amd64`.
    package static var platform: String {
        #if arch(arm64)
            "linux/arm64"
        #else
            "linux/amd64"
        #endif
    }
}
