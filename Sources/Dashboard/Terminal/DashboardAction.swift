package import Client
package import Machinery

/// What the dashboard wants done; the owner of its state does it and answers with ``DashboardNews``.
package enum DashboardAction: Sendable, Equatable {
    /// Keep a page's table true. One that is kept already is begun anew.
    case watch(page: Int, TableQuery)
    /// Read an object, to go down from it.
    case read(page: Int, ObjectPlace)
    /// Why a pod is not running.
    case explain(page: Int, row: String, ObjectPlace)
    /// Run a command line; what it writes is the page's text.
    case show(page: Int, [String])
    /// Run a command line; what it writes is the page's log, as it comes.
    case follow(page: Int, [String])
    /// Run a command line and say in a line how it went.
    case carryOut([String])
    /// Give the terminal to a command line.
    case interact([String])
    /// Nobody looks at the page any more: what it watches, reads or follows ends.
    case stop(page: Int)
    /// Which resource a word means.
    case find(String, rest: String)
    /// Read the contexts of the kubeconfig.
    case listContexts(page: Int)
    case useContext(String)
    case quit
}

/// What happened outside of the dashboard's state.
package enum DashboardNews: Sendable {
    case key(Key)
    case size(rows: Int, columns: Int)
    /// Time went on.
    case time(Time)
    case table(page: Int, TableChange)
    case object(page: Int, ObjectPlace, JSON)
    case reason(page: Int, row: String, String?)
    case text(page: Int, [String])
    case log(page: Int, [String])
    /// The command behind a log ended, perhaps with an error's text.
    case logEnd(page: Int, String?)
    case done(String, isError: Bool)
    /// nil when no resource is named so.
    case found(APIResource?, word: String, rest: String)
    case contexts(page: Int, [ClusterFacts])
    /// The cluster of a context is shown from here on; nothing of the one before stays.
    case connected(ClusterFacts)
    case version(String)
    case usage(ClusterUsage)
    /// What the command prompt completes.
    case resources([APIResource])
    case namespaces([String])
}
