/// `__complete`: what could stand in place of the last word. Asked by the completion scripts, not by people.
package struct Complete: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "__complete", abstract: "Candidates for the last word.")

    @Argument(.everything)
    var words: [String] = []

    package init() {}

    package func run(in shell: Shell) async throws {
        var words: [String] = self.words
        if words.first == "--" { words.removeFirst() }
        let candidates: [Candidate] = await Candidates(words, shell).all()
        for candidate in candidates {
            shell.output.line(candidate.meaning.isEmpty ? candidate.word : "\(candidate.word)\t\(candidate.meaning)")
        }
    }
}
