import CSandbox

/// The calling thread among all that want a processor.
package enum OwnThread {
    /// Whether it interrupts nobody when something comes for it: for one that serves many clients at once, and only as long as it does.
    package static func standBack(_ standsBack: Bool) { _ = swkube_stand_back(standsBack ? 1 : 0) }
}
