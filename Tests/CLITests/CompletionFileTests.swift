import Testing

@testable import CLI
import Client

@Suite struct CompletionFileTests {
    @Test(arguments: [("bash", "swkube.bash"), ("zsh", "_swkube"), ("fish", "swkube.fish")])
    func `the files in completions are what the binary prints`(_ shell: String, _ file: String) async throws {
        let folder: String = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/completions/"
        let run: Run = await Run.swkube("completion", shell)
        #expect(String(decoding: try LocalFile.read(folder + file), as: UTF8.self) == run.out)
    }
}
