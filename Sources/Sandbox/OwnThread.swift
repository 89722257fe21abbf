import CSandbox

/// The calling thread among all that want a processor.
package enum OwnThread {
    /// Whether it interrupts nobody when something comes for it: for one that serves many clients at once, and only as long as it does.
    package static func standBack(_ standsBack: Bool) { _ = swkube_stand_back(standsBack ? 1 : 0) }

    /// Lets it and all others of this process have a processor soon when something comes for them, in turns of a tenth of a millisecond:
    /// much of what a cluster's process does, clients wait for, and those that keep the processors busy can wait that long. Pods do not inherit it.
    package static func takeShortTurns() { swkube_set_turns(100_000) }
}
