import Machinery
import Sandbox

/// A profile in the form that `go tool pprof` and its like read. Source: profile.proto of github.com/google/pprof.
enum ProfileFile {
    static func bytes(_ profile: ProcessorProfile, began: Int64, _ duration: Duration) -> [UInt8] {
        var file = ProtobufWriter()
        var texts = Texts()
        let period = Int64(1_000_000_000 / ProcessorProfile.hertz)
        func type(_ field: Int, _ kind: String, _ unit: String) {
            let start: Int = file.open(field)
            file.write(1, texts[kind])
            file.write(2, texts[unit])
            file.close(start)
        }
        type(1, "samples", "count")
        type(1, "cpu", "nanoseconds")
        let addresses = Set(profile.stacks.flatMap(\.addresses))
        let places: [UInt64: Int64] = Dictionary(uniqueKeysWithValues: addresses.sorted().enumerated().map { ($1, Int64($0) + 1) })
        for stack in profile.stacks {
            let start: Int = file.open(2)
            for address in stack.addresses { file.write(1, places[address] ?? 0) }
            file.write(2, Int64(stack.count))
            file.write(2, Int64(stack.count) * period)
            file.close(start)
        }
        let mappings: [ProgramSymbols.Mapping] = ProgramSymbols.mappings
        for (i, mapping) in mappings.enumerated() {
            let start: Int = file.open(3)
            file.write(1, Int64(i + 1))
            file.write(2, Int64(bitPattern: mapping.start))
            file.write(3, Int64(bitPattern: mapping.end))
            file.write(4, Int64(bitPattern: mapping.offset))
            file.write(5, texts[mapping.file])
            file.write(7, Int64(1))
            file.close(start)
        }
        let names: [UInt64: String] = ProgramSymbols.names(of: addresses)
        var functions: [String: Int64] = [:]
        for (address, place) in places.sorted(by: { $0.value < $1.value }) {
            let start: Int = file.open(4)
            file.write(1, place)
            if let i = mappings.firstIndex(where: { $0.start <= address && address < $0.end }) { file.write(2, Int64(i + 1)) }
            file.write(3, Int64(bitPattern: address))
            if let name = names[address] {
                let number: Int64 = functions[name] ?? Int64(functions.count + 1)
                functions[name] = number
                let line: Int = file.open(4)
                file.write(1, number)
                file.close(line)
            }
            file.close(start)
        }
        for (name, number) in functions.sorted(by: { $0.value < $1.value }) {
            let start: Int = file.open(5)
            file.write(1, number)
            file.write(2, texts[ProgramSymbols.readable(name)])
            file.write(3, texts[name])
            file.close(start)
        }
        file.write(9, began)
        let (seconds, attoseconds) = duration.components
        file.write(10, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        type(11, "cpu", "nanoseconds")
        file.write(12, period)
        for text in texts.all { file.write(6, Array(text.utf8)) }
        return file.bytes
    }

    /// The file's texts, which it names by their number; the first is empty.
    private struct Texts {
        private(set) var all: [String] = [""]
        private var numbers: [String: Int64] = ["": 0]

        subscript(text: String) -> Int64 {
            mutating get {
                if let number = numbers[text] { return number }
                let number = Int64(all.count)
                all.append(text)
                numbers[text] = number
                return number
            }
        }
    }
}
