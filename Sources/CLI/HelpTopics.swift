/// What `help` says about things that are no verbs.
enum HelpTopics {
    /// nil for a word that is no topic.
    static func text(_ topic: String) -> String? { topic == "exit-codes" ? exitCodes : nil }

    private static let exitCodes = """
        Exit codes, for scripts:

          0    done
          1    an error, told on standard error; of diff: there are differences; of auth can-i: no
          2    of diff: an error
          3    of status: the cluster does not run
          4    get --fail-empty: there is nothing to show; of status: there is no such cluster
          130  interrupted
          141  whoever read the output went away

        exec, run, run-in and debug end with the code of the program that they ran; a plugin with its own.

        """
}
