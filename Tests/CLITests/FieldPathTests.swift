import API
import Machinery
import Testing

@testable import CLI

@Suite struct FieldPathTests {
    @Test(arguments: [
        ("jsonpath={.status.pha", "jsonpath={.status.phase"),
        ("jsonpath={.items[*].spec.containers[0].ima", "jsonpath={.items[*].spec.containers[0].image"),
        ("custom-columns=N:.metadata.name,P:.status.po", "custom-columns=N:.metadata.name,P:.status.podIP"),
        (".metadata.na", ".metadata.name"),
    ]) func `a path of a known kind goes on with its fields`(_ typed: String, _ wanted: String) throws {
        let candidates: [Candidate] = try #require(FieldPaths(typed)).candidates(Pod.definition.schema)
        #expect(candidates.contains(Candidate(word: wanted)))
    }

    @Test func `a path of another kind goes on with the members of an object`() throws {
        let paths = try #require(FieldPaths("{.spec.parts."))
        #expect(paths.candidates(["spec": ["parts": [["size": 1]]]]) == [Candidate(word: "{.spec.parts.size")])
        #expect(FieldPaths("json").map { _ in true } == nil)
    }
}
