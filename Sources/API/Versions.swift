/// The versions that this program tells of itself.
package enum Versions {
    /// Of Kubernetes, whose API it serves and speaks.
    package static let kubernetes = "v1.36.0"
    /// Of swkube.
    package static let swkube = "0.1.0"
}
